"""A look at a server on a connection of our own, step by step, until a step fails.

gRPC tells little of how it connects ("Socket closed"), some of it late, and nothing at
all of what it found (TLS version, certificate, the server's limits). So this goes the
same way by hand: `-v` shows the steps, and a step that fails becomes the diagnosis.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import select
import ssl
import time
from typing import TYPE_CHECKING, Final, NamedTuple

from rpcx.transport import dialling
from rpcx.transport.approach import open_socket
from rpcx.transport.certificate import read_certificate
from rpcx.transport.chain import sent_certificates
from rpcx.transport.greeting import PREFACE, Greeting, Language, read_greeting
from rpcx.transport.handshake import tls_context
from rpcx.transport.steps import FoundError, Step, Steps
from rpcx.transport.tls_verdicts import handshake_verdict
from rpcx.words.printable import printable

if TYPE_CHECKING:
    import socket

    from rpcx.target.target import Target
    from rpcx.target.tls import Tls

_clock = time.monotonic

_ALERT_WAIT_S: Final = 0.1
"""How long a server that does not want us has to say so before it is talked to."""

_SECOND_TRY_S: Final = 1.0
_LEAST_TRY_S: Final = 0.3
"""How long a further connection may take that only makes a verdict better."""

_FIRST_SHARE: Final = 0.7


class Look(NamedTuple):
    """What was seen.

    Attributes:
        steps: What was done, in order.
        verdict: Why gRPC can't connect, in one sentence; None where nothing speaks against it.
        silent: The verdict is only that nothing came within the time there was.
    """

    steps: tuple[Step, ...]
    verdict: str | None
    silent: bool


def look(target: Target, budget_s: float) -> Look:
    """Connect to the target by hand.

    Args:
        target: A host and port, or a Unix socket.
        budget_s: How long the look may take, in seconds.
    """
    steps = Steps(budget_s)
    try:
        _Looker(target, steps).go()
    except FoundError as found:
        return Look(tuple(steps.taken), str(found), found.silent)
    return Look(tuple(steps.taken), None, silent=False)


class _Looker:
    def __init__(self, target: Target, steps: Steps) -> None:
        self._target = target
        self._address = printable(target.address)
        self._steps = steps

    def go(self) -> None:
        with open_socket(self._target, self._steps) as connection:
            tls = self._target.tls
            if tls is None:
                self._greet(connection, None)
            else:
                with self._encrypted(connection, tls) as encrypted:
                    self._greet(encrypted, tls)

    # TLS.

    def _encrypted(self, connection: socket.socket, tls: Tls) -> ssl.SSLSocket:
        connection.settimeout(self._steps.left_s)
        try:
            encrypted = tls_context(tls, verified=tls.verified).wrap_socket(
                connection, server_hostname=self._target.name
            )
        except TimeoutError:
            raise self._silent() from None
        except ssl.SSLError as error:
            if error.reason in _NO_TLS:
                raise FoundError(self._plaintext_verdict()) from None
            sent: tuple[bytes, ...] = ()
            if isinstance(error, ssl.SSLCertVerificationError):
                sent = self._certificates(tls)
            raise FoundError(handshake_verdict(error, self._target, sent)) from None
        except OSError:
            raise FoundError(self._plaintext_verdict()) from None
        version, (cipher, _, _) = encrypted.version(), encrypted.cipher() or ("?", "", 0)
        alpn = encrypted.selected_alpn_protocol()
        self._steps.add(f"{version}, {cipher}, ALPN {alpn or 'none'}")
        found = read_certificate(encrypted.getpeercert(binary_form=True) or b"")
        if found is not None:
            names = printable(", ".join(found.names) or "nobody")
            self._steps.add(
                f"certificate for {names}, signed by {printable(found.issuer)},"
                f" {found.lasts(dt.datetime.now(dt.UTC))}"
                f"{'' if tls.verified else ', not verified'}"
            )
        if alpn != "h2" and tls.verified:
            encrypted.close()
            raise FoundError(
                f"{self._address} speaks TLS but does not offer HTTP/2 over it (ALPN h2), which"
                " gRPC insists on; check the port, or let the TLS server in front offer h2"
            )
        return encrypted

    def _certificates(self, tls: Tls) -> tuple[bytes, ...]:
        """Return what the server sends, on another connection that asks for no proof."""
        with contextlib.suppress(OSError):
            connection = self._again()
            with (
                connection,
                tls_context(tls, verified=False).wrap_socket(
                    connection, server_hostname=self._target.name
                ) as encrypted,
            ):
                return sent_certificates(encrypted)
        return ()

    def _plaintext_verdict(self) -> str:
        """What somebody is who does not speak TLS: on another connection, in plaintext."""
        with contextlib.suppress(OSError), self._again() as connection:
            connection.sendall(PREFACE)
            greeting = read_greeting(connection)
            if greeting.language is Language.HTTP2:
                tls = self._target.tls
                cure = "add --plaintext"
                if tls is not None and not tls.verified:  # as ghz means it
                    cure = "write --plaintext in place of --insecure, which is TLS without a check"
                return f"tls handshake failed: {self._address} answers in plaintext; {cure}"
            if greeting.language is Language.HTTP1:
                return self._http1()
        return (
            f"{self._address} closes the connection when TLS begins; if it speaks plaintext, add"
            " --plaintext, else check the port"
        )

    # HTTP/2.

    def _greet(self, connection: socket.socket, tls: Tls | None) -> None:
        try:
            if tls is not None:
                # The refusal of a TLS 1.3 server comes now, and would be lost to a reset.
                select.select([connection], [], [], min(_ALERT_WAIT_S, self._steps.left_s))
            connection.settimeout(self._steps.left_s if tls is not None else self._first_patience())
            connection.sendall(PREFACE)
            greeting = read_greeting(connection)
        except TimeoutError:
            if tls is None and self._speaks_tls():
                raise FoundError(self._tls_there()) from None
            raise self._silent() from None
        except ssl.SSLError as error:
            raise FoundError(handshake_verdict(error, self._target, ())) from None
        except OSError:
            greeting = Greeting(Language.NOTHING)
        self._judge(greeting, tls)

    def _judge(self, greeting: Greeting, tls: Tls | None) -> None:
        if greeting.language is Language.HTTP1:
            raise FoundError(self._http1())
        if greeting.language is Language.HTTP2:
            if greeting.goaway is not None:
                raise FoundError(
                    f"{self._address} ends connections as soon as they are made (GOAWAY:"
                    f" {printable(greeting.goaway)}); it may be overloaded or shutting down: try"
                    " again"
                )
            limit = "no limit" if greeting.max_streams is None else f"{greeting.max_streams:,}"
            self._steps.add(
                f"HTTP/2; calls at once on a connection: {limit}; window of a stream:"
                f" {greeting.window:,} bytes"
            )
            return
        if tls is not None:
            said = " without a word" if greeting.language is Language.NOTHING else ""
            cause = (
                "may want a client certificate (--cert and --key)"
                if tls.certificate is None
                else "may not accept the certificate of --cert"
            )
            raise FoundError(
                f"{self._address} speaks TLS, and then ends the connection{said} instead of HTTP/2;"
                f" it {cause}, or is no gRPC server"
            )
        if greeting.language is Language.TLS or self._speaks_tls():
            raise FoundError(self._tls_there())
        said = (
            "closes the connection at once"
            if greeting.language is Language.NOTHING
            else f'answers "{printable(greeting.said.decode(errors="replace"))}"'
        )
        raise FoundError(
            f"{self._address} {said}: what listens there does not speak gRPC; check the port"
        )

    def _first_patience(self) -> float:
        """A server of TLS may wait for more after words that it can't make out: ask it too."""
        return self._steps.left_s * _FIRST_SHARE

    def _speaks_tls(self) -> bool:
        if self._target.socket_path is not None:
            return False
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        with contextlib.suppress(OSError):
            connection = self._again()
            with (
                connection,
                context.wrap_socket(connection, server_hostname=self._target.hosts[0][0]),
            ):
                return True
        return False

    def _again(self) -> socket.socket:
        """Another connection to the same place, for a moment."""
        patience_s = min(max(self._steps.left_s, _LEAST_TRY_S), _SECOND_TRY_S)
        connection = dialling.dial(self._target, _clock() + patience_s)
        connection.settimeout(patience_s)
        return connection

    def _tls_there(self) -> str:
        return f"{self._address} speaks TLS; leave out --plaintext (and http://)"

    def _http1(self) -> str:
        return (
            f"{self._address} is an HTTP/1.1 server, not a gRPC one; check the port, or whether a"
            " proxy is in the way"
        )

    def _silent(self) -> FoundError:
        return FoundError(
            f"{self._address} accepts connections but says nothing; is it a gRPC server?",
            silent=True,
        )


_NO_TLS: Final = frozenset(
    {"WRONG_VERSION_NUMBER", "HTTP_REQUEST", "RECORD_LAYER_FAILURE", "UNEXPECTED_EOF_WHILE_READING",
     "PACKET_LENGTH_TOO_LONG", "INVALID_ALERT", "BAD_RECORD_TYPE", "UNKNOWN_PROTOCOL"}
)  # fmt: skip
"""How OpenSSL calls an answer that is not TLS."""
