"""A plain socket to a target, the way gRPC goes: each address in turn, through its HTTP proxy.

gRPC shows nothing of its own way, so this is for looks at a server (`look`) and for the
relay. Which proxy gRPC takes: http_proxy_mapper.cc in its core.
"""

from __future__ import annotations

import base64
import ipaddress
import os
import socket
from typing import TYPE_CHECKING, Final, NamedTuple
from urllib.parse import unquote, urlsplit

from rpcx.target import PAST_PROXIES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rpcx.target import Target

_PROXY_VARIABLES: Final = ("grpc_proxy", "https_proxy", "http_proxy")
_PAST_PROXY_VARIABLES: Final = ("no_grpc_proxy", "no_proxy")
_PROXY_PORT: Final = 80
_LONGEST_HEAD: Final = 16384
_OK: Final = 200


class Proxy(NamedTuple):
    """The HTTP proxy that stands between here and a target.

    Attributes:
        host: Its name.
        port: Its port.
        variable: The environment variable that names it.
        credentials: `user:password`, empty where there are none.
    """

    host: str
    port: int
    variable: str
    credentials: str

    @property
    def address(self) -> str:
        """`host:port`."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


class ProxyRefusedError(Exception):
    """The proxy did not make a tunnel; the text is its status line, or what else it said."""


def proxy_of(target: Target, host: str) -> Proxy | None:
    """The proxy that gRPC takes to a host of the target's; None where it goes straight there."""
    if PAST_PROXIES in target.channel.arguments:
        return None
    for variable in _PROXY_VARIABLES:
        text = os.environ.get(variable)
        if text:
            break
    else:
        return None
    if _is_past_proxies(host):
        return None
    parts = urlsplit(text if "://" in text else f"http://{text}")
    if not parts.hostname or parts.scheme != "http":
        return None
    credentials = (
        f"{unquote(parts.username)}:{unquote(parts.password or '')}" if parts.username else ""
    )
    return Proxy(parts.hostname, parts.port or _PROXY_PORT, variable, credentials)


def _is_past_proxies(host: str) -> bool:
    for variable in _PAST_PROXY_VARIABLES:
        if variable in os.environ:
            entries = [entry.strip() for entry in os.environ[variable].split(",")]
            return any(_covers(entry, host.lower()) for entry in entries if entry)
    return False


def _covers(entry: str, host: str) -> bool:
    name = entry.lower().removeprefix(".")
    if host == name or host.endswith(f".{name}"):
        return True
    try:
        return ipaddress.ip_address(host) in ipaddress.ip_network(name, strict=False)
    except ValueError:
        return False


def resolve(host: str, port: int) -> list[str]:
    """The IP addresses of a host, in the order in which they are tried.

    Raises:
        OSError: It does not resolve (socket.gaierror).
    """
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def connect(addresses: Sequence[str], port: int, timeout_s: float) -> socket.socket:
    """A socket to the first of these addresses that takes it.

    Raises:
        OSError: None does; the error is that of the last one.
    """
    failure: OSError = OSError("no address")
    for address in addresses:
        try:
            return socket.create_connection((address, port), timeout=timeout_s)
        except OSError as error:
            failure = error
    raise failure


def tunnel(connection: socket.socket, proxy: Proxy, host: str, port: int) -> None:
    """Have a proxy pass on what is sent to host and port (CONNECT, RFC 9110, 9.3.6).

    Raises:
        ProxyRefusedError: It did not do so.
        OSError: The connection failed.
    """
    authority = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    head = f"CONNECT {authority} HTTP/1.1\r\nHost: {authority}\r\n"
    if proxy.credentials:
        encoded = base64.b64encode(proxy.credentials.encode()).decode()
        head += f"Proxy-Authorization: Basic {encoded}\r\n"
    connection.sendall(f"{head}\r\n".encode())
    answer = b""
    while b"\r\n\r\n" not in answer and len(answer) < _LONGEST_HEAD:
        # One at a time: what follows the head belongs to the tunnel.
        byte = connection.recv(1)
        if not byte:
            break
        answer += byte
    first = answer.partition(b"\r\n")[0].decode("latin-1")
    version, _, rest = first.partition(" ")
    if not version.startswith("HTTP/") or not rest.startswith(str(_OK)):
        raise ProxyRefusedError(rest if version.startswith("HTTP/") else first)


def dial(target: Target, timeout_s: float) -> socket.socket:
    """A socket to the target's host and port, through the proxy where gRPC takes one.

    Raises:
        OSError: It can't be made.
    """
    assert target.host_port is not None  # noqa: S101 -- the caller has looked
    host, port = target.host_port
    proxy = proxy_of(target, host)
    first = (host, port) if proxy is None else (proxy.host, proxy.port)
    connection = connect(resolve(*first), first[1], timeout_s)
    if proxy is not None:
        try:
            tunnel(connection, proxy, host, port)
        except BaseException as error:
            connection.close()
            if isinstance(error, ProxyRefusedError):
                raise ConnectionRefusedError(str(error)) from None
            raise
    return connection
