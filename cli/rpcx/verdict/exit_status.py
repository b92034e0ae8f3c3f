"""What a run comes to: its exit status."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rpcx.errors import ExitCode
from rpcx.results import Status

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from rpcx.stats.run import Run
    from rpcx.verdict.conditions import Condition


def of_run(run: Run, conditions: Sequence[Condition]) -> int:
    """Return the exit status of a run of calls whose conditions are judged."""
    total = run.stats.total
    statuses = [status for status in total.statuses if status]
    if not statuses and run.facts.end_reason == "connection_lost":
        # Every call that was started was answered, and the others could never be started.
        statuses = [Status.UNAVAILABLE]
    return exit_status(run.fail_if, conditions, statuses, unanswered=bool(total.cancelled))


def exit_status(
    fail_if: Iterable[Mapping[str, Any]],
    conditions: Iterable[Condition],
    statuses: Sequence[int],
    *,
    unanswered: bool = False,
) -> int:
    """Return 99 if a condition is met, else the exit status of the failures.

    A condition that is not met and names errors or statuses says which failures are allowed: then
    no failure counts. Calls without an answer count unless a condition names them.

    Args:
        fail_if: The conditions with their results.
        conditions: The conditions.
        statuses: The different statuses of the RPCs that failed.
        unanswered: Whether the end of the run left calls without an answer.
    """
    if any(result["met"] for result in fail_if):
        return ExitCode.FAIL_IF_MET
    if statuses and not any(condition.speaks_of_errors for condition in conditions):
        return (
            ExitCode.STATUS_BASE + statuses[0] if len(statuses) == 1 else ExitCode.SEVERAL_STATUSES
        )
    if unanswered and not any(condition.speaks_of_unanswered for condition in conditions):
        return ExitCode.UNANSWERED
    return ExitCode.OK
