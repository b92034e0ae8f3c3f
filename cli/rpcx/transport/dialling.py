"""A plain socket to a target, the way gRPC goes: each address in turn, through its HTTP proxy.

gRPC shows nothing of its own way, so this is for looks at a server (`look`) and for the
relay. Which proxy gRPC takes: http_proxy_mapper.cc in its core.
"""

from __future__ import annotations

import base64
import ipaddress
import os
import socket
import time
from typing import TYPE_CHECKING, Final, NamedTuple
from urllib.parse import unquote, urlsplit

from rpcx.target.target import PAST_PROXIES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rpcx.target.target import Target

_PROXY_VARIABLES: Final = ("grpc_proxy", "https_proxy", "http_proxy")
_PAST_PROXY_VARIABLES: Final = ("no_grpc_proxy", "no_proxy")
_PROXY_PORT: Final = 80
_LONGEST_HEAD: Final = 16384
_OK: Final = 200
_LEAST_S: Final = 0.1


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


class ProxyRefusedError(OSError):
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


def resolve(hosts: Sequence[tuple[str, int]]) -> list[tuple[str, int]]:
    """The IP addresses and ports of hosts, in the order in which they are tried.

    Raises:
        OSError: One does not resolve (socket.gaierror).
    """
    found = [
        (str(entry[4][0]), port)
        for host, port in hosts
        for entry in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    ]
    return list(dict.fromkeys(found))


def connect(addresses: Sequence[tuple[str, int]], end: float) -> socket.socket:
    """A socket to the first of these addresses that takes it.

    Args:
        addresses: IP addresses and ports.
        end: When to give up, in seconds of `time.monotonic`; each address gets its share.

    Raises:
        OSError: None does; the error is that of the last one.
    """
    failure: OSError = OSError("no address")
    for number, address in enumerate(addresses):
        share = (end - time.monotonic()) / (len(addresses) - number)
        try:
            return socket.create_connection(address, timeout=max(share, _LEAST_S))
        except OSError as error:
            failure = error
    raise failure


def tunnel(connection: socket.socket, proxy: Proxy, host: str, port: int) -> None:
    """Have a proxy pass on what is sent to host and port (CONNECT, RFC 9110, 9.3.6).

    Raises:
        OSError: The connection failed; ProxyRefusedError where the proxy did not do so.
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


def dial(target: Target, end: float) -> socket.socket:
    """A socket to the target's host and port, through the proxy where gRPC takes one.

    Args:
        target: It has hosts.
        end: When to give up, in seconds of `time.monotonic`.

    Raises:
        OSError: It can't be made.
    """
    host, port = target.hosts[0]
    proxy = proxy_of(target, host)
    if proxy is None:
        return connect(resolve(target.hosts), end)
    connection = connect(resolve([(proxy.host, proxy.port)]), end)
    try:
        tunnel(connection, proxy, host, port)
    except BaseException:
        connection.close()
        raise
    return connection
