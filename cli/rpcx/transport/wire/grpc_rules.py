"""What gRPC says on top of HTTP/2: statuses, timeouts, and the spelling of metadata.

Sources: gRPC's doc/PROTOCOL-HTTP2.md and doc/http-grpc-status-mapping.md.
"""

from __future__ import annotations

import base64
import binascii
import re
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote_to_bytes

from rpcx.results import Status
from rpcx.transport.wire.frames import ErrorCode

if TYPE_CHECKING:
    from rpcx.results import Metadata

STATUSES: Final = {str(status.value): status for status in Status}
"""The values of `grpc-status`; another one is UNKNOWN."""

_STATUS_OF_HTTP: Final = {
    400: Status.INTERNAL,
    401: Status.UNAUTHENTICATED,
    403: Status.PERMISSION_DENIED,
    404: Status.UNIMPLEMENTED,
    429: Status.UNAVAILABLE,
    502: Status.UNAVAILABLE,
    503: Status.UNAVAILABLE,
    504: Status.UNAVAILABLE,
}

_STATUS_OF_RESET: Final = {
    ErrorCode.REFUSED_STREAM: Status.UNAVAILABLE,
    ErrorCode.CANCEL: Status.CANCELLED,
    ErrorCode.ENHANCE_YOUR_CALM: Status.RESOURCE_EXHAUSTED,
    ErrorCode.INADEQUATE_SECURITY: Status.PERMISSION_DENIED,
    # HTTP_1_1_REQUIRED and codes that are not known: as the document leaves them.
    ErrorCode.STREAM_CLOSED: Status.UNKNOWN,
    ErrorCode.HTTP_1_1_REQUIRED: Status.UNKNOWN,
}

_UNITS: Final = (("n", 1), ("u", 1_000), ("m", 1_000_000), ("S", 1_000_000_000))
_LONG_UNITS: Final = (("M", 60_000_000_000), ("H", 3_600_000_000_000))
_LARGEST_TIMEOUT: Final = 99_999_999
"""At most eight digits."""


def status_of_http(code: int) -> Status:
    """Return the status of a response that has an HTTP status and no `grpc-status`."""
    return _STATUS_OF_HTTP.get(code, Status.UNKNOWN)


def status_of_reset(code: int) -> Status:
    """Return the status of a stream that the peer ended by RST_STREAM with this code."""
    if code > ErrorCode.HTTP_1_1_REQUIRED:
        return Status.UNKNOWN
    return _STATUS_OF_RESET.get(ErrorCode(code), Status.INTERNAL)


def timeout_text(seconds: float) -> bytes:
    """Return the value of `grpc-timeout`, never longer than the given time.

    Args:
        seconds: Above 0; it is rounded down to eight digits of the smallest unit that holds it.
    """
    nanoseconds = max(int(seconds * 1e9), 1)
    for unit, length in (*_UNITS, *_LONG_UNITS):
        if nanoseconds // length <= _LARGEST_TIMEOUT:
            return b"%d%s" % (nanoseconds // length, unit.encode())
    return b"%dH" % _LARGEST_TIMEOUT


_PERCENT: Final = re.compile("%[0-9A-Fa-f]{2}")


def status_text(encoded: str) -> str:
    """Return `grpc-message` decoded; what is not valid is kept, or replaced, and never fails."""
    if not _PERCENT.search(encoded):
        return encoded
    return unquote_to_bytes(encoded).decode("utf-8", "replace")


def binary_values(encoded: str) -> list[bytes]:
    """Return the values of a `-bin` header: base64, padded or not, several joined by commas.

    Raises:
        ValueError: One is not base64.
    """
    values = []
    for piece in encoded.split(","):
        text = piece.strip().rstrip("=")
        try:
            values.append(base64.b64decode(text + "=" * (-len(text) % 4), validate=True))
        except binascii.Error as error:
            raise ValueError(str(error)) from None
    return values


def metadata_fields(metadata: Metadata) -> list[tuple[bytes, bytes]]:
    """Return metadata as header fields; values of `-bin` keys as base64 without padding."""
    fields = []
    for key, value in metadata:
        name = key.encode("ascii")
        if isinstance(value, str):
            fields.append((name, value.encode("utf-8")))
        elif key.endswith("-bin"):
            fields.append((name, base64.b64encode(value).rstrip(b"=")))
        else:
            fields.append((name, value))
    return fields
