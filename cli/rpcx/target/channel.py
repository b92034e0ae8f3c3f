"""What a gRPC channel is told besides the address, as one frozen record."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Any, Final

from rpcx.documents.textfiles import read_text
from rpcx.errors import ConnectError, UsageError
from rpcx.words.printable import printable

ChannelArguments = tuple[tuple[str, int | str], ...]

LARGEST_MESSAGE_BYTES: Final = (1 << 31) - 1
"""gRPC keeps the limit in a signed 32-bit number."""

_LARGEST_INT: Final = (1 << 31) - 1


class Compression(enum.StrEnum):
    """What messages are compressed with on their way to the server."""

    GZIP = "gzip"
    DEFLATE = "deflate"
    IDENTITY = "identity"


class Carrier(enum.StrEnum):
    """The implementations of a transport."""

    WIRE = "wire"
    GRPC = "grpc"


@dataclass(frozen=True, slots=True)
class ChannelSettings:
    """The settings of a channel; None leaves what gRPC does by itself.

    Attributes:
        authority: What `:authority` says, and the name that a certificate is checked for.
        keepalive_time_s: A ping after so long without traffic, in seconds.
        keepalive_timeout_s: How long its answer may take before the connection is given up.
        max_message_bytes: The largest message either way; gRPC itself receives 4 MiB.
        compression: For every message that is sent.
        user_agent: What the `user-agent` begins with.
        service_config: JSON text (https://github.com/grpc/grpc/blob/master/doc/service_config.md).
        arguments: Channel arguments by gRPC's own names; they win over all others.
        transport: Which implementation to use; None for the one that fits.
    """

    authority: str | None = None
    keepalive_time_s: float | None = None
    keepalive_timeout_s: float | None = None
    max_message_bytes: int | None = None
    compression: Compression | None = None
    user_agent: str | None = None
    service_config: str | None = None
    arguments: ChannelArguments = ()
    transport: Carrier | None = None

    def __post_init__(self) -> None:
        for option, seconds in (
            ("--keepalive-time", self.keepalive_time_s),
            ("--keepalive-timeout", self.keepalive_timeout_s),
        ):
            if seconds is not None and not seconds > 0:
                raise UsageError(
                    f"{option} {seconds:g}s is not above 0; give a duration such as 30s"
                )
        if self.keepalive_timeout_s is not None and self.keepalive_time_s is None:
            raise UsageError("--keepalive-timeout is for pings; give --keepalive-time too")
        _check_text("--authority", self.authority)
        _check_text("--user-agent", self.user_agent)

    @property
    def retries(self) -> bool:
        """Whether gRPC is to retry calls itself: the service config has a policy for it."""
        return self.service_config is not None and '"retryPolicy"' in self.service_config


def parse_argument(text: str) -> tuple[str, int | str]:
    """One `--channel-arg`, `name=value`; a value that is a whole number is given as one.

    Raises:
        UsageError: There is no name, or a number that gRPC can't hold.
    """
    name, equals, value = text.partition("=")
    name = name.strip()
    if not equals or not name:
        raise UsageError(
            f"--channel-arg {printable(text)!r} has no name and value; write it"
            " --channel-arg grpc.max_reconnect_backoff_ms=500"
        )
    try:
        number = int(value)
    except ValueError:
        return name, value
    if not -_LARGEST_INT <= number <= _LARGEST_INT:
        raise UsageError(
            f"--channel-arg {printable(text)!r}: {number} does not fit; the most is {_LARGEST_INT}"
        )
    return name, number


def read_service_config(path: str) -> str:
    """The service config of a file, checked to be one JSON object.

    Raises:
        ConnectError: It can't be read, or is no JSON object.
        UsageError: It asks for hedging, which gRPC for Python does not do.
    """
    import json  # noqa: PLC0415 -- for this alone

    where = f"--service-config '{printable(path)}'"
    text = read_text(path, where, ConnectError)
    try:
        config: Any = json.loads(text)
    except json.JSONDecodeError as error:
        raise ConnectError(
            f"{where} is no JSON: line {error.lineno}, column {error.colno}: {error.msg}"
        ) from None
    if not isinstance(config, dict):
        raise ConnectError(f'{where} is no JSON object; write it {{"methodConfig": […]}}')
    if '"hedgingPolicy"' in text:
        raise UsageError(
            f"{where} has a hedgingPolicy: rpcx starts every call once, so that its counts are"
            " true; leave it out"
        )
    return text


def _check_text(option: str, value: str | None) -> None:
    if value is not None and not (value and value.isascii() and value.isprintable()):
        raise UsageError(f"{option} {printable(value)!r} is not printable ASCII")
