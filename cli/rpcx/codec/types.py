"""The types that a message may name only when it is read: what is in an Any, extensions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from rpcx.codec.builtin import message_type

if TYPE_CHECKING:
    from collections.abc import Callable

    from google.protobuf.descriptor import Descriptor, FieldDescriptor
    from google.protobuf.descriptor_pool import DescriptorPool

    Find = Callable[[str], bool]
    """Tries to bring the file that defines a symbol into the pool; tells whether it is there."""

_MOST_ABSENT = 1000
"""Names that may prove unknown before asking is given up: a server may make up ever new ones."""


class Types:
    """Finds types by name in a pool, and beyond it where there is something to ask.

    Args:
        pool: The schema's own.
        find: Asked once for each name that the pool lacks.
    """

    def __init__(self, pool: DescriptorPool, find: Find | None = None) -> None:
        self.pool = pool
        self._find = find
        self._absent: set[str] = set()

    def message(self, name: str) -> Descriptor | None:
        """Return the message type of that full name, if it is known; the well-known are."""
        found: Descriptor | None = self._look_up(self.pool.FindMessageTypeByName, name)
        return message_type(name) if found is None else found

    def extension(self, extended: Descriptor, name: str) -> FieldDescriptor | None:
        """Return the extension of that full name, if it is known and extends that message."""
        if not extended.is_extendable:
            return None
        field: FieldDescriptor | None = self._look_up(self.pool.FindExtensionByName, name)
        if field is None or cast("Descriptor", field.containing_type) != extended:
            return None
        return field

    def _look_up(self, look_up: Callable[[str], Any], name: str) -> Any:
        try:
            return look_up(name)
        except (KeyError, UnicodeEncodeError):
            pass
        if self._find is None or name in self._absent or len(self._absent) >= _MOST_ABSENT:
            return None
        if self._find(name):
            return self._look_up_again(look_up, name)
        self._absent.add(name)
        return None

    @staticmethod
    def _look_up_again(look_up: Callable[[str], Any], name: str) -> Any:
        try:
            return look_up(name)
        except KeyError:  # the name is something else's
            return None
