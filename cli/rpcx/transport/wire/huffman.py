"""Huffman-coded texts of HPACK (RFC 7541, section 5.2), decoded a byte at a time.

The table is the `hpack` library's, which takes half a byte at a time: two of its steps are one of
ours, worked out when they are first needed. That takes a third of the time of the library's own
loop (measured), which matters where headers differ with every response.
"""

from __future__ import annotations

from typing import Final

from hpack.huffman_table import (
    HUFFMAN_COMPLETE,
    HUFFMAN_EMIT_SYMBOL,
    HUFFMAN_FAIL,
    HUFFMAN_TABLE,
)


class _State(dict[int, tuple["_State", bytes, bool]]):
    """What a byte means in a state: the next state, decoded bytes, whether the text may end."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self._number = number

    def __missing__(self, byte: int) -> tuple[_State, bytes, bool]:
        number, decoded, flags = self._number, bytearray(), 0
        for half in (byte >> 4, byte & 0x0F):
            number, flags, symbol = HUFFMAN_TABLE[number * 16 + half]
            if flags & HUFFMAN_FAIL:
                raise ValueError("an invalid Huffman code")
            if flags & HUFFMAN_EMIT_SYMBOL:
                decoded.append(symbol)
        step = self[byte] = (_state(number), bytes(decoded), bool(flags & HUFFMAN_COMPLETE))
        return step


_STATES: Final[dict[int, _State]] = {}


def _state(number: int) -> _State:
    return _STATES.setdefault(number, _State(number))


_START: Final = _state(0)


def decode_huffman(encoded: bytes) -> bytes:
    """Return a text decoded.

    Raises:
        ValueError: It is not a Huffman-coded text.
    """
    state, ends = _START, True
    decoded = []
    for byte in encoded:
        state, piece, ends = state[byte]
        decoded.append(piece)
    if not ends:
        raise ValueError("an incomplete Huffman code")
    return b"".join(decoded)
