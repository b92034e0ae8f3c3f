"""The live view of streams: sent and received side by side, and what each of them waits for."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Final

from rpcx.connections import Holder
from rpcx.output.spans import HEAD, QUIET, WARNING, Line, Span
from rpcx.output.stderr import wrapped
from rpcx.output.summary import size
from rpcx.output.terminal import width
from rpcx.words.printable import printable

_STALLED_S: Final = 0.5
"""A direction in which nothing moved for so long is called stalled."""
_WINDOW_S: Final = 1.0
"""Over how long a rate is taken, at least."""


@dataclass(frozen=True, slots=True)
class WayView:
    """One direction at a moment.

    Attributes:
        messages: Messages so far.
        bytes: Their sizes.
        held_up_s: How long sends were blocked, or receivers waited, so far.
        outstanding: Sends, or receives, that are outstanding.
        still_s: For how long nothing has moved.
    """

    messages: int
    bytes: int
    held_up_s: float
    outstanding: int
    still_s: float


@dataclass(frozen=True, slots=True)
class StreamView:
    """All streams at a moment.

    Attributes:
        elapsed_s: Since the first was opened.
        open: Streams that have not ended.
        sent: One direction.
        received: The other.
        lag: Messages sent and not answered; None where a method answers only once.
        most_lag: The most there were.
        reads: Whether rpcx reads what is received at all.
        hungry: Streams with nothing to send until more input arrives.
        holder: What holds back the sends that are outstanding; None where that is not known.
    """

    elapsed_s: float
    open: int
    sent: WayView
    received: WayView
    lag: int | None
    most_lag: int
    reads: bool = True
    hungry: int = 0
    holder: Holder | None = None


_HELD_BY: Final = {
    None: "the server does not read, and its flow-control window is full",
    Holder.STREAM_WINDOW: "the server does not read, and the stream's window is full",
    Holder.CONNECTION_WINDOW: (
        "the server reads too little on the connection, and the connection's window is full"
    ),
    Holder.SOCKET: "the socket takes no more: the network or the server's machine is the limit",
}


class StreamPanel:
    """Makes the lines of the panel; it remembers what it needs for rates.

    Args:
        method: `package.Service/Method`.
        target: TARGET as typed.
        streams: How many are opened.
    """

    def __init__(self, method: str, target: str, streams: int) -> None:
        self._head = f"{printable(method)} on {printable(target)}"
        self._streams = streams
        self._before: deque[tuple[float, int, int]] = deque()

    def lines(self, view: StreamView) -> list[Line]:
        """Return the panel's lines now."""
        ways = (view.sent, view.received)
        rates = self._rates(view)
        streams = f"  {view.open:,} of {self._streams:,} streams open" if self._streams > 1 else ""
        lines: list[Line] = [
            (Span(self._head, HEAD), Span(f"  {view.elapsed_s:.1f} s{streams}")),
            _row("", "sent", "received"),
            _row("messages", *(f"{way.messages:,}" for way in ways)),
            _row("messages/s", *(f"{rate:,.0f}" for rate in rates)),
            _row("bytes", *(size(way.bytes) for way in ways)),
            _row("blocked, waiting", *(f"{way.held_up_s:.1f} s" for way in ways)),
            _row("outstanding", *(f"{way.outstanding:,}" for way in ways)),
        ]
        if view.lag is not None:
            lines.append((Span(f"sent and not answered {view.lag:,}, at most {view.most_lag:,}"),))
        waits = wrapped(stall(view), width() - 1)
        return lines + [(Span(line, WARNING),) for line in waits.split("\n")]

    def _rates(self, view: StreamView) -> tuple[float, float]:
        now, before = view.elapsed_s, self._before
        before.append((now, view.sent.messages, view.received.messages))
        while len(before) > 1 and before[1][0] <= now - _WINDOW_S:
            before.popleft()
        then, sent, received = before[0] if len(before) > 1 else (0.0, 0, 0)
        took = max(now - then, 1e-9)
        return (view.sent.messages - sent) / took, (view.received.messages - received) / took


def _row(title: str, sent: str, received: str) -> Line:
    return (Span(f"{title:<18}", QUIET), Span(f"{sent:>12}{received:>12}"))


def stall(view: StreamView) -> str:
    """Return who waits for whom, and on what; empty where both directions move."""
    sent, received = view.sent, view.received
    if not view.open:
        return ""
    if sent.outstanding and sent.still_s >= _STALLED_S:
        why = _HELD_BY[view.holder]
        if not view.reads:
            why += "; rpcx reads no replies (--receivers 0), which may be why"
        return f"sending stalled for {sent.still_s:.1f} s{_where(sent.outstanding, view)}: {why}"
    unanswered = view.lag is None or view.lag > 0
    if received.outstanding and unanswered and received.still_s >= _STALLED_S:
        waiting = ""
        if view.lag is not None:
            waiting = f"; {view.lag:,} message{'s wait' if view.lag > 1 else ' waits'} for a reply"
        return (
            f"receiving stalled for {received.still_s:.1f} s{_where(received.outstanding, view)}:"
            f" the server sends nothing{waiting}"
        )
    if view.hungry and sent.still_s >= _STALLED_S:
        return (
            f"nothing to send for {sent.still_s:.1f} s{_where(view.hungry, view)}: rpcx waits for"
            " more input"
        )
    return ""


def _where(count: int, view: StreamView) -> str:
    return f" on {count:,} of {view.open:,} streams" if view.open > 1 else ""
