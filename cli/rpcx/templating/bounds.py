"""What an expression may make, and how much work one filling-in may cost.

The law: every operation takes values of the types that it names, and refuses others: Python
would give `%`, `*` and many a filter another meaning for a string, and with it a cost without
limit. Every result is measured; no single one is longer than `LONGEST`, all of one filling-in
together no longer than `MOST`. Whatever can make a result much larger than what it is given
works out the size first.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from jinja2 import Undefined

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

LONGEST: Final = 4 * 1024 * 1024
"""No text is longer, in characters: it is gRPC's own limit for a message."""

MOST: Final = 4 * LONGEST
"""What all results of one filling-in may come to, in characters, digits and elements."""


class ExpressionError(Exception):
    """An expression cannot be worked out; the text says why, as the end of a sentence."""


class Scope:
    """One filling-in: the values that names have, and what may still be spent.

    Args:
        values: The values.
    """

    __slots__ = ("_left", "values")

    def __init__(self, values: Mapping[str, Any]) -> None:
        self.values = values
        self._left = MOST

    def bounded(self, value: Any) -> Any:
        """Return a result, once its size is known to be allowed.

        Raises:
            ExpressionError: It is too large, or all results together are.
        """
        size = size_of(value)
        check_size(size)
        self._left -= size + 1
        if self._left < 0:
            raise ExpressionError(f"it takes more than {MOST:,} characters to work it out")
        return value


class Function:
    """A function that expressions may call.

    Args:
        example: A call of it, for the sentence that asks for one.
        work: What it does; it refuses what it cannot take with a TypeError or ValueError.
    """

    def __init__(self, example: str, work: Callable[..., Any]) -> None:
        self.example = example
        self.work = work


class Names(Mapping[str, str]):
    """A mapping whose missing keys say what would work.

    Args:
        values: What there is.
        missing: What to say, with `{}` for the key.
        example: How one of its values is named, for the sentence that asks for it.
    """

    def __init__(self, values: Mapping[str, str], missing: str, example: str) -> None:
        self._values = values
        self._missing = missing
        self.example = example

    def __getitem__(self, key: str) -> str:
        if key not in self._values:
            raise ExpressionError(self._missing.format(key))
        return self._values[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)


def check_size(size: int) -> None:
    """Refuse what is too large, before or after it is made.

    Raises:
        ExpressionError: It is.
    """
    if size > LONGEST:
        raise ExpressionError(f"it becomes longer than {LONGEST:,} characters")


def size_of(value: Any) -> int:
    """Return how large a value is: characters, bits of an integer, elements with their contents."""
    if isinstance(value, str):
        return len(value)
    if isinstance(value, int):
        return value.bit_length()
    if isinstance(value, list | tuple):
        return len(value) + sum(map(size_of, value))
    if isinstance(value, Mapping) and not isinstance(value, Names):
        return len(value) + sum(map(size_of, value)) + sum(map(size_of, value.values()))
    return 1


def text_of(value: Any) -> str:
    """Return a value as JSON writes it, a string without its quotes.

    Raises:
        ExpressionError: It is not a value but a function, or a mapping to be looked into.
        UndefinedError: There is no value.
    """
    if isinstance(value, str):
        return value
    if isinstance(value, Undefined) or (
        isinstance(value, int | float) and not isinstance(value, bool)
    ):
        return str(value)
    return json_of(value)


def json_of(value: Any, indent: int | None = None) -> str:
    """Return a value as JSON.

    Raises:
        ExpressionError: It is not a value, or has something in it that is not.
        UndefinedError: There is no value.
    """
    return json.dumps(value, indent=indent, default=_as_value)


def _as_value(value: Any) -> Any:
    """Return what `json` knows in place of a value that it does not."""
    if isinstance(value, Function | Names):
        raise ExpressionError(f"that is not a value; write {{{{{value.example}}}}}")
    if isinstance(value, Undefined):
        str(value)  # raises: its sentence says what is missing
    if isinstance(value, Mapping):
        return dict(value)
    raise ExpressionError(f"a {type(value).__name__} is not a value that can be written")
