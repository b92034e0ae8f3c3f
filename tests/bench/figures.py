"""The figures that rpcx is to reach, and what a run says of each."""

from __future__ import annotations

import statistics
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from openloop import RATES, rate_key
from panel import PANEL, WITH, WITHOUT
from process import CALLS, IMPORTS, STARTUP, memory_key
from services import FEW, MANY, SERVICES
from streams import FROM_FILE, REPEATED, STREAM
from tools import GHZ, GHZ_2021, GRPCURL, H2LOAD
from unary import OURS, RECORD, SERIAL, TLS, USUAL, VARIED, key

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cases import Results


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure.

    Attributes:
        what: What it says, as a phrase.
        bound: Whether the limit is the least or the most.
        limit: The limit.
        values: What was measured, a number for each round; their median counts.
        unit: Of limit and values.
    """

    what: str
    bound: Literal["at least", "at most"]
    limit: float
    values: list[float]
    unit: str = "×"

    @property
    def median(self) -> float:
        """What counts."""
        return statistics.median(self.values)

    @property
    def reached(self) -> bool:
        """Whether the median is on the right side of the limit."""
        if self.bound == "at least":
            return self.median >= self.limit
        return self.median <= self.limit


def figures(results: Results) -> list[Figure]:
    """Those of which there are numbers."""
    return [figure for figure in _all(results) if figure.values]


def _all(results: Results) -> Iterator[Figure]:
    ratios, values = results.ratios, results.values
    for case, limit, theirs in (
        (USUAL, 3.5, GHZ.title),
        (USUAL, 1.8, GHZ_2021.title),
        (USUAL, 0.65, H2LOAD),
        (key(200), 0.8, H2LOAD),
        (TLS, 3.0, GHZ.title),
        (VARIED, 2.3, GHZ.title),
    ):
        what = f"{case}: calls/s ÷ {theirs}"
        yield Figure(what, "at least", limit, ratios(case, "per_s", OURS, theirs))
    yield Figure(
        f"{USUAL}: CPU per call ÷ {GHZ.title}",
        "at most",
        0.15,
        ratios(USUAL, "cpu_us", OURS, GHZ.title),
    )
    yield Figure(
        f"1 in flight: median latency ÷ {GHZ.title}",
        "at most",
        0.75,
        ratios(SERIAL, "p50_ms", OURS, GHZ.title),
    )
    yield Figure(
        f"one bidi stream, one message repeated: messages/s ÷ {GRPCURL.title}",
        "at least",
        1.7,
        ratios(STREAM, "per_s", REPEATED, GRPCURL.title),
    )
    yield Figure(
        f"one bidi stream, one message repeated: CPU per message ÷ {GRPCURL.title}",
        "at most",
        1.0,
        ratios(STREAM, "cpu_us", REPEATED, GRPCURL.title),
    )
    yield Figure(
        f"one bidi stream, from a file, JSON both ways: messages/s ÷ {GRPCURL.title}",
        "at least",
        0.5,
        ratios(STREAM, "per_s", FROM_FILE, GRPCURL.title),
    )
    yield Figure(
        "-o record into a pipe: calls/s ÷ -o none",
        "at least",
        0.6,
        ratios(RECORD, "per_s", "-o record", "-o none"),
    )
    yield Figure(
        "the live panel: calls/s ÷ --quiet",
        "at least",
        0.97,
        ratios(PANEL, "per_s", WITH, WITHOUT),
    )
    yield Figure(
        "one-shot call with reflection: time ÷ that of the bare imports",
        "at most",
        1.0,
        ratios(STARTUP, "wall_ms", OURS, IMPORTS),
    )
    yield Figure(
        f"a whole call through reflection: time at {MANY} ÷ at {FEW}",
        "at most",
        1.3,
        ratios(SERVICES, "wall_ms", MANY, FEW),
    )
    for rate in RATES:
        rate_case = rate_key(rate)
        yield Figure(
            f"open loop, {rate:,}/s: achieved rate off what was asked for",
            "at most",
            0.1,
            values(rate_case, OURS, "off_percent"),
            "%",
        )
        yield Figure(
            f"open loop, {rate:,}/s: median start lateness",
            "at most",
            0.15,
            values(rate_case, OURS, "late_p50_ms"),
            "ms",
        )
    yield Figure(
        f"peak memory: {CALLS[-1]:,} calls less {CALLS[0]:,} calls",
        "at most",
        5.0,
        [
            many - few
            for few, many in zip(
                values(memory_key(CALLS[0]), OURS, "peak_mib"),
                values(memory_key(CALLS[-1]), OURS, "peak_mib"),
                strict=False,
            )
        ],
        "MiB",
    )
