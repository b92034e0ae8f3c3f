"""A call that failed, as a sentence with its probable cause and its details."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rpcx.results import Status
from rpcx.words.hints import deadline_hint, hint
from rpcx.words.printable import printable

if TYPE_CHECKING:
    from rpcx.results import Outcome
    from rpcx.runs.session import Session


def failure_text(outcome: Outcome, session: Session, timeout_s: float | None) -> tuple[str, str]:
    """Return the sentence, and the lines of decoded details that follow it.

    Args:
        outcome: How the call ended.
        session: The session of the call.
        timeout_s: Its deadline, in seconds; None for none.
    """
    from rpcx.output.details import detail_lines

    if outcome.status is Status.DEADLINE_EXCEEDED:
        cause = deadline_hint(timeout_s, connected=session.transport.ready())
    else:
        cause = hint(outcome.status, outcome.details)
    text = f": {printable(outcome.details)}" if outcome.details else ""
    details = "".join(
        f"\n  - {line}"
        for detail in session.details(outcome.trailers)
        for line in detail_lines(detail)
    )
    return f"{outcome.status.name}{text}{f'; {cause}' if cause else ''}", details
