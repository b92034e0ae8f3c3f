"""How a run is measured, judged and saved: reports, percentiles, --fail-if, --interval."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Annotated, Final, NamedTuple

from rpcx.commands.options.shared import seconds
from rpcx.config.option import Group, Option
from rpcx.errors import UsageError
from rpcx.verdict.reporting import Reporting

if TYPE_CHECKING:
    from pathlib import Path

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
        """Return the options, checked.

        Raises:
            UsageError: One of them is not valid.
        """
        from rpcx.stats.latencies import PERCENTS

        texts, files = self.fail_if, self.report
        asked_for = None if self.percentiles is None else _percents(self.percentiles)
        percents = sorted({*PERCENTS, *(asked_for or ())})
        conditions: tuple[Condition, ...] = ()
        paths: tuple[Path, ...] = ()
        # Imported only if asked for: a lone call is answered some milliseconds sooner.
        if texts:
            from rpcx.verdict import conditions as verdict

            conditions = tuple(map(verdict.parse_condition, texts))
            percents = verdict.percents(conditions, percents)
        if files:
            from rpcx.output.reports import check_path

            paths = tuple(map(check_path, files))
        return Reporting(paths, conditions, asked_for, tuple(percents))


class IntervalOptions(NamedTuple):
    """How a run is watched while it works."""

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
        """The length of an interval, in seconds; None if it was not given.

        Raises:
            UsageError: It is not a duration, or too short to measure in.
        """
        length_s = seconds(self.interval, "--interval")
        if length_s is not None and length_s < _SHORTEST_S:
            raise UsageError(
                f"--interval {self.interval!r} is below 100ms, too short to measure in"
            )
        return length_s


def _percents(text: str) -> list[float]:
    try:
        found = sorted({float(word) for word in text.replace("p", "").split(",")})
    except ValueError:
        found = []
    if not found or not all(0 < percent <= 100 for percent in found):  # noqa: PLR2004 -- percent
        raise UsageError(
            f"--percentiles {text!r} is not a list of numbers above 0 and up to 100; write"
            " 50,99,99.99"
        )
    return found
