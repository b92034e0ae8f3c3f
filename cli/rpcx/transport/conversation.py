"""One bidi stream used in lock step: ask, and wait for the answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rpcx.errors import CallError
from rpcx.results import Outcome

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
        self._stream = transport.stream(
            self, path, metadata, timeout_s, self._on_sent, self._on_received
        )
        self._sent = False
        self._answer: bytes | None = None
        self._outcome: Outcome | None = None

    def ask(self, request: bytes) -> bytes:
        """Send one message and wait for one.

        Raises:
            CallError: The stream ended instead.
        """
        self._sent = False
        self._answer = None
        if self._outcome is None:
            self._stream.send(request)
            self._stream.receive()
        # The answer may be told before the send is: the next step needs both.
        while self._outcome is None and not (self._sent and self._answer is not None):
            self._fetch()
        if self._answer is not None:
            return self._answer
        assert self._outcome is not None  # noqa: S101 -- the loop ended without an answer
        raise CallError(self._outcome.status, self._outcome.details)

    def close(self) -> None:
        """Half-close, and wait until the stream is gone: it counts against the server's limit.

        What the server still says is dropped. One that does not end it is cancelled.
        """
        if self._outcome is not None:
            return
        self._answer = None
        self._stream.half_close()
        self._stream.receive()
        while self._outcome is None:
            self._fetch()
            if self._answer is not None:
                self._answer = None
                self._stream.cancel()

    def _fetch(self) -> None:
        for event in self._transport.events():
            if isinstance(event, Outcome):
                self._outcome = event

    def _on_sent(self, _at: float, ok: bool) -> None:
        self._sent = ok

    def _on_received(self, _at: float, message: bytes | None) -> None:
        self._answer = message
