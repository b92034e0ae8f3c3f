"""What failed in a TLS handshake, and what to add or change."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING, Final

from rpcx.transport.untrusted import untrusted_verdict
from rpcx.words.printable import printable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rpcx.target.target import Target

_WANTS_CERTIFICATE: Final = frozenset(
    {"TLSV13_ALERT_CERTIFICATE_REQUIRED", "SSLV3_ALERT_HANDSHAKE_FAILURE"}
)
_DISLIKES_CERTIFICATE: Final = frozenset(
    {"SSLV3_ALERT_BAD_CERTIFICATE", "SSLV3_ALERT_CERTIFICATE_UNKNOWN", "TLSV1_ALERT_UNKNOWN_CA",
     "SSLV3_ALERT_CERTIFICATE_EXPIRED", "SSLV3_ALERT_CERTIFICATE_REVOKED",
     "SSLV3_ALERT_UNSUPPORTED_CERTIFICATE", "TLSV1_ALERT_ACCESS_DENIED",
     "TLSV1_ALERT_DECRYPT_ERROR"}
)  # fmt: skip
_NOTHING_SHARED: Final = frozenset(
    {"SSLV3_ALERT_HANDSHAKE_FAILURE", "TLSV1_ALERT_INSUFFICIENT_SECURITY"}
)
_OLD: Final = frozenset(
    {"TLSV1_ALERT_PROTOCOL_VERSION", "UNSUPPORTED_PROTOCOL", "NO_PROTOCOLS_AVAILABLE"}
)


def handshake_verdict(error: ssl.SSLError, target: Target, sent: Sequence[bytes]) -> str:
    """Return one sentence.

    Args:
        error: How Python's ssl ended the handshake, or the server after it.
        target: Who was to be reached; it has TLS.
        sent: The certificates that the server sent before that.
    """
    address = printable(target.address)
    if isinstance(error, ssl.SSLCertVerificationError):
        return untrusted_verdict(error, target, sent)
    reason = str(error.reason or error)
    has_own = target.tls is not None and target.tls.certificate is not None
    if reason in _DISLIKES_CERTIFICATE and has_own:
        return (
            f"{address} does not accept the certificate of --cert ({_plain(reason)}); give one that"
            " its authority has signed and that is in date"
        )
    if reason in _NOTHING_SHARED and not sent:
        return (
            f"{address} refuses the TLS handshake at once ({_plain(reason)}); it may offer only"
            " cipher suites that HTTP/2 forbids: have it offer ECDHE with AES-GCM or ChaCha20"
        )
    if reason in _WANTS_CERTIFICATE | _DISLIKES_CERTIFICATE:
        return (
            f"{address} wants a client certificate ({_plain(reason)}); add --cert FILE and --key"
            " FILE"
        )
    if reason in _OLD:
        return (
            f"{address} speaks no TLS version that gRPC does, 1.2 or 1.3 ({_plain(reason)}); update"
            " the server"
        )
    return f"tls handshake with {address} failed: {printable(_plain(reason))}"


def _plain(reason: str) -> str:
    """OpenSSL's word for it, as people write."""
    words = reason.removeprefix("SSLV3_ALERT_").removeprefix("TLSV1_ALERT_")
    return words.removeprefix("TLSV13_ALERT_").replace("_", " ").lower()
