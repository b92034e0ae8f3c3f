"""The quotients that summaries, comparisons, intervals and conditions have in common."""

from __future__ import annotations


def throughput_per_s(answered: float, due_s: float) -> float | None:
    """Return calls answered a second; None if no time passed.

    Args:
        answered: Calls that ended, OK or failed, while calls were due.
        due_s: The time in which calls were due, in seconds.
    """
    return answered / due_s if due_s > 0 else None


def errors_share(ok: float, failed: float, cancelled: float) -> float | None:
    """Return the share of calls that went wrong; None if none has ended.

    A call that the end of the run left unanswered was cancelled by rpcx, and did not succeed.

    Args:
        ok: Calls that ended OK.
        failed: Calls that ended with another status.
        cancelled: Calls that rpcx cancelled.
    """
    ended = ok + failed + cancelled
    return (failed + cancelled) / ended if ended else None
