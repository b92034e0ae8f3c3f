"""The links of a transport: the one for new calls, those that drain, and the next attempt.

The law: there is one attempt at a time. An attempt fails if no socket can be made, or if the link
is lost before the server's SETTINGS arrive. The next attempt then follows after a backoff. A
link that was ready and is lost is replaced at once if a connection is wanted. A link whose server
said GOAWAY takes no new calls, and is closed when its last call has ended. If a server ends a link
within a second of its beginning, before it took any call, that is a failed attempt too: else a
server that ends each connection at once would be asked without a pause.
"""

from __future__ import annotations

import math
import select
from typing import TYPE_CHECKING, Any, Final

from rpcx.connections import Connections
from rpcx.transport.wire.attempt import Attempt, Stage
from rpcx.transport.wire.backoff import Backoff
from rpcx.transport.wire.connection import Connection
from rpcx.transport.wire.dial import Dial
from rpcx.transport.wire.link import Link

if TYPE_CHECKING:
    from collections import deque
    from collections.abc import Callable

    from rpcx.target.target import Target
    from rpcx.transport.wire.peer import Limits
    from rpcx.transport.wire.sockets import Sockets

_CONNECT_S: Final = 20.0
"""How long one attempt may take, with TLS and the server's SETTINGS (connection-backoff.md)."""

_AT_ONCE_S: Final = 1.0
_KEEPALIVE_TIMEOUT_S: Final = 20.0
_PING: Final = b"rpcxping"


class Links:
    """Makes, keeps and ends the links to one target.

    Args:
        target: Where to.
        events: Where the events of calls go.
        limits: What is taken of the server.
        sockets: Looks for what happens at sockets.
        failed: Told why an attempt failed.
        index: Which of several transports it is.

    Attributes:
        current: The link for new calls; None where there is none. It may not be ready yet.
        all: This one, and those that drain.
        wanted: Whether somebody wants a connection though no call waits.
        attempt: The last attempt, which may be under way; None before the first.
        failure: Why the last attempt failed; empty once one has succeeded.
        lost_at: When a link was lost that was ready, in seconds.
        tell_state: Told each state by gRPC's name; None for nobody.
        tell_found: Told what each attempt finds; None for nobody.
    """

    def __init__(
        self,
        target: Target,
        events: deque[Any],
        limits: Limits,
        sockets: Sockets,
        failed: Callable[[str], None],
        index: int = 0,
    ) -> None:
        self._target = target
        self._events = events
        self._limits = limits
        self._sockets = sockets
        self._failed = failed
        self._index = index
        self._writable: set[int] = set()
        self._dial: Dial | None = None
        self._dialled_at = 0.0
        self._backoff = Backoff(eager=target.wait_for_ready)
        self._retry_at = 0.0
        self._keepalive_s = target.channel.keepalive_time_s or math.inf
        self._keepalive_timeout_s = target.channel.keepalive_timeout_s or _KEEPALIVE_TIMEOUT_S
        self._past = Connections()
        self.current: Link | None = None
        self.all: list[Link] = []
        self.wanted = False
        self.attempt: Attempt | None = None
        self.failure = ""
        self.lost_at = -math.inf
        self.tell_state: Callable[[str], None] | None = None
        self.tell_found: Callable[[str], None] | None = None

    @property
    def ready(self) -> bool:
        """Whether there is a connection whose server has greeted."""
        link = self.current
        return link is not None and link.connection.ready

    @property
    def has_failed(self) -> bool:
        """Whether the last attempt failed and no other is under way."""
        return bool(self.failure) and self._dial is None and self.current is None

    def retry_now(self) -> None:
        """Have the next attempt begin without a wait."""
        self._retry_at = 0.0
        self.wanted = True

    def facts(self) -> Connections:
        """Return what is known of all links, also of those that are gone."""
        current = self.current
        # The one for new calls comes first: its TLS and its server count.
        links = sorted(self.all, key=lambda link: link is not current)
        parts = [*(link.facts() for link in links), self._past]
        return Connections.together(parts)

    def step(self, now: float, *, needed: bool) -> bool:
        """Send and receive on all links, once; return whether something came.

        Args:
            now: The time, in seconds.
            needed: Whether calls wait for a connection.
        """
        if self.current is None:
            self._reconnect(now, needed=needed)
        came = False
        links = self.all
        for link in links if len(links) == 1 else tuple(links):
            if link.connection.wants_to_send:
                link.flush(now)
            came |= link.read()
            if link.lost or link.connection.draining or not link.established:
                self._look_at(link, now)
        return came

    def before_sleep(self, now: float) -> float:
        """Prepare for a wait; return until when it may last, in seconds."""
        until = math.inf
        for link in tuple(self.all):
            self._await_writing(link)
            until = min(until, self._tend(link, now))
        if self.current is None and self._dial is None and (self.failure or self.wanted):
            until = min(until, self._retry_at)
        return until

    def ping(self, now: float) -> None:
        """Measure a round trip on the current link."""
        if self.current is not None:
            self.current.connection.ping(_PING, now)

    def close(self, now: float) -> None:
        """End all links, and the attempt that is under way."""
        for link in self.all:
            link.connection.close()
            link.flush(now)
            link.close()
        self.all.clear()
        self.current = None
        if self._dial is not None:
            self._dial.abandon()
            self._dial = None

    def _await_writing(self, link: Link) -> None:
        """Have poll look for room in a socket while something is unsent, and only then."""
        descriptor = link.fileno()
        wanted = link.awaits != select.POLLIN
        if wanted != (descriptor in self._writable):
            self._sockets.watch(descriptor, link.awaits)
            self._writable ^= {descriptor}

    def _tend(self, link: Link, now: float) -> float:
        """Keep a quiet link alive; return when it is to be looked at next."""
        connection = link.connection
        if not connection.ready:
            return link.began + _CONNECT_S
        if self._keepalive_s == math.inf:
            return math.inf
        if connection.pinged_at is not None:
            due = connection.pinged_at + self._keepalive_timeout_s
            if now >= due:
                link.lost = "keepalive: no answer to a ping"
                self._lose(link, now)
            return due
        due = link.heard_at + self._keepalive_s
        if now >= due:
            connection.ping(_PING, now)
            link.flush(now)
            return now + self._keepalive_timeout_s
        return due

    def _look_at(self, link: Link, now: float) -> None:
        """See to a link that is not simply open."""
        connection = link.connection
        if not connection.ready and not link.lost and now - link.began > _CONNECT_S:
            link.lost, link.error = "Timeout: no SETTINGS came", TimeoutError()
        if connection.fault is not None:
            link.flush(now)  # the GOAWAY that says so
        if connection.ready and not link.established:
            link.established, link.ready_at = True, now
            self._established(link)
        if link.lost:
            self._lose(link, now)
        elif connection.draining:
            if link is self.current:
                self.current = None
                if "too_many_pings" in connection.goaway:
                    self._keepalive_s *= 2
                self._ended(link, connection.goaway, now)
            if not connection.open_calls:
                connection.close()
                link.flush(now)
                self._drop(link)

    def _lose(self, link: Link, now: float) -> None:
        connection = link.connection
        was_ready, was_current = connection.ready, link is self.current
        connection.lose(link.lost, now)
        self._drop(link)
        if was_current:
            self.current = None
            self._ended(link, link.lost, now, was_ready=was_ready)

    def _ended(self, link: Link, why: str, now: float, *, was_ready: bool = True) -> None:
        """See to the link for new calls, which takes none any more."""
        connection = link.connection
        if was_ready and (connection.was_used or now - link.began > _AT_ONCE_S):
            if link.lost:
                self.lost_at = now
            self._tell("idle")
            return
        attempt = self.attempt
        if attempt is not None:
            attempt.error, attempt.said = link.error, connection.said
            attempt.goaway, attempt.stage = connection.goaway_text, Stage.GREETING
            attempt.fault = str(connection.fault or "")
        if was_ready:
            self.lost_at = now
        self._attempt_failed(why if was_ready else f"{why} before receiving SETTINGS", now)

    def _drop(self, link: Link) -> None:
        self._sockets.forget(link.fileno())
        self._writable.discard(link.fileno())
        self.all.remove(link)
        past = Connections.together((self._past, link.facts()))
        self._past = past._replace(addresses=(), tls=None, peer=None)
        link.close()

    def _reconnect(self, now: float, *, needed: bool) -> None:
        """Begin an attempt to connect where one is due, or see how one ended."""
        dial = self._dial
        if dial is None:
            if (self.wanted or needed or self.failure) and now >= self._retry_at:
                self.wanted = False
                self._dialled_at = now
                self._tell("connecting")
                self.attempt = attempt = Attempt(self.tell_found, self.attempt)
                self._dial = Dial(
                    self._target, attempt, _CONNECT_S, self._sockets.ring, self._index
                )
            return
        if not dial.is_done:
            return
        self._dial = None
        if dial.socket is None:
            self._attempt_failed(dial.failure, now)
            return
        connection = Connection(self._events, self._limits)
        self.current = link = Link(connection, dial.socket, now)
        self.all.append(link)
        self._sockets.watch(link.fileno(), select.POLLIN)

    def _attempt_failed(self, why: str, now: float) -> None:
        self.failure = f"failed to connect to {self._target.address}; last error: {why}"
        self._retry_at = max(self._dialled_at + self._backoff.failed(), now)
        self._tell("transient failure")
        self._failed(self.failure)

    def _established(self, link: Link) -> None:
        attempt = self.attempt
        if attempt is not None:
            attempt.stage = Stage.GREETED
            if attempt.is_told:
                from rpcx.transport.wire.portrait import peer_line  # noqa: PLC0415 -- for -v alone

                attempt.found(peer_line(link.connection.peer))
        self.failure = ""
        self._retry_at = 0.0
        self._backoff.reset()
        self._tell("ready")

    def _tell(self, state: str) -> None:
        if self.tell_state is not None:
            self.tell_state(state)
