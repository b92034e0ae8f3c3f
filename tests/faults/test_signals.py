"""Every signal that ends a program ends rpcx, restores the terminal and leaves no child."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest
from signal_storm import MODES, at_random, saved_run, try_out

if TYPE_CHECKING:
    from pathlib import Path

TIMES = 2


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A saved run."""
    return saved_run(tmp_path_factory.mktemp("saved"))


@pytest.mark.timeout(120)
@pytest.mark.parametrize("mode", MODES)
def test_at_random_moments(mode: str, report: Path) -> None:
    """Whatever it is doing; `tests/support/signal_storm.py` tries many more, by hand."""
    chance = random.Random()  # noqa: S311 -- other moments each time
    for _ in range(TIMES):
        moment = at_random(mode, chance)
        fault = try_out(moment, report).fault(moment.number)
        assert not fault, f"{moment}: {fault}"
