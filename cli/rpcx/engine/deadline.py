"""Whose deadline it was.

A server knows a call's deadline too (it travels as grpc-timeout), and may be the first to
keep it: by a status of its own, or by a reset, which core takes for a mere cancellation.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rpcx.results import Status

if TYPE_CHECKING:
    from rpcx.results import Outcome

_NEARLY: Final = 0.95
"""The part of a deadline after which the server's clock may say that it is over."""


def is_over(at: float, started: float, timeout_s: float | None) -> bool:
    """Whether a call's deadline is over at a moment, or may be by the server's clock.

    Args:
        at: The moment, in seconds.
        started: When the call was started, on the same clock.
        timeout_s: Its deadline from its start, in seconds; None for none.
    """
    return timeout_s is not None and at - started >= timeout_s * _NEARLY


def blame_deadline(outcome: Outcome, started: float, timeout_s: float | None) -> Outcome:
    """The outcome, DEADLINE_EXCEEDED where the server's reset says CANCELLED for it.

    Args:
        outcome: How the call ended.
        started: When it was started, on the outcome's clock.
        timeout_s: Its deadline from its start, in seconds; None for none.
    """
    if (
        outcome.status is Status.CANCELLED
        and "RST_STREAM" in outcome.details
        and is_over(outcome.at, started, timeout_s)
    ):
        return outcome._replace(status=Status.DEADLINE_EXCEEDED)
    return outcome
