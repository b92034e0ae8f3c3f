"""How a run is judged and where it is written, checked before it begins."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from rpcx.errors import UsageError
from rpcx.stats.latencies import PERCENTS
from rpcx.words.printable import printable

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from rpcx.plans.calls import UnaryPlan
    from rpcx.stats.run import Run
    from rpcx.verdict.conditions import Condition


class Reporting(NamedTuple):
    """How a run is judged and where it is written.

    Attributes:
        paths: Report files.
        conditions: Those of --fail-if.
        asked_for: The percentiles of --percentiles; None if it was not given.
        percents: Those of summaries: the usual, the shown, and what conditions need.
    """

    paths: tuple[Path, ...]
    conditions: tuple[Condition, ...]
    asked_for: Sequence[float] | None
    percents: tuple[float, ...]

    @property
    def shown(self) -> Sequence[float]:
        """The percentiles that tables show."""
        return PERCENTS if self.asked_for is None else self.asked_for

    def check(self, summary: dict[str, Any], *, methods_known: bool = True) -> None:
        """Check that all conditions name numbers of such a summary.

        Args:
            summary: One of the same form; its values do not matter.
            methods_known: Whether it has the methods; if not, conditions on them are skipped.

        Raises:
            UsageError: One of them does not.
        """
        for condition in self.conditions:
            if methods_known or not condition.names_method:
                condition.check(summary)

    def check_plan(self, plan: UnaryPlan, *, methods_known: bool = True) -> None:
        """The same for the summary that a run of this plan will have."""
        if self.conditions:
            self.check(_of_calls(plan, self.percents), methods_known=methods_known)

    def check_streams(self, sequence_field: str | None) -> None:
        """The same for the summary of a run of streams, whose reports have one form.

        Args:
            sequence_field: The field of `--check-sequence`.

        Raises:
            UsageError: A condition names no number of it, or a report has another form.
        """
        for path in self.paths:
            if path.suffix != ".json":
                raise UsageError(
                    f"--report {printable(str(path))!r}: streams have reports in .json only"
                )
        if self.conditions:
            self.check(_of_streams(sequence_field, self.percents))

    def judged(self, summary: dict[str, Any]) -> tuple[dict[str, Any], ...]:
        """Return each condition with its value, and whether it is met."""
        return tuple(condition.result(summary) for condition in self.conditions)

    def judged_run(self, run: Run) -> Run:
        """Return a run with its conditions judged."""
        return run._replace(fail_if=self.judged(run.summary())) if self.conditions else run


def _of_calls(plan: UnaryPlan, percents: Sequence[float]) -> dict[str, Any]:
    """Return the summary of a run of calls before it began: every number, none measured."""
    from rpcx.stats.calls import CallStats  # noqa: PLC0415 -- only a --fail-if needs it
    from rpcx.stats.connection import UNKNOWN, connection_object  # noqa: PLC0415 -- as above
    from rpcx.stats.summary import MethodFacts, RunFacts, call_summary  # noqa: PLC0415 -- as above

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
        connection=connection_object(UNKNOWN),
    )
    return call_summary(CallStats(len(methods)), facts, percents)


def _of_streams(sequence_field: str | None, percents: tuple[float, ...]) -> dict[str, Any]:
    """Return the summary of a run of streams before it began."""
    from rpcx.stats.connection import UNKNOWN  # noqa: PLC0415 -- as above
    from rpcx.stats.sequence import SequenceCheck  # noqa: PLC0415 -- as above
    from rpcx.stats.stream_summary import StreamFacts, stream_summary  # noqa: PLC0415 -- as above
    from rpcx.stats.streams import StreamStats  # noqa: PLC0415 -- as above

    sequence = None if sequence_field is None else SequenceCheck(sequence_field, len)
    facts = StreamFacts(
        target="",
        method="",
        answers=True,
        streams=1,
        begun=0.0,
        cpu_s=0.0,
        transport="",
        percents=percents,
        ending={},
        connections=UNKNOWN,
    )
    return stream_summary(StreamStats(sequence=sequence), facts)
