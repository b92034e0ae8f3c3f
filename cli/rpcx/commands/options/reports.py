"""What a run is measured by, judged by, and written to: reports, percentiles, --fail-if."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Annotated, Any, Final, NamedTuple

from rpcx.commands.options.shared import seconds
from rpcx.config.option import Group, Option
from rpcx.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from rpcx.plans.calls import UnaryPlan
    from rpcx.verdict.conditions import Condition

_measured = functools.partial(Option, group=Group.MEASUREMENT)
_SHORTEST_S: Final = 0.1


class VerdictOptions(NamedTuple):
    """As typed; `reporting` checks them."""

    report: Annotated[
        list[str] | None,
        _measured(
            "Write a report: .json, and of calls .csv, .hdr, .prom or .html (repeatable).", "FILE"
        ),
    ] = None
    fail_if: Annotated[
        list[str] | None,
        _measured(
            "Exit with 99 if this is met, such as 'p99>50ms' or 'errors>1%' (repeatable).",
            "CONDITION",
        ),
    ] = None
    percentiles: Annotated[
        str | None,
        _measured("Percentiles to show.", "LIST", default="50,90,95,99,99.9"),
    ] = None

    def reporting(self) -> Reporting:
        """The options, checked.

        Raises:
            UsageError: One of them can't be.
        """
        from rpcx.stats.latencies import PERCENTS

        texts, files = self.fail_if, self.report
        shown = PERCENTS if self.percentiles is None else _percents(self.percentiles)
        percents = sorted({*PERCENTS, *shown})
        conditions: tuple[Condition, ...] = ()
        paths: tuple[Path, ...] = ()
        # A lone call, which asks for neither, is answered some milliseconds sooner.
        if texts:
            from rpcx.verdict import conditions as verdict

            conditions = tuple(map(verdict.parse_condition, texts))
            percents = verdict.percents(conditions, percents)
        if files:
            from rpcx.output.reports import check_path

            paths = tuple(map(check_path, files))
        return Reporting(paths, conditions, shown, tuple(percents))


class IntervalOptions(NamedTuple):
    """How a run is watched while it is being made."""

    interval: Annotated[
        str | None,
        _measured(
            "Measure in intervals of this length, and print each as JSON on standard error.",
            "DURATION",
            default="1s, not printed",
        ),
    ] = None

    @property
    def interval_s(self) -> float | None:
        """The length of an interval, in seconds; None where it was not given.

        Raises:
            UsageError: It is no duration, or too short to measure in.
        """
        length_s = seconds(self.interval, "--interval")
        if length_s is not None and length_s < _SHORTEST_S:
            raise UsageError(
                f"--interval {self.interval!r} is below 100ms, too short to measure in"
            )
        return length_s


class Reporting(NamedTuple):
    """How a run is judged and where it is written.

    Attributes:
        paths: Report files.
        conditions: Those of --fail-if.
        shown: The percentiles that tables show.
        percents: Those of summaries: the usual, the shown, and what conditions need.
    """

    paths: tuple[Path, ...]
    conditions: tuple[Condition, ...]
    shown: Sequence[float]
    percents: tuple[float, ...]

    def check(self, summary: dict[str, Any], *, methods_known: bool = True) -> None:
        """See that all conditions name numbers of such a summary.

        Args:
            summary: One of the same form, of whatever values.
            methods_known: Whether it has the methods; else conditions on them are left out.

        Raises:
            UsageError: One of them does not.
        """
        for condition in self.conditions:
            if methods_known or not condition.names_method:
                condition.check(summary)

    def check_plan(self, plan: UnaryPlan, *, methods_known: bool = True) -> None:
        """The same for the summary that a run of this plan will have."""
        if self.conditions:
            self.check(_empty_summary(plan, self.percents), methods_known=methods_known)

    def judged(self, summary: dict[str, Any]) -> tuple[dict[str, Any], ...]:
        """Each condition with its value, and whether it is met."""
        return tuple(condition.result(summary) for condition in self.conditions)


def _empty_summary(plan: UnaryPlan, percents: Sequence[float]) -> dict[str, Any]:
    """The summary of such a run before it began: every number it will have, none measured."""
    from rpcx.stats.calls import CallStats
    from rpcx.stats.summary import MethodFacts, RunFacts, call_summary

    methods = tuple(MethodFacts(method.name) for method in plan.methods)
    facts = RunFacts(
        target="",
        methods=methods,
        end_reason="",
        concurrency=plan.concurrency,
        started_at=0.0,
        duration_s=0.0,
        due_s=0.0,
        cpu_s=0.0,
        machine_idle=None,
        outages=(),
        transport="",
    )
    return call_summary(CallStats(len(methods)), facts, percents)


def _percents(text: str) -> list[float]:
    try:
        found = sorted({float(word) for word in text.replace("p", "").split(",")})
    except ValueError:
        found = []
    if not found or not all(0 < percent <= 100 for percent in found):  # noqa: PLR2004 -- percent
        raise UsageError(
            f"--percentiles {text!r} is no list of numbers above 0 and up to 100; write 50,99,99.99"
        )
    return found
