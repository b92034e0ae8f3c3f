"""The order in which a message's parts are written so that protoc makes the same descriptor.

A map and a group make a nested type where they stand. Nested types are numbered in the order
in which protoc meets them; so are fields, and so are extensions. All three orders hold if a
part that makes a type is written when that type's turn has come, together with the parts of
its own kind before it.
"""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


class Part(enum.Enum):
    """What a step writes."""

    MESSAGE = enum.auto()
    FIELDS = enum.auto()
    EXTENSIONS = enum.auto()


class Step(NamedTuple):
    """The parts of one kind from `start` to before `stop`, by their place in the descriptor."""

    part: Part
    start: int
    stop: int


def steps(
    nested: Sequence[str], fields: Sequence[str | None], extensions: Sequence[str | None]
) -> Iterator[Step]:
    """Yield the steps that write every part once.

    Args:
        nested: Names of the nested types, in order.
        fields: For each field, the name of the nested type that it makes, if it makes one.
        extensions: The same for each extension.
    """
    done = {Part.FIELDS: 0, Part.EXTENSIONS: 0}
    makers = {
        name: (part, index)
        for part, made in ((Part.EXTENSIONS, extensions), (Part.FIELDS, fields))
        for index, name in enumerate(made)
        if name is not None
    }
    for index, name in enumerate(nested):
        if name not in makers:
            yield Step(Part.MESSAGE, index, index + 1)
            continue
        part, maker = makers[name]
        if maker >= done[part]:
            yield Step(part, done[part], maker + 1)
            done[part] = maker + 1
    yield Step(Part.FIELDS, done[Part.FIELDS], len(fields))
    yield Step(Part.EXTENSIONS, done[Part.EXTENSIONS], len(extensions))
