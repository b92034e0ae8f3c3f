"""What a header block says of a call: response headers, trailers, or both in one.

Sources: RFC 9113, sections 8.1 to 8.3 (which blocks are malformed: a stream error), and gRPC's
PROTOCOL-HTTP2.md, "Responses".
"""

from __future__ import annotations

import enum
from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

from rpcx.results import Status
from rpcx.transport.wire.frames import ErrorCode, StreamFault
from rpcx.transport.wire.grpc_rules import STATUSES, binary_values, status_of_http, status_text

if TYPE_CHECKING:
    from rpcx.results import Metadata
    from rpcx.transport.wire.headers import Fields

_OK_HTTP: Final = 200
_SUCCESS: Final = 2
_CONTENT_TYPE: Final = "application/grpc"
_LONGEST_BODY_SHOWN: Final = 200
_WITHOUT_CONTENT: Final = frozenset({204, 304})
"""These may say how long content would be that they do not have (RFC 9110, section 6.4.1)."""

_MOST_DIGITS: Final = 19


class _Kind(enum.Enum):
    """What a field is that means something here."""

    CONTENT_TYPE = enum.auto()
    CONTENT_LENGTH = enum.auto()
    STATUS = enum.auto()
    MESSAGE = enum.auto()
    ENCODING = enum.auto()
    ACCEPTED = enum.auto()
    OF_CONNECTIONS = enum.auto()


_KINDS: Final = {
    "content-type": _Kind.CONTENT_TYPE,
    "content-length": _Kind.CONTENT_LENGTH,
    "grpc-status": _Kind.STATUS,
    "grpc-message": _Kind.MESSAGE,
    "grpc-encoding": _Kind.ENCODING,
    "grpc-accept-encoding": _Kind.ACCEPTED,
    **dict.fromkeys(
        ("connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade"),
        _Kind.OF_CONNECTIONS,
    ),
}


class Block(NamedTuple):
    """One header block of a response.

    Attributes:
        http: The HTTP status; 0 in trailers, which have none.
        content_type: Its `content-type`, empty where there is none.
        status: Its `grpc-status`; None where there is none.
        details: Its `grpc-message`, decoded.
        encoding: Its `grpc-encoding`; None where there is none.
        metadata: All other fields, in their order.
        is_grpc: Whether what follows such headers are messages of gRPC.
        content_length: Its `content-length`, in bytes; None in trailers, and where there is none.
        is_usual: Whether messages of gRPC follow, however many bytes they are.
    """

    http: int
    content_type: str
    status: Status | None
    details: str
    encoding: str | None
    metadata: Metadata
    is_grpc: bool
    content_length: int | None
    is_usual: bool

    @property
    def is_interim(self) -> bool:
        """Whether it is a 1xx response: the response itself follows (RFC 9113, section 8.1)."""
        return 0 < self.http < 100 * _SUCCESS

    def check_length(self, received: int, *, ends: bool = True) -> None:
        """Refuse content of another length than such headers say (RFC 9113, section 8.1.1).

        Args:
            received: The bytes of DATA of the response so far, without padding.
            ends: Whether there will be no more.

        Raises:
            StreamFault: They say another one.
        """
        due = self.content_length
        if due is None or received == due or (received < due and not ends):
            return
        if received or self.http not in _WITHOUT_CONTENT:
            raise _malformed(f"a content-length of {due} and {received} bytes of content")

    def refusal(self, body: bytes = b"") -> tuple[Status, str]:
        """Return the status and text of a call whose response is not one of gRPC.

        Args:
            body: The first bytes of what came in place of messages.
        """
        said = body.decode("utf-8", "replace").strip()[:_LONGEST_BODY_SHOWN]
        shown = f': "{said}"' if said else ""
        status = status_of_http(self.http)
        if self.http != _OK_HTTP:
            return status, f"Received http2 header with status: {self.http}{shown}"
        kind = f"content-type {self.content_type!r}" if self.content_type else "no content-type"
        if self.content_type.startswith(_CONTENT_TYPE):
            status = Status.INTERNAL
        return status, f"Received http2 header with status: {self.http} and {kind}{shown}"


def read_block(fields: Fields) -> Block:  # noqa: C901, PLR0912 -- a case for each kind of field
    """Return what the fields of a block say.

    Raises:
        StreamFault: The block is malformed.
    """
    http, content_type, details = 0, "", ""
    status: Status | None = None
    encoding: str | None = None
    length: int | None = None
    metadata: list[tuple[str, str | bytes]] = []
    regular = False
    for name, value in fields:
        kind = _KINDS.get(name)
        if kind is None and name[0] == ":":
            if name != ":status" or http or regular:
                raise _malformed(f"the pseudo-header {name} where it may not be")
            http = _http_status(value)
            continue
        regular = True
        if kind is None:
            if name.endswith("-bin"):
                metadata += [(name, one) for one in _binary(name, value)]
            else:
                metadata.append((name, value))
        elif kind is _Kind.CONTENT_TYPE:
            content_type = value
        elif kind is _Kind.CONTENT_LENGTH:
            if http:
                length = _content_length(value, length)
            metadata.append((name, value))
        elif kind is _Kind.STATUS:
            status = STATUSES.get(value, Status.UNKNOWN)
        elif kind is _Kind.MESSAGE:
            details = status_text(value)
        elif kind is _Kind.ENCODING:
            encoding = value
        elif kind is _Kind.OF_CONNECTIONS:
            raise _malformed(f"the header {name}, which HTTP/2 does not have")
    is_grpc = http == _OK_HTTP and _is_grpc(content_type)
    usual = is_grpc and length is None
    own = tuple(metadata)
    return Block(http, content_type, status, details, encoding, own, is_grpc, length, usual)


@lru_cache(maxsize=256)
def _is_grpc(content_type: str) -> bool:
    """Return whether a content-type is of gRPC, with the codec that rpcx asked for.

    `application/grpc-web` is another protocol.
    """
    kind, _, codec = content_type.partition(";")[0].strip().partition("+")
    return kind == _CONTENT_TYPE and codec in ("", "proto")


def _binary(name: str, value: str) -> list[bytes]:
    try:
        return binary_values(value)
    except ValueError:
        raise _malformed(f"the header {name} with a value that is not base64") from None


@lru_cache(maxsize=256)
def _http_status(value: str) -> int:
    if not (len(value) == len("200") and value.isascii() and value.isdigit()):
        raise _malformed(f"the HTTP status {value[:20]!r}")
    code = int(value)
    if code < 100 or code == 101:  # noqa: PLR2004 -- 101 is not for HTTP/2 (RFC 9113, section 8.6)
        raise _malformed(f"the HTTP status {code}")
    return code


def _content_length(value: str, before: int | None) -> int:
    """Return a `content-length`; given twice, both must say the same (RFC 9110, section 8.6)."""
    if not (value.isascii() and value.isdigit() and len(value) <= _MOST_DIGITS):
        raise _malformed(f"the content-length {value[:20]!r}")
    length = int(value)
    if before not in (None, length):
        raise _malformed(f"the content-lengths {before} and {length}")
    return length


def _malformed(text: str) -> StreamFault:
    return StreamFault(ErrorCode.PROTOCOL_ERROR, f"a response with {text}")
