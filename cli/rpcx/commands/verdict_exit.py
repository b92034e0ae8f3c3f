"""What a run's verdict comes to: its conditions judged, its reports written, its exit status."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rpcx.errors import ExitCode
from rpcx.results import Status
from rpcx.runs.drive import statuses_exit_code

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path

    from rpcx.commands.options.reports import Reporting
    from rpcx.output.reports import ReportError
    from rpcx.stats.run import Run


def judged(run: Run, reporting: Reporting) -> Run:
    """The run with the conditions of --fail-if judged."""
    if not reporting.conditions:
        return run
    return run._replace(fail_if=reporting.judged(run.summary()))


def write_reports(run: Run, reporting: Reporting) -> ReportError | None:
    """Write each file of --report; the first error, once the others are written."""
    if not reporting.paths:
        return None
    from rpcx.output.reports import write_report

    return write_each(reporting.paths, lambda path: write_report(path, run))


def write_each(paths: Iterable[Path], write: Callable[[Path], None]) -> ReportError | None:
    """Write each of these files; the first error, once the others are written."""
    from rpcx.output.reports import ReportError

    failed = None
    for path in paths:
        try:
            write(path)
        except ReportError as error:
            failed = failed or error
    return failed


def verdict_exit(run: Run, reporting: Reporting) -> int:
    """Return the exit status that the conditions and the calls come to."""
    total = run.stats.total
    statuses = [status for status in total.statuses if status]
    if not statuses and run.facts.end_reason == "connection_lost":
        # Every call that was started was answered, and the others never could be started.
        statuses = [Status.UNAVAILABLE]
    return exit_status(run.fail_if, reporting, statuses, unanswered=bool(total.cancelled))


def exit_status(
    fail_if: Iterable[Mapping[str, Any]],
    reporting: Reporting,
    statuses: Sequence[int],
    *,
    unanswered: bool = False,
) -> int:
    """Return 99 where a condition is met; else what the failures come to.

    A condition that is not met and speaks of errors or statuses says which failures count: then
    no other failure does. Calls that were left unanswered count unless one speaks of them.

    Args:
        fail_if: The conditions with what they came to.
        reporting: Where they are from.
        statuses: The statuses of the RPCs that failed.
        unanswered: Whether the end of the run left some calls unanswered.
    """
    if any(result["met"] for result in fail_if):
        return ExitCode.FAIL_IF_MET
    conditions = reporting.conditions
    if not any(condition.speaks_of_errors for condition in conditions) and statuses:
        return statuses_exit_code(statuses)
    if unanswered and not any(condition.speaks_of_unanswered for condition in conditions):
        return ExitCode.UNANSWERED
    return ExitCode.OK
