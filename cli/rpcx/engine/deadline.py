"""Whether a call was ended by its deadline.

A server knows a call's deadline too (the header grpc-timeout) and may enforce it first: by a
status of its own, or by a reset, which gRPC's core reports as CANCELLED.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rpcx.results import Status

if TYPE_CHECKING:
    from rpcx.results import Outcome

_NEARLY: Final = 0.95
"""The part of a deadline after which it may have passed by the server's clock."""


def is_over(at: float, started: float, timeout_s: float | None) -> bool:
    """Return whether a deadline has passed, or may have passed by the server's clock.

    Args:
        at: The moment, in seconds.
        started: When the call was started, on the same clock.
        timeout_s: Its deadline from its start, in seconds; None for none.
    """
    return timeout_s is not None and at - started >= timeout_s * _NEARLY


def blame_deadline(outcome: Outcome, started: float, timeout_s: float | None) -> Outcome:
    """Return the outcome, with DEADLINE_EXCEEDED if a reset at the deadline made it CANCELLED.

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
