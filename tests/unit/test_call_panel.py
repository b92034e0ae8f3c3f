"""The panel of `rpcx call`: what it makes of a run, in 80 columns."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from rpcx.output.call_panel import SPARKS, View, panel_lines, sparkline

VIEW = View(
    title="helloworld.Greeter/SayHello on 127.0.0.1:50051",
    ended=250_000,
    total=1_000_000,
    elapsed_s=90.0,
    duration_s=None,
    rates=[10_000.0, 20_000.0, 5_000.0],
    latency={"p50": 16.81, "p90": 1022.4, "p99": None, "max": 12_349.1},
    statuses={"OK": 249_000, "UNAVAILABLE": 1_000},
    in_flight=10_000,
    slots=10_000,
    waiting=1_234,
    busy=0.871,
    error={
        "status": "UNAVAILABLE",
        "message": "backend is down",
        "count": 900,
        "share": 0.9,
        "first_seq": 17,
    },
)


def test_what_it_shows() -> None:
    """Every number once, in the order in which it is looked for."""
    assert panel_lines(VIEW) == [
        "helloworld.Greeter/SayHello on 127.0.0.1:50051",
        "█████···············  25%  250,000 of 1,000,000 calls  1m30s, 4m30s left",
        "throughput  5,000/s    ▅█▃",
        "latency ms  p50 16.8  p90 1,022  p99 –  max 12,349",
        "in flight   10,000 of 10,000   waiting 1,234   client busy 87 %",
        "OK 249,000   UNAVAILABLE 1,000",
        "900  90.0 %  UNAVAILABLE: backend is down  (first: call 17)",
    ]


def test_an_outage_is_shown_first() -> None:
    """While there is no connection the panel says for how long, and why."""
    view = dataclasses.replace(VIEW, outage=(1.84, "connection refused"), error=None)
    counts = panel_lines(view)[-1]
    assert counts.startswith("no connection since 1.8 s: connection refused   OK 249,000")


def test_it_fits_80_columns() -> None:
    """With the longest numbers, and as many rates as it keeps."""
    busy = dataclasses.replace(VIEW, rates=[123_456.0] * SPARKS, duration_s=36_000.0)
    assert max(map(len, panel_lines(busy))) < 80


@pytest.mark.parametrize(
    ("changes", "fraction", "left_s"),
    [
        ({}, 0.25, 270.0),
        ({"total": None}, None, None),
        ({"total": None, "duration_s": 100.0}, 0.9, 10.0),
        ({"duration_s": 100.0}, 0.9, 10.0),
        ({"duration_s": 1000.0}, 0.25, 270.0),
        ({"total": None, "duration_s": 80.0}, 1.0, 0.0),
        ({"ended": 0}, 0.0, None),
    ],
)
def test_how_far_and_how_long(
    changes: dict[str, Any], fraction: float | None, left_s: float | None
) -> None:
    """Whichever of calls and time ends it first says both."""
    view = dataclasses.replace(VIEW, **changes)
    assert (view.fraction, view.left_s) == (fraction, left_s)


def test_a_sparkline_of_nothing() -> None:
    """No rate, or none above 0, draws nothing."""
    assert sparkline([]) == sparkline([0.0, 0.0]) == ""
    assert sparkline([1.0, 8.0]) == "▂█"
