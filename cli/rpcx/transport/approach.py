"""From a target's name to a socket, told step by step: names, HTTP proxies, connections."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

from rpcx.transport import dialling
from rpcx.transport.steps import FoundError, Steps
from rpcx.words.printable import printable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rpcx.target.target import Target


def open_socket(target: Target, steps: Steps) -> socket.socket:
    """A socket to the target.

    Raises:
        FoundError: It can't be made; the text says why, and what would work.
    """
    address = printable(target.address)
    path = target.socket_path
    if path is not None:
        return _open_unix(path, steps)
    host, port = target.hosts[0]
    proxy = dialling.proxy_of(target, host)
    if proxy is None:
        return _open_tcp(
            target.hosts, address, "start the server there, or check host and port", steps
        )
    past = f"or set no_proxy={printable(host)} to go past it"
    named = f"the proxy {printable(proxy.address)} ({proxy.variable})"
    connection = _open_tcp(
        [(proxy.host, proxy.port)], named, f"check {proxy.variable}, {past}", steps
    )
    try:
        connection.settimeout(steps.left_s)
        dialling.tunnel(connection, proxy, host, port)
    except TimeoutError:
        connection.close()
        raise FoundError(
            f"{named} says nothing when asked for {address}; check it, {past}",
            silent=True,
        ) from None
    except OSError as error:
        connection.close()
        said = printable(str(error)) or "it hung up"
        raise FoundError(
            f"{named} makes no connection to {address} ({said}); check it, {past}"
        ) from None
    steps.add(f"{named} connects to {address}")
    return connection


def _open_unix(path: str, steps: Steps) -> socket.socket:
    shown = printable(path.replace("\0", "@"))
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    connection.settimeout(steps.left_s)
    try:
        connection.connect(path)
    except OSError as error:
        connection.close()
        if isinstance(error, FileNotFoundError):
            raise FoundError(
                f"there is no socket '{shown}'; start the server, or check the path"
            ) from None
        if isinstance(error, PermissionError):
            raise FoundError(
                f"the socket '{shown}' may not be used by you; ask for permission to write to it"
            ) from None
        raise FoundError(
            f"nothing listens at the socket '{shown}' ({error.strerror or error}); start the server"
        ) from None
    steps.add(f"connected to the socket '{shown}'")
    return connection


def _open_tcp(
    hosts: Sequence[tuple[str, int]], named: str, hint: str, steps: Steps
) -> socket.socket:
    try:
        addresses = dialling.resolve(hosts)
    except OSError as error:
        host = printable(hosts[0][0])
        raise FoundError(
            f"the name '{host}' does not resolve ({error.strerror}); check its spelling"
        ) from None
    found = [address for address, _ in addresses]
    if found != [hosts[0][0]]:
        steps.add(f"{printable(hosts[0][0])} is {', '.join(found)}")
    try:
        connection = dialling.connect(addresses, steps.end)
    except ConnectionRefusedError:
        raise FoundError(f"nothing listens at {named} (connection refused); {hint}") from None
    except TimeoutError:
        raise FoundError(
            f"{named} does not answer: a firewall may drop what is sent there; {hint}", silent=True
        ) from None
    except OSError as error:
        raise FoundError(f"{named} cannot be reached: {error.strerror or error}; {hint}") from None
    peer = connection.getpeername()
    steps.add(f"connected to {peer[0]} port {peer[1]}")
    return connection
