"""Why an attempt to connect failed, as one sentence that names what would work.

All comes from the attempt that failed. Only what it cannot know is asked of the server again, on
another connection: whether it speaks TLS, or plaintext, after it gave no answer in the other.
"""

from __future__ import annotations

import socket
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from rpcx.target.tls import Tls
from rpcx.transport.wire.attempt import Attempt, Stage
from rpcx.transport.wire.dial import NoHttp2Error
from rpcx.transport.wire.link import socket_name, words_of
from rpcx.words.printable import printable

if TYPE_CHECKING:
    from collections.abc import Callable

    from rpcx.target.target import Target

    Ask = Callable[[Target], Attempt]

_HINT: Final = "start the server there, or check host and port"
_LONGEST_WORDS: Final = 60


def verdict(attempt: Attempt, target: Target, ask: Ask) -> str:
    """Return why there is no connection.

    Args:
        attempt: The attempt; it has failed, or its time is over.
        target: Where it was to lead.
        ask: Makes another attempt, for a second at most, and returns it.
    """
    return _Verdict(attempt, target, ask).sentence()


class _Verdict:
    def __init__(self, attempt: Attempt, target: Target, ask: Ask) -> None:
        self._attempt = attempt
        self._target = target
        self._ask = ask
        self._address = printable(target.address)

    def sentence(self) -> str:
        stage = self._attempt.stage
        if stage is Stage.RESOLVING:
            return self._unresolved()
        if stage is Stage.CONNECTING:
            return self._unconnected()
        if stage is Stage.TUNNELLING:
            return self._untunnelled()
        return self._unencrypted() if stage is Stage.ENCRYPTING else self._ungreeted()

    @property
    def _is_late(self) -> bool:
        """Whether nothing is wrong but that time is over."""
        error = self._attempt.error
        return isinstance(error, TimeoutError) or (
            error is None and self._attempt.goaway is None and not self._attempt.fault
        )

    # To a socket.

    def _unresolved(self) -> str:
        proxy, error = self._attempt.proxy, self._attempt.error
        if isinstance(error, OSError) and not isinstance(error, socket.gaierror | TimeoutError):
            return f"{self._address} cannot be reached: {_words(error)}"
        host = printable(proxy.host if proxy else self._target.hosts[0][0])
        if self._is_late:
            return f"the name '{host}' is not resolved in time; check its spelling, or the network"
        return f"the name '{host}' does not resolve ({_words(error)}); check its spelling"

    def _unconnected(self) -> str:
        path, proxy, error = self._target.socket_path, self._attempt.proxy, self._attempt.error
        if path is not None:
            return _no_socket(printable(socket_name(path)), error)
        named, hint = self._address, _HINT
        if proxy is not None:
            named = self._proxy
            hint = f"check {proxy.variable}, {self._past_proxy}"
        if self._is_late:
            return f"{named} does not answer: a firewall may drop what is sent there; {hint}"
        if isinstance(error, ConnectionRefusedError):
            return f"nothing listens at {named} (connection refused); {hint}"
        return f"{named} cannot be reached: {_words(error)}; {hint}"

    @property
    def _proxy(self) -> str:
        proxy = self._attempt.proxy
        return f"the proxy {printable(proxy.address)} ({proxy.variable})" if proxy else ""

    @property
    def _past_proxy(self) -> str:
        return f"or set no_proxy={printable(self._target.hosts[0][0])} to go past it"

    def _untunnelled(self) -> str:
        if self._is_late:
            return (
                f"{self._proxy} says nothing when asked for {self._address}; check it,"
                f" {self._past_proxy}"
            )
        said = printable(str(self._attempt.error)) or "it hung up"
        return (
            f"{self._proxy} makes no connection to {self._address} ({said}); check it,"
            f" {self._past_proxy}"
        )

    # To HTTP/2 over it.

    def _unencrypted(self) -> str:
        import ssl  # noqa: PLC0415 -- loaded already

        attempt, target = self._attempt, self._target
        error = attempt.error
        if isinstance(error, NoHttp2Error):
            return (
                f"{self._address} speaks TLS but does not offer HTTP/2 over it (ALPN h2), which"
                " gRPC insists on; check the port, or let the TLS server in front offer h2"
            )
        if self._is_late:
            return self._silent()
        if isinstance(error, ssl.SSLError) and (attempt.said_tls or not _is_not_tls(error)):
            from rpcx.transport.tls_verdicts import handshake_verdict  # noqa: PLC0415 -- ssl

            return handshake_verdict(error, target, attempt.certificates)
        return self._no_tls()

    def _no_tls(self) -> str:
        """What somebody is who does not speak TLS; where it says nothing, it is asked in plain."""
        attempt = self._attempt
        if not attempt.said:
            attempt = self._ask(replace(self._target, tls=None))
        if attempt.said_http2 or attempt.stage is Stage.GREETED:
            tls = self._target.tls
            cure = "add --plaintext"
            if tls is not None and not tls.verified:  # as ghz means it
                cure = "write --plaintext in place of --insecure, which is TLS without a check"
            return f"tls handshake failed: {self._address} answers in plaintext; {cure}"
        if attempt.said_http1:
            return self._http1()
        return (
            f"{self._address} closes the connection when TLS begins; if it speaks plaintext, add"
            " --plaintext, else check the port"
        )

    def _ungreeted(self) -> str:
        attempt, tls = self._attempt, self._target.tls
        if attempt.goaway is not None:
            return (
                f"{self._address} ends connections as soon as they are made (GOAWAY:"
                f" {printable(attempt.goaway) or 'no reason'}); it may be overloaded or shutting"
                " down: try again"
            )
        if attempt.said_http1:
            return self._http1()
        if attempt.said_http2:
            cause = printable(attempt.fault) or _words(attempt.error)
            return f"{self._address} speaks HTTP/2, and then ends the connection: {cause}"
        if tls is not None:
            return self._silent() if self._is_late and not attempt.said else self._refuses(tls)
        if attempt.said_tls or self._speaks_tls():
            return f"{self._address} speaks TLS; leave out --plaintext (and http://)"
        if attempt.said:
            words = attempt.said.partition(b"\n")[0].decode(errors="replace").strip()
            said = f'answers "{printable(words, limit=_LONGEST_WORDS)}"'
        elif self._is_late:
            return self._silent()
        else:
            said = "closes the connection at once"
        return f"{self._address} {said}: what listens there does not speak gRPC; check the port"

    def _refuses(self, tls: Tls) -> str:
        """What somebody wants who completes a handshake, and then ends the connection."""
        error = self._attempt.error
        if getattr(error, "reason", None):
            from rpcx.transport.tls_verdicts import handshake_verdict  # noqa: PLC0415 -- ssl

            sent = self._attempt.certificates
            return handshake_verdict(error, self._target, sent)  # type: ignore[arg-type] # an SSLError has a reason
        said = "" if self._attempt.said else " without a word"
        cause = (
            "may want a client certificate (--cert and --key)"
            if tls.certificate is None
            else "may not accept the certificate of --cert"
        )
        return (
            f"{self._address} speaks TLS, and then ends the connection{said} instead of HTTP/2;"
            f" it {cause}, or is no gRPC server"
        )

    def _speaks_tls(self) -> bool:
        attempt = self._ask(replace(self._target, tls=Tls(verified=False)))
        return attempt.stage in (Stage.GREETING, Stage.GREETED)

    def _http1(self) -> str:
        return (
            f"{self._address} is an HTTP/1.1 server, not a gRPC one; check the port, or whether a"
            " proxy is in the way"
        )

    def _silent(self) -> str:
        return f"{self._address} accepts connections but says nothing; is it a gRPC server?"


_NO_TLS: Final = frozenset(
    {"WRONG_VERSION_NUMBER", "HTTP_REQUEST", "RECORD_LAYER_FAILURE", "UNEXPECTED_EOF_WHILE_READING",
     "PACKET_LENGTH_TOO_LONG", "INVALID_ALERT", "BAD_RECORD_TYPE", "UNKNOWN_PROTOCOL"}
)  # fmt: skip
"""How OpenSSL calls an answer that is not TLS."""


def _is_not_tls(error: OSError) -> bool:
    return getattr(error, "reason", None) in _NO_TLS


def _no_socket(path: str, error: OSError | None) -> str:
    if isinstance(error, FileNotFoundError):
        return f"there is no socket '{path}'; start the server, or check the path"
    if isinstance(error, PermissionError):
        return f"the socket '{path}' may not be used by you; ask for permission to write to it"
    why = _words(error) if error is not None else "no answer"
    return f"nothing listens at the socket '{path}' ({why}); start the server"


def _words(error: OSError | None) -> str:
    if error is None:
        return "it closes the connection"
    return printable(words_of(error))
