"""What a server's certificate says of itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import datetime as dt

_UNKNOWN = "an unnamed authority"


class Certificate(NamedTuple):
    """The parts of a certificate that people ask for.

    Attributes:
        names: DNS names and IP addresses it is for; the common name where there are none.
        issuer: Who signed it.
        self_signed: Whether that is itself.
        begins: When it becomes valid.
        ends: When it expires.
    """

    names: tuple[str, ...]
    issuer: str
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
    """Read a DER certificate; None where it is none."""
    from cryptography import x509  # noqa: PLC0415 -- 80 ms, for diagnoses and -v alone

    try:
        made = x509.load_der_x509_certificate(der)
        names = _alternative_names(made)
        begins, ends = made.not_valid_before_utc, made.not_valid_after_utc
    except ValueError:
        return None
    return Certificate(
        names or _common_names(made.subject),
        next(iter(_common_names(made.issuer)), made.issuer.rfc4514_string() or _UNKNOWN),
        made.issuer == made.subject,
        begins,
        ends,
    )


def _alternative_names(made: object) -> tuple[str, ...]:
    from cryptography import x509  # noqa: PLC0415 -- as above

    assert isinstance(made, x509.Certificate)  # noqa: S101 -- the one caller
    try:
        names = made.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return ()
    return (
        *names.get_values_for_type(x509.DNSName),
        *map(str, names.get_values_for_type(x509.IPAddress)),
    )


def _common_names(name: object) -> tuple[str, ...]:
    from cryptography import x509  # noqa: PLC0415 -- as above

    assert isinstance(name, x509.Name)  # noqa: S101 -- the one caller
    found = name.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
    return tuple(str(attribute.value) for attribute in found)
