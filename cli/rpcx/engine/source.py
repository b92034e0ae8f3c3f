"""The sources of an engine's requests: to take one never blocks."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

from rpcx.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Callable

    from rpcx.results import Metadata


class Dry(enum.Enum):
    """Why `take` returns no message."""

    NOT_YET = "more may come"
    END = "none will come"


END: Final = Dry.END
NOT_YET: Final = Dry.NOT_YET
"""The members as constants: Python 3.11 takes 0.1 µs to look up a member of an enum."""


class Request(NamedTuple):
    """What one unary call sends.

    Attributes:
        method: Which of the plan's methods it calls.
        message: The serialised request.
        metadata: Headers of this call, in place of its method's; None for its method's.
    """

    method: int
    message: bytes
    metadata: Metadata | None = None


class RequestSource(Protocol):
    """The requests of a run, one at a time, of one method or of several."""

    def take(self) -> Request | Dry:
        """Return the next request, or why there is none, without waiting.

        Raises:
            DataError: The next document does not fit the method's input type.
        """
        ...

    def skip(self) -> int | Dry:
        """Pass over the next request; return the method that it would have called."""
        ...

    def on_arrival(self, wake: Callable[[], None]) -> None:
        """Have `wake` called, from any thread, when a message arrives after a NOT_YET."""
        ...


class Source(Protocol):
    """Serialised messages, one at a time."""

    def take(self) -> bytes | Dry:
        """Return the next message, or why there is none, without waiting.

        Raises:
            DataError: The next document does not fit the method's input type.
        """
        ...

    def on_arrival(self, wake: Callable[[], None]) -> None:
        """Have `wake` called, from any thread, when a message arrives after a NOT_YET."""
        ...


class Documents(Source, Protocol):
    """Messages that can also be passed over, for an engine that takes every nth."""

    def skip(self) -> Dry | None:
        """Pass over the next message; return why there is none, or None.

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
        """Return the next message as a request; equal messages in a row are one object.

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
        """Return the message, then END without waiting: a second one could not be sent.

        Raises:
            DataError: There already is a second one; the first is not returned then.
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
