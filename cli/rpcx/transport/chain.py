"""The certificates that a server sends, put in order: each signed by the next.

A server sends its own certificate first, then those of the authorities between it and a root
that the client knows (RFC 8446, 4.4.2). OpenSSL says what is wrong, but not of which of them.
"""

from __future__ import annotations

import contextlib
import re
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from rpcx.certificate import certificate_of, read_x509

if TYPE_CHECKING:
    import ssl
    from collections.abc import Sequence

    from rpcx.certificate import Certificate


_PEM: Final = re.compile(rb"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)


class Chain(NamedTuple):
    """What a server's certificate leads to.

    Attributes:
        path: The server's own certificate, the one that signed it, and so on, as far as they
            are known; the last may be a root that is trusted.
        sent: How many of `path` the server sent.
        impostor: A certificate that has the name of the next in the path, and did not sign.
        strays: Names of certificates that the server sent and that have no place in the path.
    """

    path: tuple[Certificate, ...]
    sent: int
    impostor: Certificate | None
    strays: tuple[str, ...]


def sent_certificates(connection: ssl.SSLSocket) -> tuple[bytes, ...]:
    """Return the certificates (DER) that a server sent, its own first, also if they are refused."""
    public = getattr(connection, "get_unverified_chain", None)  # since Python 3.13
    if public is not None:
        return tuple(public())
    with contextlib.suppress(AttributeError, ImportError):
        from _ssl import ENCODING_DER  # noqa: PLC0415 - private

        inner: Any = connection._sslobj  # type: ignore[attr-defined] # noqa: SLF001 - private before
        chain = inner.get_unverified_chain() or ()
        return tuple(one.public_bytes(ENCODING_DER) for one in chain)
    return ()


def read_chain(sent: Sequence[bytes], roots: bytes) -> Chain | None:
    """Return the chain of a server's certificate, or None if that cannot be read.

    Args:
        sent: DER, the server's own first.
        roots: PEM of the authorities that are trusted.
    """
    made = [one for one in map(read_x509, sent) if one is not None]
    if not made:
        return None
    trusted = [one for one in map(read_x509, _PEM.findall(roots)) if one is not None]
    path, count, impostor = [made[0]], 1, None
    while path[-1].issuer != path[-1].subject:
        named = [one for one in (*made, *trusted) if one.subject == path[-1].issuer]
        signer = next((one for one in named if _signed(one, path[-1])), None)
        if signer is None or signer in path:
            impostor = next(iter(named), None)
            break
        path.append(signer)
        count += signer in made
    strays = [one for one in made if one not in path]
    return Chain(
        tuple(map(certificate_of, path)),
        count,
        None if impostor is None else certificate_of(impostor),
        tuple(certificate_of(one).subject for one in strays),
    )


def _signed(authority: Any, certificate: Any) -> bool:
    """Return whether the key of `authority` signed `certificate`."""
    try:
        certificate.verify_directly_issued_by(authority)
    except Exception:  # noqa: BLE001 - wrong signatures and unknown algorithms have many types
        return False
    return True
