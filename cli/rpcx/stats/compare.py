"""Two runs beside each other: ratios, and which of them are more than noise.

A run's own intervals show its noise. Each run is assembled again a thousand times from blocks of
its intervals, drawn with replacement (moving block bootstrap: Künsch, Annals of Statistics 17,
1989; blocks keep the correlation of neighbours in time). A number differs if at least 99.5 % of
these pairs agree: then the 99 % interval of the ratio does not contain 1. No such test can
distinguish a change of the server from anything else that changed between the runs and not
within them, such as another tenant of the machine.
"""

from __future__ import annotations

import itertools
import math
import operator
import random
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from rpcx.results import Status
from rpcx.stats.latencies import Latencies, column, highest
from rpcx.stats.shares import errors_share, throughput_per_s
from rpcx.stats.summary import VERSION

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from rpcx.stats.intervals import Interval
    from rpcx.stats.run import Run

FEWEST: Final = 10
"""The least number of intervals from which noise is estimated."""

_NEARLY: Final = 0.01
"""The part of an interval by which rounding may put its end after the end of the run."""

_MOST: Final = 96
_RESAMPLES: Final = 1000
_TAIL: Final = 0.005
_SEED: Final = 1989


@dataclass(slots=True)
class _Piece:
    """Some intervals in a row.

    Attributes:
        due_s: The time in which calls were due, in seconds: that of the intervals that lie wholly
            within the run's `due_s`.
        answered: Calls that were answered in that time.
        ok: Calls that ended OK in all the intervals.
        failed: Calls that failed in them.
        cancelled: Calls that rpcx cancelled in them.
        latency: Due to status of the OK calls.
    """

    due_s: float = 0.0
    answered: int = 0
    ok: int = 0
    failed: int = 0
    cancelled: int = 0
    latency: Latencies = field(default_factory=Latencies)


def compared(base: Run, other: Run, percents: Sequence[float]) -> dict[str, Any]:
    """Return the numbers of both runs, their ratios, and which differences are noise.

    Args:
        base: The run to compare with.
        other: The run to compare.
        percents: Which percentiles of the latency of OK calls.

    Returns:
        For JSON: `rows`, each with `name`, `base`, `other`, `ratio` (other ÷ base), `low` and
        `high` (the 99 % interval of the ratio) and `verdict`: `higher`, `lower`, `noise`, or
        `unknown` if there are too few intervals or no number.
    """
    chance = random.Random(_SEED)  # noqa: S311 -- no secret: the same files, the same verdict
    names = ["throughput_per_s", "errors", "latency_ms.mean"]
    names += [f"latency_ms.{column(percent)}" for percent in percents]
    whole = [_whole(run, percents) for run in (base, other)]
    resampled = [_resampled(run, percents, chance) for run in (base, other)]
    rows = []
    for index, name in enumerate(names):
        values = [numbers[index] for numbers in whole]
        draws = [[numbers[index] for numbers in run] for run in resampled]
        rows.append({"name": name, "base": values[0], "other": values[1], **_row(values, draws)})
    return {
        "version": VERSION,
        "command": "compare",
        "base": base.facts.target,
        "other": other.facts.target,
        "intervals": [len(_pieces(run)) for run in (base, other)],
        "rows": rows,
    }


def _row(values: list[float | None], draws: list[list[float | None]]) -> dict[str, Any]:
    before, after = values
    ratio = None if before is None or after is None or not before else after / before
    pairs = [(a, b) for a, b in zip(*draws, strict=False) if a is not None and b is not None]
    # If many samples lack the number (p99.9 of a few calls, say), its spread is unknown.
    if len(pairs) < _RESAMPLES * 0.9:
        return {"ratio": ratio, "low": None, "high": None, "verdict": "unknown"}
    above = sum((b > a) + 0.5 * (b == a) for a, b in pairs) / len(pairs)
    verdict = "higher" if above > 1 - _TAIL else "lower" if above < _TAIL else "noise"
    ratios = sorted(b / a for a, b in pairs if a)
    low = high = None
    if ratios and ratio is not None:
        low = ratios[math.floor(_TAIL * (len(ratios) - 1))]
        high = ratios[math.ceil((1 - _TAIL) * (len(ratios) - 1))]
    return {"ratio": ratio, "low": low, "high": high, "verdict": verdict}


def _whole(run: Run, percents: Sequence[float]) -> list[float | None]:
    total = run.stats.total
    latency = total.ok_latency
    not_started = sum(method.not_started for method in run.facts.methods)
    return [
        total.throughput_per_s(run.facts.due_s),
        total.errors,
        latency.sum_s * 1e3 / latency.count if latency.count else None,
        *latency.quantiles_ms(percents, never=not_started),
    ]


def _pieces(run: Run) -> list[_Piece]:
    """Return the run's intervals in at most `_MOST` pieces, without a short last one."""
    length_s = run.stats.intervals.length_s
    rows = list(zip(run.timeline(), run.stats.intervals, strict=False))
    full = [(row, one) for row, one in rows if row["duration_s"] > length_s / 2]
    size = math.ceil(len(full) / _MOST) or 1
    due_s = run.facts.due_s + length_s * _NEARLY
    return [_piece(full[start : start + size], due_s) for start in range(0, len(full), size)]


def _piece(rows: Iterable[tuple[dict[str, Any], Interval]], due_s: float) -> _Piece:
    made = _Piece()
    for row, interval in rows:
        done, ok = sum(interval.statuses.values()), interval.statuses.get(Status.OK, 0)
        if row["start_s"] + row["duration_s"] <= due_s:
            made.due_s += row["duration_s"]
            made.answered += done
        made.ok += ok
        made.failed += done - ok
        made.cancelled += interval.cancelled
        made.latency.merge(interval.latency)
    return made


def _resampled(
    run: Run, percents: Sequence[float], chance: random.Random
) -> list[list[float | None]]:
    """Return the numbers of many resamples of the run; none if it is too short."""
    pieces = _pieces(run)
    if len(pieces) < FEWEST:
        return []
    quantiles = _quantiles([piece.latency for piece in pieces])
    count = len(pieces)
    block = max(round(count ** (1 / 3)), 1)
    made = []
    for _ in range(_RESAMPLES):
        weights = [0] * count
        left = count
        while left:
            start = chance.randrange(count)
            for index in range(start, start + min(block, left)):
                weights[index % count] += 1
            left -= min(block, left)
        made.append(_numbers(pieces, weights, quantiles(weights, percents)))
    return made


def _numbers(
    pieces: Sequence[_Piece], weights: Sequence[int], quantiles: list[float | None]
) -> list[float | None]:
    def total(values: Iterable[float]) -> float:
        return float(sum(map(operator.mul, weights, values)))

    good = total(piece.latency.count for piece in pieces)
    return [
        throughput_per_s(
            total(piece.answered for piece in pieces), total(piece.due_s for piece in pieces)
        ),
        errors_share(
            total(piece.ok for piece in pieces),
            total(piece.failed for piece in pieces),
            total(piece.cancelled for piece in pieces),
        ),
        total(piece.latency.sum_s for piece in pieces) * 1e3 / good if good else None,
        *quantiles,
    ]


def _quantiles(
    populations: Sequence[Latencies],
) -> Callable[[Sequence[int], Sequence[float]], list[float | None]]:
    """Return a function from weights of the populations, and percents, to their quantiles."""
    lowests = sorted({lowest for one in populations for lowest in one.buckets()})
    # For each bucket, the number of values of each population in it or below.
    columns = [
        list(itertools.accumulate(one.buckets().get(lowest, 0) for lowest in lowests))
        for one in populations
    ]
    up_to = list(zip(*columns, strict=True))

    def quantiles(weights: Sequence[int], percents: Sequence[float]) -> list[float | None]:
        total = sum(map(operator.mul, weights, up_to[-1])) if up_to else 0
        if not total:
            return [None for _ in percents]
        found: list[float | None] = []
        for percent in percents:
            rank = max(math.ceil(percent / 100 * total - 1e-6), 1)
            low, high = 0, len(up_to) - 1
            while low < high:
                middle = (low + high) // 2
                if sum(map(operator.mul, weights, up_to[middle])) >= rank:
                    high = middle
                else:
                    low = middle + 1
            found.append(highest(lowests[low]) / 1000)
        return found

    return quantiles
