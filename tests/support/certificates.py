"""Certificates for tests, made when they are asked for: a CA, and what it signs or doesn't."""

from __future__ import annotations

import datetime as dt
import ipaddress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

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
        signer: Who signs its certificate; itself unless given.
        days: How long that lasts; one of -1 days ended yesterday.
        begins: Days from now after which it begins.
        can_sign: Whether its certificate says that it is an authority's.
    """

    def __init__(
        self,
        directory: Path,
        name: str = "rpcx test CA",
        *,
        signer: Authority | None = None,
        days: int = 365,
        begins: int = -2,
        can_sign: bool = True,
    ) -> None:
        self._directory = directory
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._signer = signer or self
        builder = self._signer._builder(
            self._name, self._key.public_key(), days=days, begins=begins
        )
        constraints = x509.BasicConstraints(ca=can_sign, path_length=None)
        made = builder.add_extension(constraints, critical=True).sign(
            self._signer._key,
            hashes.SHA256(),
        )
        directory.mkdir(parents=True, exist_ok=True)
        self.certificate = directory / "ca.pem"
        self.certificate.write_bytes(made.public_bytes(Encoding.PEM))

    def beneath(self, name: str, **options: Any) -> Authority:
        """An authority whose certificate this one signs; options as for the class."""
        return Authority(self._directory / name, name, signer=self, **options)

    def issue(
        self,
        name: str,
        alternatives: Sequence[str] = ("localhost", "127.0.0.1", "::1"),
        *,
        days: int = 30,
        begins: int = -2,
        chain: Sequence[Authority] = (),
    ) -> Pair:
        """Sign a certificate; one of -1 days ended yesterday.

        Args:
            name: Its subject's common name, and that of its files.
            alternatives: DNS names and IP addresses it is for; none leaves the extension out.
            days: How long it lasts.
            begins: Days from now after which it begins.
            chain: The authorities whose certificates go into the file behind it.
        """
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        builder = self._builder(subject, key.public_key(), days=days, begins=begins)
        if alternatives:
            builder = builder.add_extension(
                x509.SubjectAlternativeName(list(map(_general_name, alternatives))), critical=False
            )
        made = builder.sign(self._key, hashes.SHA256())
        pair = Pair(self._directory / f"{name}.pem", self._directory / f"{name}.key")
        more = b"".join(one.certificate.read_bytes() for one in chain)
        pair.certificate.write_bytes(made.public_bytes(Encoding.PEM) + more)
        pair.key.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        return pair

    def _builder(
        self, subject: x509.Name, key: ec.EllipticCurvePublicKey, *, days: int, begins: int
    ) -> x509.CertificateBuilder:
        now = dt.datetime.now(dt.UTC)
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now + begins * _DAY)
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
