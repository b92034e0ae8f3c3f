"""When calls are due."""

from __future__ import annotations

import math
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rpcx.engine.calls.pacing import ConstantRate, RampedRate, SharedPace
from rpcx.engine.calls.share import Share
from rpcx.errors import UsageError
from rpcx.plans.ramps import RATE, Leg, Ramp, parse_ramps

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


def rate(text: str) -> RampedRate:
    """The arrivals of one --ramp."""
    ramp = parse_ramps([f"rps={text}"])
    assert ramp is not None
    return RampedRate(ramp)


def test_a_line_adds_up_to_its_area() -> None:
    """From 0 to 100 a second over 10 s, 500 calls are due, half of them after 7.07 s."""
    pace = rate("0..100/10s")
    assert pace.due(0) == 0
    assert pace.due(250) == pytest.approx(math.sqrt(50))
    assert pace.due(500) == pytest.approx(10)
    assert pace.due(600) == pytest.approx(11)


def test_steps_have_even_gaps() -> None:
    """Each step has its own rate from its first moment to its last."""
    pace = rate("10,20/1s")
    gaps = [pace.due(i + 1) - pace.due(i) for i in range(29)]
    assert gaps == pytest.approx([0.1] * 10 + [0.05] * 19)


def test_a_line_down_to_nothing_ends() -> None:
    """After the last leg its last rate holds; at 0 nothing more is due."""
    pace = rate("100..0/10s")
    assert pace.due(499) < 10
    assert pace.due(500) == math.inf


values = st.integers(0, 1000)


@given(st.lists(st.tuples(values, values, st.floats(0.1, 100)), min_size=1, max_size=6))
def test_as_many_are_due_as_the_rate_adds_up_to(legs: list[tuple[int, int, float]]) -> None:
    """Up to any call's time the integral of the rate, summed up finely, is the call's number."""
    ramp = Ramp(RATE, tuple(Leg(*leg) for leg in legs))
    pace = RampedRate(ramp)
    total = sum((a + b) / 2 * s for a, b, s in legs)
    before = 0.0
    for part in range(11):
        index = int(total * part / 11)
        due = pace.due(index)
        if due == math.inf:
            assert ramp.last == 0
            continue
        assert due >= before
        before = due
        assert due_by(legs, due) == pytest.approx(index, abs=1e-3 + total * 1e-6)


def due_by(legs: list[tuple[int, int, float]], at: float) -> float:
    """The rate added up from the start to a moment, by trapezia."""
    area = 0.0
    for start, end, length in legs:
        spent = min(at, length)
        area += (start + start + (end - start) * spent / length) / 2 * spent
        at -= spent
    return area + at * legs[-1][1]


@given(st.integers(1, 9), st.integers(0, 200))
def test_shares_together_are_the_whole(count: int, total: int) -> None:
    """Every call is in one share, at its own time."""
    whole = ConstantRate(50)
    calls = [
        (share.number(index), SharedPace(whole, share).due(index))
        for share in (Share(which, count) for which in range(count))
        for index in range(share.of_calls(total))
    ]
    assert sorted(calls) == [(number, whole.due(number)) for number in range(total)]


def slots(text: str) -> list[tuple[float, int]]:
    """How many slots there are from when on."""
    ramp = parse_ramps([f"concurrency={text}"])
    assert ramp is not None
    return [(round(at, 6), value) for at, value in ramp.whole_values()]


def test_slots_change_where_the_line_is_half_way() -> None:
    """A line of slots changes at each whole number and a half; a step where it begins."""
    assert slots("1..3/4s") == [(0, 1), (1, 2), (3, 3)]
    assert slots("3..1/4s") == [(0, 3), (1, 2), (3, 1)]
    assert slots("1,5,5,2/2s") == [(0, 1), (2, 5), (6, 2)]


@pytest.mark.parametrize(
    ("texts", "words"),
    [
        (["100"], "'100' is no ramp; write rps=100..1000/30s"),
        (["speed=1..2/3s"], "ramps neither rps nor concurrency"),
        (["rps=1..x/3s"], "'x' is no number"),
        (["rps=1..2/3 ells"], "is no duration"),
        (["rps=1..2/0s"], "takes no time"),
        (["rps=0/3s"], "never rises above 0"),
        (["c=1.5/3s"], "1.5 calls can't be in flight"),
        (["rps=1/3s", "c=1/3s"], "exclude each other"),
    ],
)
def test_a_ramp_that_is_none(texts: list[str], words: str) -> None:
    """The sentence quotes what was typed and shows what would work."""
    with pytest.raises(UsageError, match=re.escape(words)):
        parse_ramps(texts)
