"""When calls are due."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from rpcx.engine.pacing import ConstantRate

rates = st.floats(0.001, 1e6)
indices = st.integers(0, 10_000_000)


def test_the_first_is_due_at_the_start() -> None:
    """A hundred a second are due after 0, 10, 20 ms and so on."""
    pace = ConstantRate(100)
    assert [pace.due(index) for index in range(4)] == [0.0, 0.01, 0.02, 0.03]


@given(rates, indices)
def test_times_never_go_back(rate: float, index: int) -> None:
    """Each arrival is due at its own time or later than the one before."""
    pace = ConstantRate(rate)
    assert pace.due(index) <= pace.due(index + 1)


@given(st.integers(1, 100_000), st.integers(0, 3600))
def test_no_rounding_adds_up(rate: int, seconds: int) -> None:
    """After whole seconds exactly `rate` times as many were due, however long it goes on."""
    assert ConstantRate(rate).due(rate * seconds) == seconds


@given(st.integers(1, 100_000), st.integers(0, 1_000_000))
def test_counting_and_dating_agree(rate: int, halves: int) -> None:
    """Half-way to the next arrival, the arrivals up to this one are due and no more."""
    assert ConstantRate(rate).due_by((halves + 0.5) / rate) == halves + 1


def test_nothing_is_due_before_the_start() -> None:
    """Negative times have no arrivals; time 0 has one."""
    assert ConstantRate(10).due_by(-0.001) == 0
    assert ConstantRate(10).due_by(0) == 1
