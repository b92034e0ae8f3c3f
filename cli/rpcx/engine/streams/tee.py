"""One source of messages for several streams."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Final, Protocol

from rpcx.engine.source import Dry
from rpcx.errors import RpcxError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from rpcx.engine.source import Source


class Sources(Protocol):
    """The messages of every sender of every stream."""

    def of_stream(self, number: int) -> Sequence[Source]:
        """Return a source for each sender of a stream; several may be the same."""
        ...

    def release(self, number: int) -> None:
        """Note that a stream takes no more messages."""
        ...


class Tee:
    """Hands every message of one source to several takers, each at its own pace.

    The fastest taker is at most `LEAD` messages ahead of the slowest; then it waits.

    Args:
        source: Where the messages come from.
    """

    LEAD: Final = 4096

    def __init__(self, source: Source) -> None:
        self._source = source
        self._end: Dry | RpcxError | None = None
        self._branches: list[Branch] = []
        self._wake: Callable[[], None] = lambda: None
        self._held_up = False

    def branches(self, count: int) -> list[Branch]:
        """Return that many takers; to be called once."""
        self._branches = [Branch(self) for _ in range(count)]
        return self._branches

    def fetch(self, branch: Branch) -> bytes | Dry:
        """Return the next message, for a taker that has had all messages so far."""
        if isinstance(self._end, RpcxError):
            raise self._end
        if self._end is not None:
            return self._end
        others = [other for other in self._branches if other is not branch and not other.closed]
        if any(len(other.waiting) >= self.LEAD for other in others):
            self._held_up = True
            return Dry.NOT_YET
        try:
            message = self._source.take()
        except RpcxError as error:
            self._end = error
            raise
        if isinstance(message, bytes):
            for other in others:
                other.waiting.append(message)
        elif message is Dry.END:
            self._end = message
        return message

    def gave_way(self) -> None:
        """Wake the takers that waited for the slowest: it has taken a message, or has ended."""
        if self._held_up:
            self._held_up = False
            self._wake()

    def on_arrival(self, wake: Callable[[], None]) -> None:
        """Have `wake` called when there may be more for any taker."""
        self._wake = wake
        self._source.on_arrival(wake)


class Branch:
    """One taker's view of a shared source."""

    def __init__(self, tee: Tee) -> None:
        self._tee = tee
        self.waiting: deque[bytes] = deque()
        self.closed = False
        self.on_arrival = tee.on_arrival

    def take(self) -> bytes | Dry:
        """Return the next message.

        Raises:
            DataError: The next document is not a message.
        """
        if not self.waiting:
            return self._tee.fetch(self)
        full = len(self.waiting) >= self._tee.LEAD
        message = self.waiting.popleft()
        if full:
            self._tee.gave_way()
        return message

    def close(self) -> None:
        """Take no more messages: the others need not wait for this taker."""
        self.closed = True
        self.waiting.clear()
        self._tee.gave_way()
