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

from rpcx.codec.misfit import wrong

_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_EPOCH_DAY = _EPOCH.toordinal()
_DAY = 86_400
_TIMESTAMP_RANGE = range(-62_135_596_800, 253_402_300_799 + 1)  # years 1 to 9999
_DURATION_MAX = 315_576_000_000  # seconds; some 10,000 years
_NANOS = 1_000_000_000

_TIMESTAMP = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)T([01]\d|2[0-3]):([0-5]\d):([0-5]\d)(?:\.(\d{1,9}))?"
    r"(?:Z|([-+])([01]\d|2[0-3]):([0-5]\d))",
    re.ASCII,
)
_DURATION = re.compile(r"(-?)(\d{1,12})(?:\.(\d{1,9}))?s", re.ASCII)
_SNAKE = re.compile(r"_([a-z])")
_CAMEL = re.compile(r"[A-Z]")
_PATH = re.compile(r"[A-Za-z0-9*]+(?:\.[A-Za-z0-9*]+)*")
"""Names in lowerCamelCase with dots between them; `*` stands for all, as in google.aip.dev/161."""


def fill_timestamp(message: Any, value: Any) -> None:
    """Set a Timestamp from RFC 3339, as in "2026-01-02T03:04:05.678Z".

    Raises:
        Misfit: It is none, or not within the years 1 to 9999.
    """
    expected = 'a timestamp such as "2026-01-02T03:04:05.678Z"'
    match = _TIMESTAMP.fullmatch(value) if type(value) is str else None
    if match is None:
        raise wrong(expected, value)
    year, month, day, hour, minute, second, fraction, sign, hours, minutes = match.groups()
    try:
        days = dt.date(int(year), int(month), int(day)).toordinal() - _EPOCH_DAY
    except ValueError:
        raise wrong(expected, value) from None
    seconds = days * _DAY + int(hour) * 3600 + int(minute) * 60 + int(second)
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
    paths = value.split(",") if value else []
    if not all(map(_PATH.fullmatch, paths)):
        raise wrong('field paths in lowerCamelCase such as "name,address.zipCode"', value)
    message.paths.extend(map(_snake, paths))


def show_field_mask(message: Any) -> str | None:
    """Return a FieldMask's paths in lowerCamelCase, or None if one would not come back."""
    shown = []
    for path in message.paths:
        camel = _SNAKE.sub(lambda match: match[1].upper(), path)
        if not _PATH.fullmatch(camel) or _snake(camel) != path:
            return None
        shown.append(camel)
    return ",".join(shown)


def _snake(path: str) -> str:
    return _CAMEL.sub(lambda match: f"_{match.group().lower()}", path)
