"""TARGET and the connection options, as one frozen record that validates itself."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from rpcx.errors import UsageError
from rpcx.target.channel import ChannelSettings
from rpcx.target.hostnames import ascii_names
from rpcx.target.tls import Tls
from rpcx.words.printable import printable

if TYPE_CHECKING:
    from rpcx.demo.settings import DemoSettings

CONNECT_TIMEOUT_S: Final = 10.0

NO_SERVER: Final = "-"

_PLAINTEXT_SCHEMES = ("unix:", "unix-abstract:")
_TLS_SCHEMES = ("dns:", "ipv4:", "ipv6:", "xds:")
_HOST_PORT = re.compile(r"(\[[^\]\s]+\]|[^:/\s\[\]]+):(\d+)")
_BRACKETLESS_IPV6 = re.compile(r"[0-9a-fA-F:]*:[0-9a-fA-F:]*:[0-9a-fA-F:.]*")
_HIGHEST_PORT: Final = 65535
_SCHEMES_OF_HOSTS: Final = ("dns", "ipv4", "ipv6")
_DEFAULT_PORT: Final = 443

PAST_PROXIES: Final = ("grpc.enable_http_proxy", 0)
"""The channel argument that keeps a connection from going through an HTTP proxy."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where to connect, and how.

    Attributes:
        text: TARGET as it was typed.
        address: What gRPC is given: `host:port` or a name with a scheme it knows.
        tls: How the connection is encrypted; None for plaintext.
        connect_timeout_s: How long the first connection may take, in seconds.
        wait_for_ready: Whether a server that is not there yet is waited for that long.
        channel: What else the channel is told.
        demo: Settings of the bundled server to start; the address is then known only
            once it runs (`at`).
    """

    text: str
    address: str
    tls: Tls | None = None
    connect_timeout_s: float = CONNECT_TIMEOUT_S
    wait_for_ready: bool = False
    channel: ChannelSettings = ChannelSettings()  # noqa: RUF009 -- frozen
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
    def hosts(self) -> tuple[tuple[str, int], ...]:
        """The hosts and ports of the address; none for sockets and other schemes.

        gRPC takes port 443 where an address with a scheme has none.
        """
        scheme, _, rest = self.address.partition(":")
        if scheme in _SCHEMES_OF_HOSTS:
            return tuple(map(_host_and_port, rest.rpartition("/")[2].split(",")))
        match = _HOST_PORT.fullmatch(self.address)
        return ((match[1].strip("[]"), int(match[2])),) if match else ()

    @property
    def host_port(self) -> tuple[str, int] | None:
        """The first of `hosts`; None where there is none."""
        return next(iter(self.hosts), None)

    @property
    def socket_path(self) -> str | None:
        """The Unix socket of the address, as Python names it; None where it is another thing."""
        scheme, _, path = self.address.partition(":")
        if scheme == "unix-abstract":
            return f"\0{path}"
        return path.removeprefix("//") if scheme == "unix" else None

    @property
    def name(self) -> str:
        """What the server's certificate is checked for."""
        if self.tls is not None and self.tls.server_name is not None:
            return self.tls.server_name
        if self.channel.authority is not None:
            return _without_port(self.channel.authority)
        return self.host_port[0] if self.host_port else ""

    def at(self, address: str) -> Target:
        """The same target once the bundled server has told its address."""
        arguments = (*self.channel.arguments, PAST_PROXIES)
        return replace(
            self,
            address=address,
            tls=None,
            channel=replace(self.channel, arguments=arguments),
            demo=None,
        )


def parse_target(
    text: str,
    *,
    plaintext: bool = False,
    tls: Tls = Tls(),  # noqa: B008 -- frozen
    connect_timeout_s: float = CONNECT_TIMEOUT_S,
    wait_for_ready: bool = False,
    channel: ChannelSettings = ChannelSettings(),  # noqa: B008 -- frozen
    may_be_none: bool = False,
) -> Target:
    """TARGET as the user types it; `-` only where `may_be_none`.

    Args:
        text: TARGET.
        plaintext: Whether it is reached without TLS where TLS is the default.
        tls: Settings of the connection where it has TLS.
        connect_timeout_s: How long the first connection may take, in seconds.
        wait_for_ready: Whether a server that is not there yet is waited for that long.
        channel: What else the channel is told.
        may_be_none: Whether it may be `-`.

    Raises:
        UsageError: It is none of the forms that README lists, or contradicts itself.
    """

    def target(address: str, *, encrypted: bool, demo: DemoSettings | None = None) -> Target:
        return Target(
            text,
            address if address.startswith(_PLAINTEXT_SCHEMES) else ascii_names(address, "TARGET"),
            tls if encrypted else None,
            connect_timeout_s,
            wait_for_ready,
            channel,
            demo,
        )

    if text == "demo" or text.startswith("demo?"):
        from rpcx.demo.settings import DemoSettings  # noqa: PLC0415 -- for this alone

        settings = DemoSettings.from_query(text.partition("?")[2])
        return target("", encrypted=False, demo=settings)
    if text == NO_SERVER:
        if not may_be_none:
            raise UsageError(
                "'-' means no server: that is for list and describe with --protoset or --proto;"
                " give host:port"
            )
        return target("", encrypted=False)
    if text.startswith("https://"):
        if plaintext:
            raise UsageError(f"{_quoted(text)} asks for TLS and --plaintext for none; drop one")
        return target(_authority(text, "https://"), encrypted=True)
    if text.startswith("http://"):
        return target(_authority(text, "http://"), encrypted=False)
    if text.startswith(_PLAINTEXT_SCHEMES):
        return target(text, encrypted=False)
    if text.startswith(_TLS_SCHEMES):
        return target(text, encrypted=not plaintext)
    address = f"localhost:{text.removeprefix(':')}" if _LOCAL_PORT.fullmatch(text) else text
    _check_host_port(address, text)
    return target(address, encrypted=not plaintext)


_LOCAL_PORT: Final = re.compile(r":?\d{1,5}")
"""A port alone is one of this machine."""


def _host_and_port(text: str) -> tuple[str, int]:
    text = text.replace("%5B", "[").replace("%5D", "]")
    match = _HOST_PORT.fullmatch(text)
    return (match[1].strip("[]"), int(match[2])) if match else (text.strip("[]"), _DEFAULT_PORT)


def _without_port(authority: str) -> str:
    match = _HOST_PORT.fullmatch(authority)
    return (match[1] if match else authority).strip("[]")


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
