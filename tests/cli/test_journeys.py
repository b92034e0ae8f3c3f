"""The way of a command through the code: parse, then one function that carries it out."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parents[1] / "bench"))

from journeys import JOURNEYS, journey


@pytest.mark.parametrize("arguments", [JOURNEYS[0], JOURNEYS[1], JOURNEYS[5]], ids=" ".join)
def test_nothing_of_commands_is_needed_after_the_plan(arguments: tuple[str, ...]) -> None:
    """Whoever has a plan can carry it out and show it without the command line."""
    found = journey(*(word.format("") for word in arguments))
    assert len(found.after) > 40  # it was carried out
    assert [name for name in found.after if name.startswith("commands/")] == []
