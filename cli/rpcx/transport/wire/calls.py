"""One call on a stream of HTTP/2: what is left of its request, its response, and its end.

The law: a call waits until it has a stream, then it is open, and it is over once it has its one
Outcome. A unary call keeps its message for the Outcome. A streaming call keeps its messages in
`inbox`, and the application takes them one by one. The peer gets credit for each message taken, so
a stream that nobody reads fills its window and holds its server back.

A streaming call is put among the events when there is something to report, at most once at a
time (`listed`).
"""

from __future__ import annotations

import math
from collections import deque
from typing import TYPE_CHECKING, Final

from rpcx.connections import Held, Holder
from rpcx.results import Outcome, Status
from rpcx.transport.wire.messages import MessageFault

if TYPE_CHECKING:
    from rpcx.results import Metadata
    from rpcx.transport.wire.connection import Connection
    from rpcx.transport.wire.messages import MessageReader
    from rpcx.transport.wire.requests import RequestHead
    from rpcx.transport.wire.responses import Block
    from rpcx.transport.wire.windows import ReceiveWindow

MORE_THAN_ONE: Final = "the server answered a unary call with more than one message"

CANCELLED_HERE: Final = "cancelled by rpcx"


class Call:
    """A unary call, and what it has in common with a streaming one.

    Args:
        tag: What its Outcome carries.
        request_head: Makes its request headers.
        metadata: What it sends in place of its method's metadata; None for that.
        request: Its message, framed.
        timeout_s: Its deadline from now, in seconds; None for none.
        deadline: The same as a moment; infinite for none.
    """

    # Most calls need few of these, and attributes of the class cost such calls nothing.
    connection: Connection | None = None
    """Where its stream is; None while it waits, and once it is over."""
    stream_id = 0
    is_over = False
    is_unary = True
    due: dict[Call, float] | None = None
    """The deadlines that it is among; None where it has none."""
    waits_since = 0.0
    """When it began to wait for a stream, in seconds; 0 where it did not."""

    head: Block | None = None
    """The response headers; None before they came."""
    headers: Metadata = ()
    answer: bytes | None = None
    """The message of a unary call; None before it came."""
    reader: MessageReader | None = None
    """Cuts what is received into messages; None while each came in a frame of its own."""
    window: ReceiveWindow | None = None
    """What the server may send; None before anything came that was not a whole message."""
    body: bytearray | None = None
    """The first bytes of a response that is not one of gRPC."""
    content_bytes = 0
    """The bytes of DATA of a response that says how many there are."""

    unsent: memoryview | bytes = b""
    """What is left to be sent of the request."""
    send_window = 0
    """What the server lets us send on the stream, while something is unsent or may come."""
    ends = True
    """Whether the stream is to be half-closed behind `unsent`."""
    half_closed = False
    blocked: tuple[Holder, float] | None = None
    """What holds the request back now, and since when; None where nothing does."""
    held: Held | None = None
    """For how long it was held back on this side; None for not at all."""

    def __init__(
        self,
        tag: object,
        request_head: RequestHead,
        metadata: Metadata | None,
        request: bytes,
        timeout_s: float | None = None,
        deadline: float = math.inf,
    ) -> None:
        self.tag = tag
        self.request_head = request_head
        self.metadata = metadata
        self.request = request
        self.timeout_s = timeout_s
        self.deadline = deadline

    def take(self, message: bytes, _length: int) -> None:
        """Keep a message that came.

        Raises:
            MessageFault: It is one too many.
        """
        if self.answer is not None:
            raise MessageFault(Status.INTERNAL, MORE_THAN_ONE)
        self.answer = message

    def note_blocked(self, by: Holder | None, now: float) -> None:
        """Note what holds the request back from now on; None for nothing.

        The time so far counts for this call and for its connection.
        """
        blocked = self.blocked
        if blocked is not None:
            if blocked[0] == by:
                return
            passed = Held(**{blocked[0].value: now - blocked[1]})
            self.held = passed if self.held is None else self.held.plus(passed)
            if self.connection is not None:
                self.connection.held = self.connection.held.plus(passed)
        self.blocked = None if by is None else (by, now)


class StreamCall(Call):
    """A streaming call: messages go either way, one by one."""

    ends = False
    is_unary = False
    listed = False
    """Whether it stands among the events."""
    is_written = False
    """Whether the message that is being sent was handed on, and that is still to be told."""
    receives = False
    """Whether somebody waits for a message."""
    is_read = False
    """Whether somebody ever did."""
    outcome: Outcome | None = None
    """How it ended; it is told behind the messages that came before."""

    def __init__(
        self,
        tag: object,
        request_head: RequestHead,
        timeout_s: float | None = None,
        deadline: float = math.inf,
    ) -> None:
        super().__init__(tag, request_head, None, b"", timeout_s, deadline)
        self.inbox: deque[tuple[bytes, int]] = deque()

    def take(self, message: bytes, length: int) -> None:
        """Keep a message that came, with its length on the wire, until it is asked for."""
        self.inbox.append((message, length))

    @property
    def may_end(self) -> bool:
        """Whether its Outcome may be told now: no message that is wanted is left.

        An OK waits until every message was taken. So does a failure while somebody reads.
        """
        outcome = self.outcome
        if outcome is None:
            return False
        return not self.inbox or not (outcome.status is Status.OK or self.is_read)
