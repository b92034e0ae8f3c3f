"""What one call is to do: the server's settings, and the call's own headers over them.

The headers are listed in the comment of rpcx.demo.Stats, where `rpcx describe` finds them.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from rpcx.demo.settings import DemoSettings, parse_count, parse_details, parse_status
from rpcx.errors import UsageError
from rpcx.results import Status
from rpcx.words.durations import parse_duration

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rpcx.results import Metadata

PREFIX = "rpcx-"
"""How every header begins that the demo listens to."""

DEFAULT_RESPONSES = 10


@dataclasses.dataclass(slots=True)
class Control:
    """What one call is to do.

    Attributes:
        delay: Seconds before each response.
        status: What the call ends with.
        status_message: The message that goes with a failing status.
        status_details: The names of the details that go with it.
        status_after: How many responses come before it.
        responses: How many responses a stream of copies has.
        never_read: Whether the client's messages stay unread.
        headers: What to send as headers.
        trailers: What to send as trailers.
    """

    delay: float
    status: Status
    status_message: str
    status_details: tuple[str, ...]
    status_after: int
    responses: int = DEFAULT_RESPONSES
    never_read: bool = False
    headers: Metadata = ()
    trailers: Metadata = ()

    @classmethod
    def default(cls, settings: DemoSettings, *, fails: bool) -> Control:
        """What a call without headers of its own is to do.

        Args:
            settings: The server's.
            fails: Whether this call is one of those that get the settings' status.
        """
        return cls(
            delay=settings.delay,
            status=settings.status if fails else Status.OK,
            status_message=settings.status_message,
            status_details=settings.status_details,
            status_after=settings.status_after,
        )

    def obey(self, metadata: Iterable[tuple[str, str | bytes]]) -> None:
        """Do as the request headers say.

        Raises:
            UsageError: One of them has a value or a name that nothing can be made of.
        """
        for key, value in metadata:
            if key.startswith(PREFIX):
                self._obey_one(key, value)

    def _obey_one(self, key: str, value: str | bytes) -> None:
        text = value if isinstance(value, str) else value.decode(errors="replace")
        match key.removeprefix(PREFIX):
            case "delay":
                self.delay = parse_duration(text, key)
            case "status":
                self.status = parse_status(text, key)
            case "status-message" | "status-message-bin":
                self.status_message = text
            case "status-details":
                self.status_details = parse_details(text, key)
            case "status-after":
                self.status_after = parse_count(text, key)
            case "responses":
                self.responses = parse_count(text, key)
            case "never-read":
                self.never_read = text != "false"
            case name if name.startswith("header-"):
                self.headers += ((name.removeprefix("header-"), value),)
            case name if name.startswith("trailer-"):
                self.trailers += ((name.removeprefix("trailer-"), value),)
            case _:
                raise UsageError(
                    f"{key!r} is no header the demo server knows; "
                    "`rpcx describe demo rpcx.demo.Stats` lists them"
                )
