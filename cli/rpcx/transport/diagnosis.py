"""Why a channel did not become ready, found out on a connection of our own.

gRPC tells little ("Socket closed"), and some of it late. So once it has failed, the
address is resolved, connected to and spoken to here, step by step, until a step fails.
"""

from __future__ import annotations

import contextlib
import socket
import ssl
from typing import TYPE_CHECKING, Final

from rpcx.text import printable
from rpcx.transport.handshake import tls_context

if TYPE_CHECKING:
    from rpcx.target import Target
    from rpcx.tls import Tls

_PREFACE: Final = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\x00\x00\x00\x04\x00\x00\x00\x00\x00"
"""What an HTTP/2 client says first (RFC 9113, 3.4): the preface and empty SETTINGS."""

_SETTINGS: Final = 4
_TLS_ALERT: Final = 0x15
_STEP_S: Final = 2.0


def diagnose(target: Target, *, budget_s: float) -> str:
    """One sentence: what fails on the way to the target, and what would work.

    Args:
        target: What gRPC could not reach.
        budget_s: Seconds that the look may take.
    """
    step_s = min(_STEP_S, budget_s / 2)
    address = printable(target.address)
    if target.address.startswith("unix:"):
        return _diagnose_unix(target.address.removeprefix("unix:"), step_s)
    host_port = target.host_port
    if host_port is None:
        return (
            f"no connection to {address} within {target.connect_timeout_s:g} s; check the name,"
            " or give host:port"
        )
    host, port = host_port
    try:
        socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError as error:
        return (
            f"the name {printable(host)!r} does not resolve ({error.strerror}); check its spelling"
        )
    try:
        connection = socket.create_connection((host, port), timeout=step_s)
    except ConnectionRefusedError:
        return (
            f"nothing listens at {address} (connection refused); start the server there, or"
            " check host and port"
        )
    except TimeoutError:
        return f"{address} does not answer; check host, port and firewall"
    except OSError as error:
        return f"{address} cannot be reached: {error.strerror}; check host and port"
    with connection:
        if target.tls is not None:
            return _diagnose_tls(connection, target, target.tls, address)
        return _diagnose_plaintext(connection, host, port, address, step_s)


def _diagnose_unix(path: str, step_s: float) -> str:
    shown = printable(path.removeprefix("//"))
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    connection.settimeout(step_s)
    try:
        with connection:
            connection.connect(path.removeprefix("//"))
    except FileNotFoundError:
        return f"there is no socket {shown!r}; start the server, or check the path"
    except OSError as error:
        return f"nothing listens at the socket {shown!r} ({error.strerror}); start the server"
    return f"what listens at the socket {shown!r} does not speak gRPC in plaintext"


def _diagnose_tls(connection: socket.socket, target: Target, tls: Tls, address: str) -> str:
    context = tls_context(tls, verified=tls.verified)
    try:
        with context.wrap_socket(connection, server_hostname=target.name) as encrypted:
            if encrypted.selected_alpn_protocol() != "h2":
                return (
                    f"{address} speaks TLS but not HTTP/2 over it (no ALPN 'h2'): this is no"
                    " gRPC port"
                )
    except ssl.SSLCertVerificationError as error:
        return f"the certificate of {address} is not trusted: {error.verify_message}"
    except ssl.SSLError as error:
        if error.reason in {"WRONG_VERSION_NUMBER", "HTTP_REQUEST", "RECORD_LAYER_FAILURE"}:
            return f"tls handshake failed: {address} answers in plaintext; add --plaintext"
        return f"tls handshake with {address} failed: {error.reason or error}"
    except TimeoutError:
        return f"{address} accepts connections but says nothing; is it a gRPC server?"
    except OSError:
        return (
            f"{address} closed the connection during the tls handshake; if it speaks plaintext,"
            " add --plaintext"
        )
    return f"{address} speaks TLS and HTTP/2, but gRPC could not connect; try again"


def _diagnose_plaintext(
    connection: socket.socket, host: str, port: int, address: str, step_s: float
) -> str:
    connection.settimeout(step_s)
    answer = b""
    silent = False
    try:
        connection.sendall(_PREFACE)
        answer = connection.recv(64)
    except TimeoutError:
        silent = True
    except OSError:
        pass
    # Python's own web server answers a version it does not know without a status line.
    if answer.startswith((b"HTTP/1", b"<!DOCTYPE", b"<html")):
        return (
            f"{address} is an HTTP/1.1 server, not a gRPC one; check the port, or whether a"
            " proxy is in the way"
        )
    is_http2 = len(answer) >= 4 and answer[3] == _SETTINGS  # noqa: PLR2004 -- type of a frame
    if is_http2:
        return f"{address} speaks HTTP/2, but gRPC could not connect; try again"
    if answer[:1] == bytes([_TLS_ALERT]) or _speaks_tls(host, port, step_s):
        return f"{address} speaks TLS; leave out --plaintext (and http://)"
    if silent:
        return f"{address} accepts connections but says nothing; is it a gRPC server?"
    return f"{address} closed the connection: what listens there does not speak gRPC"


def _speaks_tls(host: str, port: int, step_s: float) -> bool:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    with contextlib.suppress(OSError):
        connection = socket.create_connection((host, port), timeout=step_s)
        with connection, context.wrap_socket(connection, server_hostname=host):
            return True
    return False
