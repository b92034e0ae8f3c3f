"""Whether a message has the fields that somebody expects, others left open.

Both are compared as the JSON that rpcx itself writes, with every default shown: so it does
not matter how the expectation spells a field, a number or an enum's value.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import orjson

from rpcx.codec.json import JsonEncoder, json_decoder
from rpcx.errors import DataError
from rpcx.words.printable import printable, quoted

if TYPE_CHECKING:
    from collections.abc import Callable

    from google.protobuf.descriptor import Descriptor
    from google.protobuf.descriptor_pool import DescriptorPool

_SNAKE = re.compile(r"_+([a-zA-Z0-9])")
_UNSET = object()


class MessageMatchers:
    """Makes functions that compare messages of one type with what is expected of them.

    Args:
        descriptor: The type.
        pool: Where types in an Any are looked up.
    """

    def __init__(self, descriptor: Descriptor, pool: DescriptorPool) -> None:
        self._encoder = JsonEncoder(descriptor, pool)
        self._decode = json_decoder(descriptor, pool, emit_defaults=True)

    def matcher(self, value: Any, line: int) -> Callable[[bytes], str | None]:
        """The function for an expectation: a JSON object with the fields that matter.

        It says where a message differs and how, None where it does not. An object's fields are
        looked at one by one, arrays as a whole; null stands for a field that is not set.

        Raises:
            DataError: The expectation is no message of the type.
        """
        wanted = orjson.loads(self._decode(self._encoder.build(value, line)))

        def difference(message: bytes) -> str | None:
            try:
                got = orjson.loads(self._decode(message))
            except DataError as error:
                return str(error)
            return _difference(value, wanted, got, "")

        return difference


def _difference(named: Any, wanted: Any, got: Any, path: str) -> str | None:
    """Where `got` differs from `wanted` in what is `named`, as the user wrote it."""
    if isinstance(named, dict) and isinstance(wanted, dict) and isinstance(got, dict):
        for key, inner in named.items():
            written = key if key in wanted or key in got else _camel(key)
            there = f"{path}.{key}" if path else key
            found = _difference(inner, wanted.get(written, _UNSET), got.get(written, _UNSET), there)
            if found is not None:
                return found
        return None
    if isinstance(named, list) and isinstance(wanted, list) and isinstance(got, list):
        if len(wanted) != len(got):
            return f"{printable(path)} has {len(got)} elements, not {len(wanted)}"
        for index, (one, two, three) in enumerate(zip(named, wanted, got, strict=True)):
            found = _difference(one, two, three, f"{path}[{index}]")
            if found is not None:
                return found
        return None
    if wanted == got:
        return None
    expected = named if isinstance(wanted, dict) else wanted
    return f"{printable(path) or 'the message'} is {_shown(got)}, expected {_shown(expected)}"


def _camel(name: str) -> str:
    return _SNAKE.sub(lambda match: match[1].upper(), name)


def _shown(value: Any) -> str:
    if value is _UNSET:
        return "not set"
    return quoted(value) if isinstance(value, str) else printable(orjson.dumps(value).decode())
