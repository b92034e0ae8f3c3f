"""Where the engine takes its requests from, without ever waiting for one."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

from rpcx.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Callable

    from rpcx.results import Metadata


class Dry(enum.Enum):
    """Why `take` has no message."""

    NOT_YET = "more may come"
    END = "none will come"


END: Final = Dry.END
NOT_YET: Final = Dry.NOT_YET
"""The same by names of their own: Python 3.11 takes 0.1 µs to find a member of an enum."""


class Request(NamedTuple):
    """What one unary call is to send.

    Attributes:
        method: Which of the plan's methods it calls.
        message: The serialised request.
        metadata: Headers of this call alone, in place of its method's; None for those.
    """

    method: int
    message: bytes
    metadata: Metadata | None = None


class RequestSource(Protocol):
    """What the calls of a run send, one call at a time, whichever methods they call."""

    def take(self) -> Request | Dry:
        """The next request, or why there is none. It never blocks.

        Raises:
            DataError: The next document is no message of the method's input type.
        """
        ...

    def skip(self) -> int | Dry:
        """Pass over the next request; returns the method that it would have called."""
        ...

    def on_arrival(self, wake: Callable[[], None]) -> None:
        """Have `wake` called, from any thread, when something came after a NOT_YET."""
        ...


class Source(Protocol):
    """Serialised messages, one at a time."""

    def take(self) -> bytes | Dry:
        """The next message, or why there is none. It never blocks.

        Raises:
            DataError: The next document is no message of the method's input type.
        """
        ...

    def on_arrival(self, wake: Callable[[], None]) -> None:
        """Have `wake` called, from any thread, when something came after a NOT_YET."""
        ...


class Documents(Source, Protocol):
    """Messages that can also be passed over, for what takes every so-many-th."""

    def skip(self) -> Dry | None:
        """Pass over the next message; says why where there is none.

        Raises:
            DataError: As `take`.
        """
        ...


class OneMethod:
    """The requests of one method.

    Args:
        source: Their messages.
        method: Which of the plan's methods.
    """

    def __init__(self, source: Documents, method: int = 0) -> None:
        self._take = source.take
        self._skip = source.skip
        self._method = method
        self._last = Request(method, b"")
        self.on_arrival = source.on_arrival

    def take(self) -> Request | Dry:
        """The next message as a request; the same message again is the same request.

        Raises:
            DataError: As the source.
        """
        message = self._take()
        if message is self._last.message:
            return self._last
        if not isinstance(message, bytes):
            return message
        self._last = Request(self._method, message)
        return self._last

    def skip(self) -> int | Dry:
        """Pass over the next message.

        Raises:
            DataError: As the source.
        """
        dry = self._skip()
        return self._method if dry is None else dry


class Single:
    """The one message of a method whose client side does not stream.

    Args:
        source: Where it comes from.
    """

    def __init__(self, source: Source) -> None:
        self._source = source
        self._taken = False
        self.on_arrival = source.on_arrival

    def take(self) -> bytes | Dry:
        """The message, then END; nobody waits for input that can't be sent.

        Raises:
            DataError: There is a second one already, in which case the first is not given out.
        """
        if self._taken:
            return END
        message = self._source.take()
        if isinstance(message, bytes):
            self._taken = True
            if isinstance(self._source.take(), bytes):
                raise DataError(
                    "the method takes one message and the data has more; give one document"
                )
        return message
