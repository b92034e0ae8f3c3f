"""The server's own counts, which everything else is held against."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rpcx.demo.counting import Counts, Ledger, Times


@given(
    st.lists(st.integers(0, 10**13), min_size=1),
    st.sampled_from((0.01, 0.5, 0.9, 0.99, 1.0)),
)
def test_quantiles_are_within_one_percent(elapsed: list[int], quantile: float) -> None:
    """A quantile is the value of nearest rank, to within 1 %; the other figures are exact."""
    times = Times()
    for value in elapsed:
        times.add(value)
    exact = sorted(elapsed)[math.ceil(quantile * len(elapsed)) - 1]
    assert times.quantile_ns(quantile) == pytest.approx(exact, rel=0.01)
    assert (times.count, times.min_ns, times.max_ns) == (len(elapsed), min(elapsed), max(elapsed))
    assert times.mean_ns() == pytest.approx(sum(elapsed) / len(elapsed))


@given(st.lists(st.integers(0, 10**18), max_size=3000))
def test_times_take_bounded_room(elapsed: list[int]) -> None:
    """However many times are counted, there are few buckets."""
    times = Times()
    for value in elapsed:
        times.add(value)
    assert len(times._buckets) < 64 * 64


def test_nothing_counted_is_all_zero() -> None:
    """Without a run time there is no division by none."""
    assert Times().mean_ns() == Times().quantile_ns(0.5) == 0


@given(st.lists(st.sampled_from(["start", "finish", "cancel", "reset"])))
def test_counts_balance(steps: list[str]) -> None:
    """At any moment, of a method and in total: started = finished + cancelled + in flight."""
    ledger = Ledger()
    methods = [ledger.method("a"), ledger.method("b")]
    running: list[tuple[Counts, int]] = []
    for number, step in enumerate(steps):
        if step == "start":
            counts = methods[number % 2]
            running.append((counts, counts.start()))
        elif step == "reset":
            ledger.reset()
        elif running:
            counts, started_ns = running.pop(0)
            if step == "finish":
                counts.finish(started_ns)
            else:
                counts.cancel()
        for counts in (*methods, ledger.total):
            assert counts.started == counts.finished + counts.cancelled + counts.in_flight
            assert counts.in_flight <= counts.peak_in_flight
            assert counts.times.count == counts.finished
        assert ledger.total.in_flight == len(running)


def test_peak_of_the_total_is_of_the_same_instant() -> None:
    """Peaks of two methods that never ran together do not add up."""
    ledger = Ledger()
    for name in ("a", "b"):
        counts = ledger.method(name)
        counts.finish(counts.start())
    assert ledger.total.peak_in_flight == 1
