"""When a run had no connection, and why.

The law: an outage begins when a call fails because the connection was lost, or when two looks
in a row find none. It ends when a look finds a connection, or when a call is answered over
one. A second loss before any call was answered is the same outage.

Calls fail in the receive worker's thread, and the driver looks from its own: a lock guards
the few moments at which an outage begins or ends.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Final

from rpcx.results import Outage, Status
from rpcx.transport.causes import NO_ANSWER, cause_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from rpcx.results import Outcome
    from rpcx.transport.protocol import Transport


_UNANSWERED_S: Final = 0.3
"""How long an attempt to connect may go unanswered before that is the cause."""


class Gaps:
    """Notes the outages of one connection.

    Args:
        transport: Has the connection.
        answered: Returns how many calls were answered so far.

    Attributes:
        since: When the outage that lasts began, in seconds of `time.perf_counter`; None while
            there is a connection.
        cause: Why, as far as it is known.
    """

    def __init__(self, transport: Transport, answered: Callable[[], int]) -> None:
        self._transport = transport
        self._answered = answered
        self._lock = threading.Lock()
        self._over: list[tuple[float, float, str]] = []
        self._answered_at_end = self._answered_before = -1
        self._missing_since: float | None = None
        self.since: float | None = None
        self.cause = ""

    def failed(self, outcome: Outcome) -> None:
        """Take in a call that failed: it may be the first to show an outage, or say why."""
        if outcome.trailers:  # the server answered it
            return
        if outcome.status is Status.UNAVAILABLE:
            if self.since is not None:
                self._explain(outcome.details)
            elif self._transport.lately_lost():
                self._begin(outcome.at, outcome.details)
        elif (
            # A call that only waited for a connection ends at its deadline.
            outcome.status is Status.DEADLINE_EXCEEDED
            and self.since is None
            and not self._transport.ready()
        ):
            self._begin(outcome.at, self._transport.refusal())

    def look(self, now: float) -> None:
        """Note whether there is a connection; every 50 ms or so, from the driver's thread."""
        before, self._answered_before = self._answered_before, self._answered()
        if self.since is None and before != self._answered_before:
            self._missing_since = None
        elif self._transport.ready():
            self._missing_since = None
            if self.since is not None:
                self.ended(now)
        elif self.since is not None:
            self.explain()
            if not self.cause and now - self.since > _UNANSWERED_S:
                self.cause = NO_ANSWER  # an attempt is under way, and nothing refuses it
        elif self._missing_since is None:
            self._missing_since = now
        else:
            # A connection that is only replaced (GOAWAY) is back before the second look.
            self._begin(self._missing_since, self._transport.refusal())

    def explain(self) -> None:
        """Ask why the last attempt to connect failed."""
        self._explain(self._transport.refusal())

    def ended(self, now: float) -> None:
        """Note that there is a connection again."""
        with self._lock:
            if self.since is not None:
                self._over.append((self.since, max(now, self.since), self.cause))
                self._answered_at_end = self._answered()
                self.since = None
                self._missing_since = None

    def outages(self, begun: float) -> tuple[Outage, ...]:
        """Return the outages that are over.

        Args:
            begun: When the run began, in seconds of `time.perf_counter`.
        """
        with self._lock:
            return tuple(
                Outage(max(start - begun, 0.0), end - max(start, begun), cause)
                for start, end, cause in self._over
                if end >= begun
            )

    def _begin(self, at: float, details: str) -> None:
        with self._lock:
            if self.since is not None:
                return
            self.since, self.cause = at, ""
            if self._over and self._answered() == self._answered_at_end:
                self.since, _, self.cause = self._over.pop()
        self._explain(details)

    def _explain(self, details: str) -> None:
        if details:
            self.cause = cause_of(details)
