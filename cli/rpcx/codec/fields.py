"""One field of a serialised message, by its path."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rpcx.codec.descriptors import is_repeated
from rpcx.codec.repair import BrokenError, Repair
from rpcx.errors import UsageError
from rpcx.words.printable import printable
from rpcx.words.suggestions import alternatives

if TYPE_CHECKING:
    from collections.abc import Callable

    from google.protobuf.descriptor import Descriptor


def field_reader(message: Descriptor, path: str, option: str) -> Callable[[bytes], Any]:
    """Return the function that reads a field out of a message's bytes.

    It gives a number, a string, bytes or a boolean, the default where the field is not set; None
    for bytes that are not such a message.

    Args:
        message: The message's type.
        path: The field's name, and behind dots that of one inside it.
        option: What asks, for a sentence.

    Raises:
        UsageError: There is no such field, or it has no single value.
    """
    steps: list[str] = []
    at: Descriptor | None = message
    for name in path.split("."):
        if at is None:
            raise UsageError(
                f"{option} {printable(path)!r}: {steps[-1]!r} is no message, so it has no field"
                f" {printable(name)!r}"
            )
        field = at.fields_by_name.get(name) or at.fields_by_camelcase_name.get(name)
        if field is None:
            names = [field.name for field in at.fields]
            raise UsageError(
                f"{option} {printable(path)!r}: {printable(name)!r} is no field of"
                f" {at.full_name}{alternatives(name, names, 'fields')}"
            )
        if is_repeated(field):
            raise UsageError(
                f"{option} {printable(path)!r}: {field.name!r} is repeated; name a field that has"
                " one value"
            )
        steps.append(field.name)
        at = field.message_type
    if at is not None:
        names = [field.name for field in at.fields]
        raise UsageError(
            f"{option} {printable(path)!r} is a message, {at.full_name}; name one of its fields"
            f"{alternatives('', names, 'fields')}"
        )
    parse = Repair().parse

    def read(data: bytes) -> Any:
        try:
            value: Any = parse(message, data)
        except BrokenError:
            return None
        for step in steps:
            value = getattr(value, step)
        return value

    return read
