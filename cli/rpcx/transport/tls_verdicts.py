"""What failed in a TLS handshake, and what to add or change."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Final

from rpcx.text import printable
from rpcx.transport.certificate import read_certificate

if TYPE_CHECKING:
    import ssl

    from rpcx.target import Target
    from rpcx.transport.certificate import Certificate

# OpenSSL's X509_V_ERR_ numbers (x509_vfy.h).
_NOT_YET_VALID: Final = 9
_EXPIRED: Final = 10
_SELF_SIGNED: Final = (18, 19)
_NO_ISSUER: Final = (2, 20, 21)
_OTHER_NAME: Final = (62, 64)

_WANTS_CERTIFICATE: Final = frozenset(
    {"TLSV13_ALERT_CERTIFICATE_REQUIRED", "SSLV3_ALERT_HANDSHAKE_FAILURE"}
)
_DISLIKES_CERTIFICATE: Final = frozenset(
    {"SSLV3_ALERT_BAD_CERTIFICATE", "SSLV3_ALERT_CERTIFICATE_UNKNOWN", "TLSV1_ALERT_UNKNOWN_CA",
     "SSLV3_ALERT_CERTIFICATE_EXPIRED", "SSLV3_ALERT_CERTIFICATE_REVOKED",
     "SSLV3_ALERT_UNSUPPORTED_CERTIFICATE", "TLSV1_ALERT_ACCESS_DENIED",
     "TLSV1_ALERT_DECRYPT_ERROR"}
)  # fmt: skip
_OLD: Final = frozenset(
    {"TLSV1_ALERT_PROTOCOL_VERSION", "UNSUPPORTED_PROTOCOL", "NO_PROTOCOLS_AVAILABLE"}
)


def handshake_verdict(error: ssl.SSLError, target: Target, der: bytes | None) -> str:
    """One sentence.

    Args:
        error: How Python's ssl ended the handshake, or the server after it.
        target: Who was to be reached; it has TLS.
        der: The server's certificate, where that is what failed and it could be had.
    """
    address = printable(target.address)
    code = getattr(error, "verify_code", None)
    if code is not None:
        return _untrusted(code, error, target, read_certificate(der or b""))
    reason = str(error.reason or error)
    has_own = target.tls is not None and target.tls.certificate is not None
    if reason in _DISLIKES_CERTIFICATE and has_own:
        return (
            f"{address} does not accept the certificate of --cert ({_plain(reason)}); give one that"
            " its authority has signed and that is in date"
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


def _untrusted(
    code: int, error: ssl.SSLError, target: Target, certificate: Certificate | None
) -> str:
    address, name = printable(target.address), printable(target.name)
    now = dt.datetime.now(dt.UTC)
    if code in _OTHER_NAME:
        if certificate is None or not certificate.names:
            return (
                f"the certificate of {address} is for no name, so not for {name} either; have it"
                " made with one, or add --insecure"
            )
        names = [printable(one) for one in certificate.names]
        wanted = names[0].replace("*", "any")
        return (
            f"the certificate of {address} is for {', '.join(names)}, not for {name}; add"
            f" --authority {wanted} if that is the server you mean"
        )
    if code in (_EXPIRED, _NOT_YET_VALID):
        span = "is out of date" if certificate is None else certificate.lasts(now)
        return f"the certificate of {address} {span}; have it renewed, or add --insecure"
    given = target.tls is not None and target.tls.roots is not None
    if code in _SELF_SIGNED and (certificate is None or certificate.self_signed):
        known = "is not in --cacert" if given else "nobody here trusts"
        return (
            f"the certificate of {address} is not trusted: self-signed, and {known}; add --cacert"
            " FILE with it, or --insecure"
        )
    if code in (*_NO_ISSUER, *_SELF_SIGNED):
        issuer = "somebody" if certificate is None else f"'{printable(certificate.issuer)}'"
        known = "who is not in --cacert" if given else "whom this machine does not know"
        return (
            f"the certificate of {address} is not trusted: signed by {issuer}, {known}; add"
            " --cacert FILE with that authority's, or --insecure"
        )
    said = getattr(error, "verify_message", str(error))
    return f"the certificate of {address} is not trusted: {printable(said)}"


def _plain(reason: str) -> str:
    """OpenSSL's word for it, as people write."""
    words = reason.removeprefix("SSLV3_ALERT_").removeprefix("TLSV1_ALERT_")
    return words.removeprefix("TLSV13_ALERT_").replace("_", " ").lower()
