"""What a run's verdict comes to: its conditions judged, its reports written, its exit status."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from rpcx.commands.drive import statuses_exit_code
from rpcx.errors import ExitCode

if TYPE_CHECKING:
    from rpcx.commands.report_options import Reporting
    from rpcx.output.reports import ReportError
    from rpcx.stats.run import Run


def judged(run: Run, reporting: Reporting) -> Run:
    """The run with the conditions of --fail-if judged."""
    if not reporting.conditions:
        return run
    return replace(run, fail_if=reporting.judged(run.summary()))


def write_reports(run: Run, reporting: Reporting) -> ReportError | None:
    """Write each file of --report; the first error, once the others are written."""
    failed = None
    if reporting.paths:
        from rpcx.output.reports import ReportError, write_report

        for path in reporting.paths:
            try:
                write_report(path, run)
            except ReportError as error:
                failed = failed or error
    return failed


def verdict_exit(run: Run, reporting: Reporting) -> int:
    """The exit status that the conditions and the calls' statuses come to.

    99 where a condition is met; 0 where none is and one says which failures count; else
    that of the statuses.
    """
    if any(result["met"] for result in run.fail_if):
        return ExitCode.FAIL_IF_MET
    if any(condition.speaks_of_errors for condition in reporting.conditions):
        return ExitCode.OK
    return statuses_exit_code([status for status in run.stats.total.statuses if status])
