"""Flow control: how much may be sent, and how much the peer may send (RFC 9113, section 5.2).

The law: only DATA counts, with its padding. A window for sending may become negative when the peer
lowers its initial size (section 6.9.2). Nothing more may be sent then until it is positive again,
except an empty frame that ends the stream. No window may exceed 2^31-1 (section 6.9.1).

A window for receiving is given back when half of it is used. A stream's window is given back as
the application takes messages, so a stream that nobody reads holds its server back. The
connection's window is given back as bytes arrive, so such a stream costs the others nothing.
Memory stays bounded all the same, because each stream has its window.
"""

from __future__ import annotations

from typing import Final

LARGEST_WINDOW: Final = (1 << 31) - 1
INITIAL_WINDOW: Final = 65_535
"""Both windows of both sides, until something else is said (section 6.9.2)."""


class ReceiveWindow:
    """What the peer may still send, on a stream or on the connection.

    Args:
        size: The size that it has when nothing is outstanding, in bytes.

    Attributes:
        left: Bytes that the peer may send now; below 0 it has sent more than it may.
    """

    __slots__ = ("_owed", "_size", "left")

    def __init__(self, size: int) -> None:
        self._size = size
        self._owed = 0
        self.left = size

    def credit(self, amount: int) -> int:
        """Give back bytes that were used up; return the increment to announce now, or 0."""
        self._owed += amount
        if self._owed * 2 < self._size:
            return 0
        increment, self._owed = self._owed, 0
        self.left += increment
        return increment

    def widen(self, needed: int) -> int:
        """Make room for this many bytes to come; return the increment to announce now, or 0.

        One message that is larger than the window needs this, or many round trips.
        """
        increment = min(needed, LARGEST_WINDOW) - self.left
        if increment <= 0:
            return 0
        self.left += increment
        # What is announced ahead is not announced again when it is used up.
        self._owed -= increment
        return increment
