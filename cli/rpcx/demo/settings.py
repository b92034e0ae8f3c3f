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
        f"{about}{text!r} is not a gRPC status; give one of {', '.join(s.name for s in Status)}"
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
                f"{about}{name!r} is not a detail that the demo server knows; "
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
        raise UsageError(f"{about}{text!r} is not a count; give a whole number up to {MOST}")
    return int(stripped[:20])


def _plain(text: str, _what: str) -> str:
    return text


def _setting(default: Any, parse: Callable[[str, str], object], metavar: str, text: str) -> Any:
    """Return a field that knows how its value is read and what it does."""
    return dataclasses.field(
        default=default, metadata={"parse": parse, "metavar": metavar, "help": text}
    )


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class DemoSettings:
    """How the demo server treats every call of its greeter, echo and route guide.

    The help of each field says what it does. Durations are in seconds; None is without a limit.

    Raises:
        UsageError: A value is outside its range.
    """

    delay: float = _setting(0.0, parse_duration, "DURATION", "Wait this long before each response.")
    max_handlers: int | None = _setting(
        None, parse_count, "N", "Run at most N handlers at once; calls in excess queue."
    )
    max_streams: int | None = _setting(
        None, parse_count, "N", "Allow at most N open calls on a connection."
    )
    status: Status = _setting(  # noqa: RUF009 -- the call makes a field
        Status.OK, parse_status, "STATUS", "End calls with this status, such as NOT_FOUND."
    )
    status_message: str = _setting("", _plain, "TEXT", "Message of that status.")
    status_details: tuple[str, ...] = _setting(
        ("ErrorInfo",),
        parse_details,
        "NAMES",
        "Details of that status, such as ErrorInfo,BadRequest; or none.",
    )
    status_after: int = _setting(
        0, parse_count, "N", "Send N responses of a stream before that status."
    )
    status_every: int = _setting(1, parse_count, "N", "Fail one call in N instead of all.")
    stall: float = _setting(
        0.0, parse_duration, "DURATION", "Send no response for this long, once."
    )
    stall_after: float = _setting(
        0.0, parse_duration, "DURATION", "Time from the first call to that stall."
    )

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
        fields = {_spelling(field.name): field for field in dataclasses.fields(cls)}
        for name, text in pairs:
            if name not in fields:
                raise UsageError(
                    f"{name!r} is not a setting of the demo server; it has {', '.join(fields)}"
                )
            field = fields[name]
            values[field.name] = field.metadata["parse"](text, prefix + name)
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
                f"{query!r} is not a list of settings; write demo?delay=20ms&max-handlers=4"
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
