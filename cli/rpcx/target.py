"""TARGET and the connection options, as one frozen record that validates itself."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from rpcx.demo.settings import DemoSettings
from rpcx.errors import UsageError
from rpcx.text import printable

CONNECT_TIMEOUT_S: Final = 10.0

NO_SERVER: Final = "-"

_PLAINTEXT_SCHEMES = ("unix:", "unix-abstract:")
_TLS_SCHEMES = ("dns:", "ipv4:", "ipv6:", "xds:")
_HOST_PORT = re.compile(r"(\[[^\]\s]+\]|[^:/\s\[\]]+):(\d+)")
_BRACKETLESS_IPV6 = re.compile(r"[0-9a-fA-F:]*:[0-9a-fA-F:]*:[0-9a-fA-F:.]*")
_HIGHEST_PORT: Final = 65535

ChannelOptions = tuple[tuple[str, int | str], ...]


@dataclass(frozen=True, slots=True)
class Target:
    """Where to connect, and how.

    Attributes:
        text: TARGET as it was typed.
        address: What gRPC is given: `host:port` or a name with a scheme it knows.
        tls: Whether the connection is encrypted.
        connect_timeout_s: How long the first connection may take, in seconds.
        root_certificates: PEM bytes that verify the server; None for gRPC's own roots.
        options: Further gRPC channel arguments.
        demo: Settings of the bundled server to start; the address is then known only
            once it runs (`at`).
    """

    text: str
    address: str
    tls: bool
    connect_timeout_s: float = CONNECT_TIMEOUT_S
    root_certificates: bytes | None = None
    options: ChannelOptions = ()
    demo: DemoSettings | None = None

    def __post_init__(self) -> None:
        if self.connect_timeout_s <= 0:
            raise UsageError(
                f"the connect timeout {self.connect_timeout_s:g}s is not above 0;"
                " give a duration such as 250ms or 10s"
            )

    @property
    def is_none(self) -> bool:
        """Whether it is `-`: no server, the schema comes from files."""
        return self.text == NO_SERVER

    @property
    def host_port(self) -> tuple[str, int] | None:
        """Host and port where the address is one; None for sockets and other schemes."""
        match = _HOST_PORT.fullmatch(self.address.removeprefix("dns:").lstrip("/"))
        return (match[1].strip("[]"), int(match[2])) if match else None

    def at(self, address: str) -> Target:
        """The same target once the bundled server has told its address."""
        return Target(
            text=self.text,
            address=address,
            tls=False,
            connect_timeout_s=self.connect_timeout_s,
            options=(*self.options, ("grpc.enable_http_proxy", 0)),
        )


def parse_target(
    text: str,
    *,
    plaintext: bool = False,
    connect_timeout_s: float = CONNECT_TIMEOUT_S,
    may_be_none: bool = False,
) -> Target:
    """TARGET as the user types it; `-` only where `may_be_none`.

    Raises:
        UsageError: It is none of the forms that README lists, or contradicts itself.
    """
    if text == "demo" or text.startswith("demo?"):
        return Target(
            text,
            "",
            tls=False,
            connect_timeout_s=connect_timeout_s,
            demo=DemoSettings.from_query(text.partition("?")[2]),
        )
    if text == NO_SERVER:
        if not may_be_none:
            raise UsageError(
                "'-' means no server: that is for list and describe with --protoset or --proto;"
                " give host:port"
            )
        return Target(text, "", tls=False)
    if text.startswith("https://"):
        if plaintext:
            raise UsageError(f"{_quoted(text)} asks for TLS and --plaintext for none; drop one")
        return Target(
            text, _authority(text, "https://"), tls=True, connect_timeout_s=connect_timeout_s
        )
    if text.startswith("http://"):
        return Target(
            text, _authority(text, "http://"), tls=False, connect_timeout_s=connect_timeout_s
        )
    if text.startswith(_PLAINTEXT_SCHEMES):
        return Target(text, text, tls=False, connect_timeout_s=connect_timeout_s)
    if not text.startswith(_TLS_SCHEMES):
        _check_host_port(text, text)
    return Target(text, text, tls=not plaintext, connect_timeout_s=connect_timeout_s)


def _authority(text: str, scheme: str) -> str:
    authority, slash, path = text.removeprefix(scheme).partition("/")
    if slash and path:
        raise UsageError(
            f"{_quoted(text)} has a path; a gRPC target has none, the method is named after it:"
            f" {scheme}{printable(authority)} package.Service/Method"
        )
    _check_host_port(authority, text)
    return authority


def _check_host_port(address: str, text: str) -> None:
    match = _HOST_PORT.fullmatch(address)
    if match is None:
        if _BRACKETLESS_IPV6.fullmatch(address):
            hint = "an IPv6 address goes in brackets: [::1]:50051"
        elif ":" not in address and "/" not in address and address:
            hint = f"the port is missing: {printable(address)}:50051"
        else:
            hint = "give host:port, unix:/path, http://host:port, https://host:port or demo"
        raise UsageError(f"{_quoted(text)} is not a target; {hint}")
    if not 0 < int(match[2]) <= _HIGHEST_PORT:
        raise UsageError(
            f"{_quoted(text)} has port {printable(match[2])}; ports go from 1 to {_HIGHEST_PORT}"
        )


def _quoted(text: str) -> str:
    return f"'{printable(text)}'"
