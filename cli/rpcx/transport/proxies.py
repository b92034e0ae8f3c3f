"""The HTTP proxy on the way to a target, and the tunnel through it.

The same variables count as for gRPC's core (its http_proxy_mapper.cc).
"""

from __future__ import annotations

import base64
import ipaddress
import os
from typing import TYPE_CHECKING, Final, NamedTuple
from urllib.parse import unquote, urlsplit

from rpcx.target.target import PAST_PROXIES

if TYPE_CHECKING:
    import socket

    from rpcx.target.target import Target

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
