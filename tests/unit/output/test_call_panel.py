"""The panel of `rpcx call`: what it makes of a run, in the columns that there are."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from rpcx.output.call_panel import View, panel_lines, sparkline
from rpcx.output.spans import BAD, WARNING, Span, painted, plain

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
    rate_per_s=None,
    waiting=1_234,
    busy=0.871,
    errors=[
        {
            "status": "UNAVAILABLE",
            "message": "backend is down",
            "count": 900,
            "share": 0.9,
            "first_seq": 17,
        }
    ],
)


def texts(view: View, columns: int = 80) -> list[str]:
    """The lines without their styles."""
    return [plain(line) for line in panel_lines(view, columns)]


def styled(view: View, style: str) -> str:
    """What is drawn in one style."""
    spans = [span for line in panel_lines(view, 80) for span in line]
    return " ".join(span.text.strip() for span in spans if span.style == style)


def test_what_it_shows() -> None:
    """Every number once, in the order in which it is looked for."""
    assert texts(VIEW) == [
        "helloworld.Greeter/SayHello on 127.0.0.1:50051",
        "█████···············  25%  250,000 of 1,000,000 calls  1m30s, 4m30s left",
        "throughput  5,000/s    ▅█▃",
        "latency ms  p50 16.8  p90 1,022  p99 –  max 12,349",
        "in flight   10,000 of 10,000   waiting 1,234   client busy 87 %",
        "OK 249,000   UNAVAILABLE 1,000",
        "  900  90.0 %  UNAVAILABLE: backend is down  (first: call 17)",
    ]


def test_an_outage_is_shown_before_the_counts() -> None:
    """While there is no connection the panel says for how long, and why."""
    out = dataclasses.replace(VIEW, outage=(1.84, "connection refused"))
    assert texts(out)[5] == "no connection since 1.8 s: connection refused"
    assert texts(out)[6].startswith("OK 249,000")


def test_failures_are_red_and_warnings_yellow() -> None:
    """Statuses other than OK, their reasons and an outage; a busy client and calls that wait."""
    red = styled(dataclasses.replace(VIEW, outage=(1.0, "refused")), BAD)
    assert red.startswith("no connection since 1.0 s: refused UNAVAILABLE 1,000 900")
    assert "OK" not in red
    assert styled(VIEW, WARNING) == "waiting 1,234 client busy 87 %"
    assert not styled(dataclasses.replace(VIEW, waiting=0, busy=0.2), WARNING)


def test_an_open_loop_shows_its_rate_and_no_slots_that_nobody_needs() -> None:
    """The limit of 10,000 in flight is shown once a call waits for it."""
    calm = dataclasses.replace(VIEW, rate_per_s=6_000.0, waiting=0, in_flight=3)
    assert texts(calm)[2].startswith("throughput  5,000/s of 6,000/s")
    assert texts(calm)[4].startswith("in flight   3   client")
    assert "of 10,000   waiting" in texts(dataclasses.replace(calm, waiting=1))[4]


def test_it_uses_the_width_that_there_is() -> None:
    """A wide terminal has a longer bar, more of the past, and no fewer words."""
    many = dataclasses.replace(VIEW, rates=[123_456.0] * 500)
    for columns in (80, 140, 200):
        _, progress, throughput, *_ = texts(many, columns)
        assert len(throughput) == columns - 1
        assert progress.count("█") + progress.count("·") == columns // 4


def test_a_long_reason_is_shown_to_its_end() -> None:
    """What refuses a connection stands last in the message: it takes several lines."""
    long = {**VIEW.errors[0], "message": "the word before the last " * 5 + "connection refused"}
    lines = texts(dataclasses.replace(VIEW, errors=[long]))[6:]
    assert 1 < len(lines) <= 3
    assert max(map(len, lines)) < 80
    assert "connection refused" in " ".join(" ".join(lines).split())


def test_colour_is_cut_as_what_is_seen() -> None:
    """Escape sequences take no room, letters of East Asia take two; without colour none is."""
    line = (Span("ab", BAD), Span("日本", WARNING))
    assert painted(line, 5, colour=False) == "ab日"
    assert painted(line, 5, colour=True) == "\x1b[1;31mab\x1b[0m\x1b[33m日\x1b[0m"
    assert painted(line, 1, colour=True) == "\x1b[1;31ma\x1b[0m"


def test_it_fits_80_columns() -> None:
    """With the longest numbers, and as many rates as it keeps."""
    busy = dataclasses.replace(VIEW, rates=[123_456.0] * 512, duration_s=36_000.0)
    assert max(map(len, texts(busy))) < 80


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
