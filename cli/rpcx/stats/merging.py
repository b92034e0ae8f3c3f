"""Several runs merged into one: on several machines at once, or one after another."""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING

from rpcx.results import Settings, united
from rpcx.stats.calls import CallStats
from rpcx.stats.run import Run
from rpcx.stats.summary import MethodFacts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence


def merged(runs: Sequence[Run]) -> Run:
    """Return all runs as one: its counts and histograms are exactly those of all calls.

    Time in which none of them ran is left out, so rates stay what they were, both of runs one
    after another and of runs at the same time. An interval is added to the one that most of it
    falls into.
    """
    runs = sorted(runs, key=lambda run: run.facts.started_at)
    offsets, duration_s = _laid_out(runs)
    names = list(dict.fromkeys(method.name for run in runs for method in run.facts.methods))
    begun = runs[0].facts.started_at
    stats = CallStats(len(names), min(run.stats.intervals.length_s for run in runs))
    stats.begin(begun)
    totals = {name: MethodFacts(name) for name in names}
    for run, offset_s in zip(runs, offsets, strict=True):
        for method, calls in zip(run.facts.methods, run.stats.methods, strict=True):
            stats.methods[names.index(method.name)].merge(calls)
            known = totals[method.name]
            totals[method.name] = MethodFacts(
                method.name,
                known.not_started + method.not_started,
                known.reissued + method.reissued,
            )
        stats.intervals.merge(run.stats.intervals, begun=begun + offset_s)
    facts = [run.facts for run in runs]
    idle = [one.machine_idle for one in facts if one.machine_idle is not None]
    return Run(
        stats,
        facts[0]._replace(
            target=_joined(one.target for one in facts),
            methods=tuple(totals.values()),
            end_reason=_joined(one.end_reason for one in facts),
            concurrency=_most_at_once(runs, offsets),
            duration_s=duration_s,
            cpu_s=sum(one.cpu_s for one in facts),
            machine_idle=min(idle, default=None),
            due_s=_laid_out(runs, lambda run: run.facts.due_s)[1],
            outages=united(
                outage._replace(start_s=outage.start_s + offset_s)
                for one, offset_s in zip(facts, offsets, strict=True)
                for outage in one.outages
            ),
            transport=_joined(one.transport for one in facts),
            connection=facts[0].connection if len(facts) == 1 else None,
            settings=reduce(Settings.common, (one.settings for one in facts)),
        ),
        sorted({percent for run in runs for percent in run.percents}),
    )


def _laid_out(
    runs: Sequence[Run], length_s: Callable[[Run], float] = lambda run: run.facts.duration_s
) -> tuple[list[float], float]:
    """Return where each run begins, in seconds, and where the last ends, without pauses between."""
    offsets: list[float] = []
    end_s = left_out_s = 0.0
    for run in runs:
        start_s = run.facts.started_at - runs[0].facts.started_at - left_out_s
        if start_s > end_s:
            left_out_s += start_s - end_s
            start_s = end_s
        offsets.append(start_s)
        end_s = max(end_s, start_s + length_s(run))
    return offsets, end_s


def _most_at_once(runs: Sequence[Run], offsets: Sequence[float]) -> int:
    """Return the most calls that could be in flight at one time."""
    changes = []
    for run, start_s in zip(runs, offsets, strict=True):
        changes.append((start_s, run.facts.concurrency))
        changes.append((start_s + run.facts.duration_s, -run.facts.concurrency))
    most = now = 0
    for _, change in sorted(changes):  # what ends at a moment comes before what begins then
        now += change
        most = max(most, now)
    return most


def _joined(texts: Iterable[str]) -> str:
    return ", ".join(dict.fromkeys(texts))
