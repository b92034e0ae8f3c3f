"""Whether bytes are a message: a look-up where they repeat, a parse where they do not."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from google.protobuf.message import DecodeError
from google.protobuf.message_factory import GetMessageClass

from rpcx.codec.json import json_decoder
from rpcx.errors import DataError
from rpcx.words.printable import printable

if TYPE_CHECKING:
    from collections.abc import Callable

    from google.protobuf.descriptor import Descriptor
    from google.protobuf.descriptor_pool import DescriptorPool

_MOST: Final = 1024
_LONGEST: Final = 1024
"""At most this many messages are kept, of at most this many bytes: one megabyte."""

_REPLACEMENT: Final = "\ufffd"


class Verifier:
    """Says what is wrong with the bytes of a message.

    Args:
        descriptor: The type of the messages.
        pool: Where its descriptor is from.

    Attributes:
        known: Messages that are right, a bounded number of them, and None, which stands for no
            message at all. What is in there need not be asked about.
    """

    def __init__(self, descriptor: Descriptor, pool: DescriptorPool) -> None:
        self._descriptor = descriptor
        self._pool = pool
        self._parse: Callable[[bytes], Any] = GetMessageClass(descriptor).FromString
        self.known: set[bytes | None] = {None}

    def fault(self, message: bytes) -> str | None:
        """Return why the message cannot be decoded, as the end of a sentence; None if it can."""
        try:
            self._parse(message)
        except DecodeError:
            return self._reason(message)
        if len(message) <= _LONGEST:
            if len(self.known) > _MOST:
                self.known.clear()
                self.known.add(None)
            self.known.add(message)
        return None

    def _reason(self, message: bytes) -> str:
        try:
            view = json_decoder(self._descriptor, self._pool)(message)
        except DataError as error:
            return str(error)
        place = _replaced(json.loads(view))
        where = f"the string {printable(place)!r}" if place else "a string"
        return f"{where} of {self._descriptor.full_name} is not valid UTF-8"


def _replaced(value: Any, path: str = "") -> str | None:
    """Return the path of the first string in which something was replaced; None for none."""
    if isinstance(value, str):
        return path if _REPLACEMENT in value else None
    if isinstance(value, dict):
        for key, inner in value.items():
            found = _replaced(inner, f"{path}.{key}" if path else key)
            if found is not None or _REPLACEMENT in key:
                return found or path
    if isinstance(value, list):
        for index, inner in enumerate(value):
            found = _replaced(inner, f"{path}[{index}]")
            if found is not None:
                return found
    return None
