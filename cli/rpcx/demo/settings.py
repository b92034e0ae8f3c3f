"""What the demo server is told to do to every call, and the ways to say it.

One spelling serves three places: the options of `rpcx serve` (`--max-handlers 4`), the
query of a target (`demo?max-handlers=4`) and the argument of the child process.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import parse_qsl, urlencode

from rpcx.errors import UsageError
from rpcx.results import Status
from rpcx.words.durations import parse_duration

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

DETAIL_TYPES = (
    "ErrorInfo",
    "BadRequest",
    "RetryInfo",
    "QuotaFailure",
    "PreconditionFailure",
    "ResourceInfo",
    "Help",
    "LocalizedMessage",
)
"""The messages of google/rpc/error_details.proto that a failure can carry."""

MOST = 1_000_000
"""No count in these settings is higher: whatever the demo sends is bounded."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class DemoSettings:
    """How the demo server treats every call of its greeter, echo and route guide.

    Attributes:
        delay: Seconds that a handler waits before each response.
        max_handlers: How many handlers run at once, None for any number; those in excess
            queue in the order in which they came.
        max_streams: How many calls one connection may have open, None for gRPC's own limit.
        status: What calls end with.
        status_message: The message of a failing status.
        status_details: The `DETAIL_TYPES` that a failing status carries.
        status_after: How many responses a stream sends before it fails.
        status_every: Only one call in so many fails; 1 means all of them.
        stall: Seconds for which the server, once, sends no response at all.
        stall_after: Seconds from the first call to that stall.

    Raises:
        UsageError: A value is outside its range.
    """

    delay: float = 0.0
    max_handlers: int | None = None
    max_streams: int | None = None
    status: Status = Status.OK
    status_message: str = ""
    status_details: tuple[str, ...] = ("ErrorInfo",)
    status_after: int = 0
    status_every: int = 1
    stall: float = 0.0
    stall_after: float = 0.0

    def __post_init__(self) -> None:
        for name, least in (
            ("max_handlers", 1),
            ("max_streams", 1),
            ("status_after", 0),
            ("status_every", 1),
        ):
            value = getattr(self, name)
            if value is not None and not least <= value <= MOST:
                raise UsageError(
                    f"{_spelling(name)}: {value} is out of range; {least} to {MOST} will do"
                )

    @classmethod
    def parse(cls, pairs: Iterable[tuple[str, str]], *, prefix: str = "") -> Self:
        """Build settings from their spelling.

        Args:
            pairs: Names such as `max-handlers`, each with the text of its value.
            prefix: What stands before a name where the user sees it: `--` for options.

        Raises:
            UsageError: There is no such name, or the value does not suit it.
        """
        values: dict[str, Any] = {}
        for name, text in pairs:
            if name not in _PARSERS:
                raise UsageError(
                    f"{name!r} is no setting of the demo server; it has {', '.join(_PARSERS)}"
                )
            values[name.replace("-", "_")] = _PARSERS[name](text, prefix + name)
        return cls(**values)

    @classmethod
    def from_query(cls, query: str) -> Self:
        """Build settings from the query of a target: `delay=20ms&max-handlers=4`.

        Raises:
            UsageError: The query cannot be read, or `parse` refuses a part of it.
        """
        try:
            pairs = parse_qsl(query, keep_blank_values=True, strict_parsing=bool(query))
        except ValueError:
            raise UsageError(
                f"{query!r} are no settings; write demo?delay=20ms&max-handlers=4"
            ) from None
        return cls.parse(pairs)

    def query(self) -> str:
        """The query that `from_query` turns back into these settings."""
        return urlencode(
            {
                _spelling(field.name): _text(getattr(self, field.name))
                for field in dataclasses.fields(self)
                if getattr(self, field.name) != field.default
            }
        )


def parse_status(text: str, what: str = "") -> Status:
    """Read a gRPC status by its name, in either case, or by its number.

    Raises:
        UsageError: There is no such status.
    """
    wanted = text.strip().upper().replace("-", "_")
    for status in Status:
        if wanted in (status.name, str(status.value)):
            return status
    about = f"{what}: " if what else ""
    raise UsageError(
        f"{about}{text!r} is no gRPC status; there are {', '.join(s.name for s in Status)}"
    )


def parse_details(text: str, what: str = "") -> tuple[str, ...]:
    """Read a comma-separated list of `DETAIL_TYPES`, or `none`.

    Raises:
        UsageError: One of them is not known.
    """
    names = tuple(part.strip() for part in text.split(","))
    if names in (("none",), ("",)):
        return ()
    for name in names:
        if name not in DETAIL_TYPES:
            about = f"{what}: " if what else ""
            raise UsageError(
                f"{about}{name!r} is no detail the demo server knows; "
                f"it has {', '.join(DETAIL_TYPES)} and none"
            )
    return names


def parse_count(text: str, what: str = "") -> int:
    """Read a whole number from 0 to `MOST`.

    Raises:
        UsageError: The text is something else.
    """
    stripped = text.strip()
    if not (stripped.isascii() and stripped.isdigit() and int(stripped[:20]) <= MOST):
        about = f"{what}: " if what else ""
        raise UsageError(f"{about}{text!r} is no count; write a whole number up to {MOST}")
    return int(stripped[:20])


def _plain(text: str, _what: str) -> str:
    return text


_PARSERS: dict[str, Callable[[str, str], object]] = {
    "delay": parse_duration,
    "max-handlers": parse_count,
    "max-streams": parse_count,
    "status": parse_status,
    "status-message": _plain,
    "status-details": parse_details,
    "status-after": parse_count,
    "status-every": parse_count,
    "stall": parse_duration,
    "stall-after": parse_duration,
}


def _spelling(name: str) -> str:
    return name.replace("_", "-")


def _text(value: object) -> str:
    match value:
        case Status():
            return value.name
        case tuple():
            return ",".join(value) or "none"
        case float():
            return f"{value:.9f}"
        case _:
            return str(value)
