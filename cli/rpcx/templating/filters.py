"""The filters and tests of expressions: Jinja's names and meanings, within bounds.

Each refuses values of types that it is not made for. None makes more than some characters for
each character that it is given, but for those that work out the size first.
"""

from __future__ import annotations

import math
import random
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote, quote_plus

from jinja2 import Undefined

from rpcx.templating.bounds import ExpressionError, check_size, json_of, text_of

if TYPE_CHECKING:
    from collections.abc import Callable

_MOST_PLACES: Final = 300
_MOST_INDENT: Final = 16
_ROUNDINGS: Final[dict[str, Callable[[Any], Any]]] = {
    "common": round,
    "ceil": math.ceil,
    "floor": math.floor,
}
_chance = random.Random()  # noqa: S311 -- test data


def number(value: Any, what: str) -> Any:
    """Return a number; the name of who takes it is for the sentence.

    Raises:
        ExpressionError: It is not a number.
        UndefinedError: There is no value.
    """
    if isinstance(value, Undefined):
        str(value)  # raises: its sentence says what is missing
    if not isinstance(value, int | float):
        raise ExpressionError(f"{what} takes numbers")
    return value


def whole(value: Any, what: str, least: int, most: int) -> int:
    """Return a whole number within bounds; raises as `number`."""
    if not isinstance(value, int) or not least <= value <= most:
        raise ExpressionError(f"{what} is a whole number from {least:,} to {most:,}")
    return value


def _items(value: Any, what: str) -> Any:
    """Return a string or a list."""
    if isinstance(value, Undefined):
        str(value)  # raises, as above
    if not isinstance(value, str | list | tuple):
        raise ExpressionError(f"{what} takes a string or a list")
    return value


def _first(value: Any) -> Any:
    return _one(_items(value, "first"), 0)


def _last(value: Any) -> Any:
    return _one(_items(value, "last"), -1)


def _one(items: Any, index: int) -> Any:
    if not items:
        raise ExpressionError("there is no element in what is empty")
    return items[index]


def _random(value: Any) -> Any:
    return _chance.choice(_items(value, "random"))


def _length(value: Any) -> int:
    return len(value if isinstance(value, Mapping) else _items(value, "length"))


def _default(value: Any, default_value: Any = "", boolean: Any = False) -> Any:
    undefined = isinstance(value, Undefined)
    return default_value if undefined or (boolean and not value) else value


def _int(value: Any, default: Any = 0, base: Any = 10) -> Any:
    try:
        return int(value, base) if isinstance(value, str) else int(number(value, "int"))
    except (ValueError, OverflowError):
        pass
    try:
        return int(float(value))
    except (ValueError, OverflowError):
        return default


def _float(value: Any, default: Any = 0.0) -> Any:
    try:
        return float(value if isinstance(value, str) else number(value, "float"))
    except (ValueError, OverflowError):
        return default


def _round(value: Any, precision: Any = 0, method: Any = "common") -> Any:
    places = whole(precision, "the precision of round", -_MOST_PLACES, _MOST_PLACES)
    if method not in _ROUNDINGS:
        raise ExpressionError(f"round takes one of {', '.join(_ROUNDINGS)}")
    if method == "common":
        return round(float(number(value, "round")), places)
    factor: float = 10.0**places
    return _ROUNDINGS[method](number(value, "round") * factor) / factor


def _replace(value: Any, old: Any, new: Any, count: Any = -1) -> str:
    text, before, after = text_of(value), text_of(old), text_of(new)
    found = text.count(before)
    check_size(len(text) + found * max(len(after) - len(before), 0))
    return text.replace(before, after, -1 if count is None else int(number(count, "replace")))


def _tojson(value: Any, indent: Any = None) -> str:
    if indent is not None:
        indent = whole(indent, "the indent of tojson", 0, _MOST_INDENT)
    return json_of(value, indent)


def _trim(value: Any, chars: Any = None) -> str:
    return text_of(value).strip(None if chars is None else text_of(chars))


def _truncate(
    value: Any, length: Any = 255, killwords: Any = False, end: Any = "...", leeway: Any = 5
) -> str:
    text, tail = text_of(value), text_of(end)
    length, leeway = int(number(length, "truncate")), int(number(leeway, "truncate"))
    if length < len(tail):
        raise ExpressionError(f"truncate takes at least the {len(tail):,} characters of its end")
    if len(text) <= length + leeway:
        return text
    kept = text[: length - len(tail)]
    return (kept if killwords else kept.rsplit(" ", 1)[0]) + tail


def _urlencode(value: Any) -> str:
    if isinstance(value, Mapping):
        pairs = value.items()
        return "&".join(f"{quote_plus(key)}={quote_plus(text_of(one))}" for key, one in pairs)
    return quote(text_of(value), safe="/")


def _extreme(choose: Callable[[Any], Any], name: str) -> Callable[[Any], Any]:
    return lambda value: choose(_items(value, name)) if value else _one(value, 0)


FILTERS: Final[dict[str, Callable[..., Any]]] = {
    "abs": lambda value: abs(number(value, "abs")),
    "capitalize": lambda value: text_of(value).capitalize(),
    "default": _default,
    "first": _first,
    "float": _float,
    "int": _int,
    "last": _last,
    "length": _length,
    "lower": lambda value: text_of(value).lower(),
    "max": _extreme(max, "max"),
    "min": _extreme(min, "min"),
    "random": _random,
    "replace": _replace,
    "round": _round,
    "string": text_of,
    "tojson": _tojson,
    "trim": _trim,
    "truncate": _truncate,
    "upper": lambda value: text_of(value).upper(),
    "urlencode": _urlencode,
}

TESTS: Final[dict[str, Callable[..., bool]]] = {
    "boolean": lambda value: isinstance(value, bool),
    "defined": lambda value: not isinstance(value, Undefined),
    "divisibleby": lambda value, by: number(value, "divisibleby") % number(by, "divisibleby") == 0,
    "even": lambda value: number(value, "even") % 2 == 0,
    "mapping": lambda value: isinstance(value, Mapping),
    "none": lambda value: value is None,
    "number": lambda value: isinstance(value, int | float) and not isinstance(value, bool),
    "odd": lambda value: number(value, "odd") % 2 == 1,
    "string": lambda value: isinstance(value, str),
    "undefined": lambda value: isinstance(value, Undefined),
}
