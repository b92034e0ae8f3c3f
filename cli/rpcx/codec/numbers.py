"""Numbers of JSON, exactly as they were written.

The law: a number is never sent as another one. An integer keeps its value in every spelling
(`1e3`, `1000.0`, `"1000"`), or it is refused. A floating-point field takes the nearest value,
as everywhere, but not where that would change the integer part of a number that is written
out: `9007199254740993` in a double is an identifier that would become another. Nor does a
number become infinite, or 0.

Python's scanner reads fast and rounds. So documents are read with floats first; where a
reader cannot know what was written, it raises `RoundedError`, and the document is read again
with each such number as a `Number`.
"""

from __future__ import annotations

import datetime as dt
import json
import math
import re
import struct
from typing import Any, Final, NamedTuple

_LITERAL: Final = re.compile(r"(-?)([0-9]+)(?:\.([0-9]+))?(?:[eE]([-+]?)0*([0-9]*))?")
_MOST_DIGITS: Final = 20  # of an integer that fits any field
_LARGEST_POWER: Final = 10**9  # an exponent beyond this has the same effect
_TINY: Final = re.compile(r"[eE]-0*[1-9][0-9][0-9]|0{24}")
_ZEROS: Final = "0" * 24
_SINGLE: Final = struct.Struct("<f")


class RoundedError(Exception):
    """A number was read as a float, and what was written matters."""


class Number(float):
    """A JSON number with a fraction or an exponent.

    Attributes:
        text: As it was written.
    """

    __slots__ = ("text",)
    text: str

    def __str__(self) -> str:
        """Return the number as it was written."""
        return self.text


def number(text: str) -> Number:
    """Return the number that `text` is."""
    made = Number(text)
    made.text = text
    return made


def exact_json(value: Any) -> str:
    """Return the JSON of a value; a `Number` keeps its digits, and times of TOML are RFC 3339."""
    if isinstance(value, dict):
        members = (f"{json.dumps(key)}: {exact_json(item)}" for key, item in value.items())
        return f"{{{', '.join(members)}}}"
    if isinstance(value, list):
        return f"[{', '.join(map(exact_json, value))}]"
    if isinstance(value, dt.date | dt.time):
        return json.dumps(value.isoformat())
    if isinstance(value, float):
        words = {"inf": "Infinity", "-inf": "-Infinity", "nan": "NaN", "-nan": "NaN"}
        return str(value) if math.isfinite(value) else json.dumps(words.get(str(value), str(value)))
    return json.dumps(value)


class Kind(NamedTuple):
    """A floating-point type.

    Attributes:
        name: In a sentence.
        least: From here on, nothing is rounded to 0.
        integers: Below this it holds every integer exactly.
        overflow: From here on, rounding gives infinity.
        largest: The largest number that it holds.
    """

    name: str
    least: float
    integers: float
    overflow: float
    largest: str


DOUBLE: Final = Kind("double", 2.0**-1074, 2.0**53, math.inf, "1.7976931348623157e308")
FLOAT: Final = Kind("float", 2.0**-149, 2.0**24, (2 - 2**-24) * 2.0**127, "3.4028235e38")


class _Decimal(NamedTuple):
    """A number: its digits, without zeros at either end, times a power of ten."""

    sign: str
    digits: str
    power: int


def _decimal(text: str) -> _Decimal:
    match = _LITERAL.fullmatch(text)
    if match is None:
        raise ValueError(text)
    sign, integer, fraction, direction, exponent = match.groups(default="")
    power = int(exponent or 0) if len(exponent) < len(str(_LARGEST_POWER)) else _LARGEST_POWER
    digits = (integer + fraction).lstrip("0")
    significant = digits.rstrip("0")
    shift = len(digits) - len(significant) - len(fraction)
    return _Decimal(sign, significant, shift + (-power if direction == "-" else power))


def whole(text: str) -> int | None:
    """Return the integer that a JSON number is, or None if it is not one or has over 20 digits."""
    sign, digits, power = _decimal(text)
    if not digits:
        return 0
    if power < 0 or len(digits) + power > _MOST_DIGITS:
        return None
    return int(sign + digits) * int(10**power)


def may_be_too_small(text: str) -> bool:
    """Return whether a JSON text may have a number that a float makes 0, and that is not 0.

    That takes an exponent below -99, or a long row of zeros.
    """
    return ("e-" in text or "E-" in text or _ZEROS in text) and _TINY.search(text) is not None


def held(kind: Kind, text: str) -> float | str:
    """Return what a field of this kind holds of a JSON number, or why it cannot hold it."""
    value = float(text)
    if abs(value) >= kind.overflow:
        return f"is too large for a {kind.name}; the largest is {kind.largest}"
    rounded = value if kind is DOUBLE else _SINGLE.unpack(_SINGLE.pack(value))[0]
    if rounded == 0 and _decimal(text).digits:
        return f"is too small for a {kind.name}, which would hold 0"
    if abs(value) >= kind.integers and _is_changed(text, rounded):
        return (
            f"would be sent as {rounded:.0f}, the nearest that a {kind.name} holds; write that if"
            " it will do"
        )
    return value


def _is_changed(text: str, rounded: float) -> bool:
    """Return whether a number that was written out is another one once it is rounded.

    `rounded` has no fraction: it is beyond the integers that its type holds exactly.
    """
    sign, digits, power = _decimal(text)
    if power > 0 and "e" in text.lower():
        return False  # floating-point notation, which claims no digits that it does not have
    if power < 0:
        integer = int(sign + digits[:power])
        return not 0 <= abs(int(rounded)) - abs(integer) <= 1
    if int(rounded) == int(sign + digits) * 10**power:
        return False
    # Programs print the shortest digits that lead back to a double, and fill up with zeros.
    shortest, _, _ = f"{abs(rounded):.{len(digits) - 1}e}".partition("e")
    return shortest.replace(".", "").rstrip("0") != digits
