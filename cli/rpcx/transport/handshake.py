"""TLS settings for Python's ssl, which tells of a handshake what gRPC does not."""

from __future__ import annotations

import os
import ssl
from typing import TYPE_CHECKING, Final

from rpcx.transport.roots import default_roots

if TYPE_CHECKING:
    from rpcx.target.tls import Tls

_CIPHERS: Final = "ECDHE+AESGCM:ECDHE+CHACHA20:DHE+AESGCM:DHE+CHACHA20"
"""The suites of TLS 1.2 that HTTP/2 does not forbid (RFC 9113, appendix A): ephemeral keys and an
AEAD. Those of TLS 1.3 are all like that."""


def tls_context(tls: Tls, *, verified: bool) -> ssl.SSLContext:
    """A client's context with the roots, the certificate and the ALPN of gRPC.

    Args:
        tls: What was asked for.
        verified: Whether the server must prove who it is.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.set_alpn_protocols(["h2"])
    context.set_ciphers(_CIPHERS)
    if not verified:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    else:
        roots = tls.roots if tls.roots is not None else default_roots()
        context.load_verify_locations(cadata=roots.decode("ascii", "ignore"))
    if tls.certificate is not None and tls.key is not None:
        _load_identity(context, tls.certificate + b"\n" + tls.key)
    return context


def _load_identity(context: ssl.SSLContext, pem: bytes) -> None:
    """Hand over certificate and key in memory: the key is never written to a disk."""
    descriptor = os.memfd_create("rpcx")
    try:
        os.write(descriptor, pem)
        context.load_cert_chain(f"/proc/self/fd/{descriptor}")
    finally:
        os.close(descriptor)
