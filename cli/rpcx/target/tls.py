"""How a connection is encrypted, and what vouches for either side."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from rpcx.documents.textfiles import read_bytes
from rpcx.errors import ConnectError, UsageError
from rpcx.words.printable import printable

if TYPE_CHECKING:
    from collections.abc import Callable

_CERTIFICATE: Final = b"-----BEGIN CERTIFICATE-----"
_KEY = re.compile(rb"-----BEGIN [A-Z ]*PRIVATE KEY-----")
_SEQUENCE: Final = b"\x30"
"""How every DER file begins."""
_PKCS12 = re.compile(
    rb"\x30(?:[\x00-\x80]|\x81.|\x82..|\x83...|\x84....)\x02\x01\x03\x30", re.DOTALL
)
"""A sequence that begins with version 3 and another sequence (RFC 7292, PFX)."""
_JAVA: Final = b"\xfe\xed\xfe\xed"
_ENCRYPTED = re.compile(rb"-----BEGIN ENCRYPTED PRIVATE KEY-----|Proc-Type: 4,ENCRYPTED")


@dataclass(frozen=True, slots=True)
class Tls:
    """The TLS settings of a target.

    Attributes:
        roots: PEM certificates that vouch for the server; None for gRPC's own.
        certificate: PEM chain that this side shows when it is asked; None for none.
        key: The PEM key of that certificate, not encrypted.
        verified: Whether the server must prove who it is.
        server_name: The name that the server's certificate is checked for, where that is
            neither the target's host nor `--authority`.
    """

    roots: bytes | None = None
    certificate: bytes | None = None
    key: bytes | None = field(default=None, repr=False)
    verified: bool = True
    server_name: str | None = None


def read_roots(path: str) -> bytes:
    """The certificates of `--cacert`.

    Raises:
        ConnectError: The file can't be read, or has no PEM certificate.
    """
    roots = _read(path, "--cacert")
    if _CERTIFICATE not in roots:
        raise ConnectError(_no_certificate("--cacert", path, roots))
    return roots


def read_identity(
    certificate_path: str, key_path: str, password: Callable[[], bytes | None]
) -> tuple[bytes, bytes]:
    """The chain of `--cert` and the key of `--key`, checked to belong together.

    Args:
        certificate_path: Of a PEM chain, the client's own certificate first.
        key_path: Of a PEM key.
        password: Asked for the password where the key is encrypted; None for none.

    Returns:
        The chain, and the key without its encryption, which gRPC can't read.

    Raises:
        ConnectError: A file can't be read, or is not what it should be.
        UsageError: The key is encrypted and there is no password.
    """
    chain, key = _read(certificate_path, "--cert"), _read(key_path, "--key")
    if _CERTIFICATE not in chain:
        raise ConnectError(_no_certificate("--cert", certificate_path, chain))
    if not _KEY.search(key):
        raise ConnectError(
            f"--key {_quoted(key_path)} has no PEM private key (-----BEGIN PRIVATE KEY-----)"
            f"{_instead(key, is_key=True)}"
        )
    encrypted = _ENCRYPTED.search(key) is not None
    loaded = _load_key(key, key_path, password() if encrypted else None, encrypted=encrypted)
    from cryptography import x509  # noqa: PLC0415 -- 80 ms, for client certificates alone
    from cryptography.hazmat.primitives.serialization import (  # noqa: PLC0415 -- likewise
        Encoding,
        NoEncryption,
        PrivateFormat,
    )

    try:
        own = x509.load_pem_x509_certificates(chain)[0]
    except ValueError as error:
        raise ConnectError(
            f"--cert {_quoted(certificate_path)} can't be read as PEM: {printable(str(error))}"
        ) from None
    if own.public_key() != loaded.public_key():
        raise ConnectError(
            f"--key {_quoted(key_path)} is not the key of the first certificate in --cert"
            f" {_quoted(certificate_path)} ({printable(own.subject.rfc4514_string())}); give the"
            " key that it was made with, or put the client's own certificate first"
        )
    if encrypted:
        key = loaded.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return chain, key


def _load_key(key: bytes, path: str, password: bytes | None, *, encrypted: bool) -> Any:
    from cryptography.exceptions import UnsupportedAlgorithm  # noqa: PLC0415 -- as above
    from cryptography.hazmat.primitives.serialization import (  # noqa: PLC0415 -- as above
        load_pem_private_key,
    )

    if encrypted and password is None:
        raise UsageError(
            f"--key {_quoted(path)} is encrypted; put its password into RPCX_KEY_PASSWORD, or into"
            " a file for --key-password-file"
        )
    try:
        return load_pem_private_key(key, password)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        if encrypted:
            raise ConnectError(
                f"--key {_quoted(path)} can't be decrypted; is the password (RPCX_KEY_PASSWORD,"
                " --key-password-file) the right one?"
            ) from None
        raise ConnectError(
            f"--key {_quoted(path)} can't be read as PEM: {printable(str(error))}"
        ) from None


def _read(path: str, option: str) -> bytes:
    return read_bytes(path, f"{option} {_quoted(path)}", ConnectError, "; give a PEM file")


def _no_certificate(option: str, path: str, found: bytes) -> str:
    return (
        f"{option} {_quoted(path)} has no PEM certificate ({_CERTIFICATE.decode()})"
        f"{_instead(found, is_key=False)}"
    )


def _instead(found: bytes, *, is_key: bool) -> str:
    """Return what a file looks like that has not the PEM that it should, and what would work."""
    if _PKCS12.match(found):
        part = "-nocerts -nodes" if is_key else "-nokeys"
        return f"; it looks like PKCS#12: convert it with `openssl pkcs12 -in FILE {part} -out PEM`"
    if found.startswith(_JAVA):
        return (
            "; it looks like a Java keystore: convert it with `keytool -importkeystore"
            " -srckeystore FILE -destkeystore P12 -deststoretype pkcs12`, and that with openssl"
        )
    if b"-----BEGIN PKCS7-----" in found:
        return (
            "; it looks like PKCS#7: convert it with `openssl pkcs7 -in FILE -print_certs -out PEM`"
        )
    if found[:1] == _SEQUENCE:
        kind = "pkey" if is_key else "x509"
        return (
            f"; it looks like DER: convert it with `openssl {kind} -inform der -in FILE -out PEM`"
        )
    return ""


def _quoted(path: str) -> str:
    return f"'{printable(path)}'"
