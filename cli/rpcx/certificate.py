"""What a server's certificate says of itself."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import datetime as dt

    from cryptography import x509

_UNKNOWN = "an unnamed authority"


class Certificate(NamedTuple):
    """The parts of a certificate that people ask for.

    Attributes:
        names: DNS names and IP addresses it is for; the common name where there are none.
        subject: Whose it is.
        issuer: Who signed it.
        is_authority: Whether it may sign others.
        self_signed: Whether that is itself.
        begins: When it becomes valid.
        ends: When it expires.
    """

    names: tuple[str, ...]
    subject: str
    issuer: str
    is_authority: bool
    self_signed: bool
    begins: dt.datetime
    ends: dt.datetime

    def lasts(self, now: dt.datetime) -> str:
        """How long it is still valid, or since when it is not, for a sentence."""
        if now < self.begins:
            return f"is valid only from {self.begins:%Y-%m-%d %H:%M} UTC on"
        days = abs(self.ends - now).days
        span = f"{days:,} days" if days != 1 else "1 day"
        if now > self.ends:
            return f"expired on {self.ends:%Y-%m-%d %H:%M} UTC, {span} ago"
        return f"valid until {self.ends:%Y-%m-%d %H:%M} UTC, for {span}"


def read_certificate(der: bytes) -> Certificate | None:
    """Return what a DER certificate says, or None if it cannot be read."""
    made = read_x509(der)
    return None if made is None else certificate_of(made)


def read_x509(data: bytes) -> x509.Certificate | None:
    """Return a certificate, DER or PEM, or None if a part that is shown cannot be read."""
    from cryptography import x509  # noqa: PLC0415 -- 80 ms, for diagnoses and -v alone

    pem = data.startswith(b"-----")
    load = x509.load_pem_x509_certificate if pem else x509.load_der_x509_certificate
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of old roots with serial numbers that are not positive
        try:
            made = load(data)
            certificate_of(made)
        except ValueError:
            return None
    return made


def certificate_of(made: x509.Certificate) -> Certificate:
    """Return what a certificate says.

    Raises:
        ValueError: A part of it cannot be read.
    """
    return Certificate(
        _alternative_names(made) or _common_names(made.subject),
        _one_name(made.subject),
        _one_name(made.issuer),
        _is_authority(made),
        made.issuer == made.subject,
        made.not_valid_before_utc,
        made.not_valid_after_utc,
    )


def _one_name(name: x509.Name) -> str:
    return next(iter(_common_names(name)), name.rfc4514_string() or _UNKNOWN)


def _is_authority(made: x509.Certificate) -> bool:
    from cryptography import x509  # noqa: PLC0415 -- as above

    try:
        return made.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except x509.ExtensionNotFound:
        return False


def _alternative_names(made: x509.Certificate) -> tuple[str, ...]:
    from cryptography import x509  # noqa: PLC0415 -- as above

    try:
        names = made.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return ()
    return (
        *names.get_values_for_type(x509.DNSName),
        *map(str, names.get_values_for_type(x509.IPAddress)),
    )


def _common_names(name: x509.Name) -> tuple[str, ...]:
    from cryptography import x509  # noqa: PLC0415 -- as above

    found = name.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
    return tuple(str(attribute.value) for attribute in found)
