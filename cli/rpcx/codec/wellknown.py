"""The well-known types that JSON writes as one string: Timestamp, Duration, FieldMask.

The forms and their limits are those of the comments in google/protobuf/timestamp.proto,
duration.proto and field_mask.proto. A message that has no such form (a Timestamp in the year
30000, say) is a server's to send and ours to show: the printers return None for it, and it is
shown field by field.
"""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

from rpcx.codec.misfit import Misfit, wrong

_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_DAY = 86_400
_TIMESTAMP_RANGE = range(-62_135_596_800, 253_402_300_799 + 1)  # years 1 to 9999
_DURATION_MAX = 315_576_000_000  # seconds; some 10,000 years
_NANOS = 1_000_000_000

_TIMESTAMP = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?(?:Z|([-+])(\d\d):(\d\d))",
    re.ASCII,
)
_DURATION = re.compile(r"(-?)(\d{1,12})(?:\.(\d{1,9}))?s", re.ASCII)
_SNAKE = re.compile(r"_([a-z])")
_CAMEL = re.compile(r"[A-Z]")


def fill_timestamp(message: Any, value: Any) -> None:
    """Set a Timestamp from RFC 3339, as in "2026-01-02T03:04:05.678Z".

    Raises:
        Misfit: It is none, or not within the years 1 to 9999.
    """
    expected = 'a timestamp such as "2026-01-02T03:04:05.678Z"'
    match = _TIMESTAMP.fullmatch(value) if type(value) is str else None
    if match is None:
        raise wrong(expected, value)
    *date, fraction, sign, hours, minutes = match.groups()
    try:
        moment = dt.datetime(*map(int, date), tzinfo=dt.UTC)  # type: ignore[arg-type,misc] # six
    except ValueError:
        raise wrong(expected, value) from None
    passed = moment - _EPOCH
    seconds = passed.days * _DAY + passed.seconds
    if sign:
        offset = (int(hours) * 60 + int(minutes)) * 60
        seconds += offset if sign == "-" else -offset
    if seconds not in _TIMESTAMP_RANGE:
        raise wrong("a timestamp within the years 1 to 9999", value)
    message.seconds = seconds
    message.nanos = int((fraction or "").ljust(9, "0"))


def show_timestamp(message: Any) -> str | None:
    """Return a Timestamp as RFC 3339 in UTC, or None if it is beyond that."""
    seconds, nanos = message.seconds, message.nanos
    if seconds not in _TIMESTAMP_RANGE or not 0 <= nanos < _NANOS:
        return None
    moment = _EPOCH + dt.timedelta(*divmod(seconds, _DAY))
    return f"{moment.replace(tzinfo=None).isoformat()}{_fraction(nanos)}Z"


def fill_duration(message: Any, value: Any) -> None:
    """Set a Duration from decimal seconds, as in "1.5s".

    Raises:
        Misfit: It is none, or longer than 315,576,000,000 s.
    """
    match = _DURATION.fullmatch(value) if type(value) is str else None
    if match is None:
        raise wrong('a duration in seconds such as "1.5s"', value)
    sign = -1 if match[1] else 1
    seconds, nanos = int(match[2]), int((match[3] or "").ljust(9, "0"))
    if seconds > _DURATION_MAX or (seconds == _DURATION_MAX and nanos):
        raise wrong(f"a duration of at most {_DURATION_MAX}s", value)
    message.seconds, message.nanos = sign * seconds, sign * nanos


def show_duration(message: Any) -> str | None:
    """Return a Duration as decimal seconds, or None if it is invalid."""
    seconds, nanos = message.seconds, message.nanos
    if abs(seconds) > _DURATION_MAX or abs(nanos) >= _NANOS or seconds * nanos < 0:
        return None
    sign = "-" if seconds < 0 or nanos < 0 else ""
    return f"{sign}{abs(seconds)}{_fraction(abs(nanos))}s"


def _fraction(nanos: int) -> str:
    """Return a decimal fraction in 0, 3, 6 or 9 digits, whichever is exact first."""
    if not nanos:
        return ""
    digits = f"{nanos:09d}"
    while digits.endswith("000"):
        digits = digits[:-3]
    return f".{digits}"


def fill_field_mask(message: Any, value: Any) -> None:
    """Set a FieldMask from comma-separated paths in lowerCamelCase.

    Raises:
        Misfit: It is no string, or a path is not in lowerCamelCase.
    """
    if type(value) is not str:
        raise wrong("a string of field paths separated by commas", value)
    for path in value.split(",") if value else ():
        if "_" in path or not path:
            raise wrong("field paths in lowerCamelCase separated by commas", value)
        try:
            message.paths.append(_CAMEL.sub(lambda match: "_" + match.group().lower(), path))
        except UnicodeEncodeError:
            raise Misfit("the field path holds half of a surrogate pair") from None


def show_field_mask(message: Any) -> str | None:
    """Return a FieldMask's paths in lowerCamelCase, or None if one would not come back."""
    shown = []
    for path in message.paths:
        camel = _SNAKE.sub(lambda match: match[1].upper(), path)
        if not path or "," in path or _CAMEL.search(path) or "_" in camel:
            return None
        shown.append(camel)
    return ",".join(shown)
