"""One bidi stream used in lock step: ask, and wait for the answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rpcx.errors import CallError
from rpcx.results import Outcome
from rpcx.transport.protocol import Received, Sent

if TYPE_CHECKING:
    from rpcx.results import Metadata
    from rpcx.transport.protocol import Transport


class Conversation:
    """A stream on a transport that nobody else drives meanwhile.

    Args:
        transport: A connected channel.
        path: `/package.Service/Method`.
        metadata: Headers to send.
        timeout_s: Deadline of the whole conversation, in seconds.
    """

    def __init__(
        self, transport: Transport, path: str, metadata: Metadata, timeout_s: float | None
    ) -> None:
        self._transport = transport
        self._stream = transport.stream(self, path, metadata, timeout_s)
        self._outcome: Outcome | None = None

    def ask(self, request: bytes) -> bytes:
        """Send one message and wait for one.

        Raises:
            CallError: The stream ended instead.
        """
        answer: bytes | None = None
        sent = False
        if self._outcome is None:
            self._stream.send(request)
            self._stream.receive()
        # The answer may be told before the send is: the next step needs both.
        while self._outcome is None and not (sent and answer is not None):
            event = self._transport.next_event()
            if isinstance(event, Received):
                answer = event.message
            elif isinstance(event, Sent):
                sent = event.ok
            elif isinstance(event, Outcome):
                self._outcome = event
        if answer is not None:
            return answer
        assert self._outcome is not None  # noqa: S101 -- the loop ended without an answer
        raise CallError(self._outcome.status, self._outcome.details)

    def close(self) -> None:
        """Half-close, and wait until the stream is gone: it counts against the server's limit.

        What the server still says is dropped. One that does not end it is cancelled.
        """
        if self._outcome is not None:
            return
        self._stream.half_close()
        self._stream.receive()
        while self._outcome is None:
            event = self._transport.next_event()
            if isinstance(event, Received) and event.message is not None:
                self._stream.cancel()
            elif isinstance(event, Outcome):
                self._outcome = event
