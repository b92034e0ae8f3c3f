"""Signals and the main thread."""

from __future__ import annotations

import os
import signal

import pytest

from rpcx.runs.interrupts import InterruptedRunError, Interrupts


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_the_waiting(number: int, code: int) -> None:
    """However close to the start of the wait it comes, and whatever the work does."""
    for _ in range(50):
        with Interrupts() as interrupts:
            with pytest.raises(InterruptedRunError) as raised:
                interrupts.run(lambda: os.kill(os.getpid(), number))
            assert raised.value.exit_code == interrupts.exit_code == code


def test_work_without_a_signal_gives_its_result() -> None:
    """The result, or what was raised, comes to the main thread."""
    with Interrupts() as interrupts:
        assert interrupts.run(lambda: 42) == 42
        with pytest.raises(ZeroDivisionError):
            interrupts.run(lambda: 1 // 0)
    assert interrupts.exit_code == 0


def test_handlers_are_given_back() -> None:
    """What was there before is there after."""
    before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    with Interrupts():
        assert signal.getsignal(signal.SIGINT) != before[0]
    assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == before
