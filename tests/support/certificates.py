"""Certificates for tests, made when they are asked for: a CA, and what it signs or doesn't."""

from __future__ import annotations

import datetime as dt
import ipaddress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import NameOID

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_DAY = dt.timedelta(days=1)


@dataclass(frozen=True)
class Pair:
    """A certificate and its key, as files.

    Attributes:
        certificate: PEM.
        key: PEM, not encrypted.
    """

    certificate: Path
    key: Path


class Authority:
    """A certificate authority of a test run.

    Args:
        directory: Where its files go.
        name: Its own.
    """

    def __init__(self, directory: Path, name: str = "rpcx test CA") -> None:
        self._directory = directory
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        self._key = ec.generate_private_key(ec.SECP256R1())
        builder = self._builder(self._name, self._key.public_key(), days=365)
        made = builder.add_extension(
            x509.BasicConstraints(ca=True, path_length=None), critical=True
        ).sign(self._key, hashes.SHA256())
        directory.mkdir(parents=True, exist_ok=True)
        self.certificate = directory / "ca.pem"
        self.certificate.write_bytes(made.public_bytes(Encoding.PEM))

    def issue(
        self,
        name: str,
        alternatives: Sequence[str] = ("localhost", "127.0.0.1", "::1"),
        *,
        days: int = 30,
    ) -> Pair:
        """Sign a certificate; one of -1 days ended yesterday.

        Args:
            name: Its subject's common name, and that of its files.
            alternatives: DNS names and IP addresses it is for; none leaves the extension out.
            days: How long it lasts.
        """
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        builder = self._builder(subject, key.public_key(), days=days)
        if alternatives:
            builder = builder.add_extension(
                x509.SubjectAlternativeName(list(map(_general_name, alternatives))), critical=False
            )
        made = builder.sign(self._key, hashes.SHA256())
        pair = Pair(self._directory / f"{name}.pem", self._directory / f"{name}.key")
        pair.certificate.write_bytes(made.public_bytes(Encoding.PEM))
        pair.key.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        return pair

    def _builder(
        self, subject: x509.Name, key: ec.EllipticCurvePublicKey, *, days: int
    ) -> x509.CertificateBuilder:
        now = dt.datetime.now(dt.UTC)
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - 2 * _DAY)
            .not_valid_after(now + days * _DAY)
        )


def encrypted(key: bytes, password: bytes) -> bytes:
    """A PEM key, encrypted."""
    return load_pem_private_key(key, None).private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(password)
    )


def _general_name(text: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(text))
    except ValueError:
        return x509.DNSName(text)
