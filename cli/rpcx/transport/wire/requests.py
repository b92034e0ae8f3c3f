"""The header block of a request, prepared once for all calls of a method on a connection.

Source: PROTOCOL-HTTP2.md, "Requests". Only `grpc-timeout` and metadata differ between calls, so the
block is what stands before the timeout, it, what stands behind it, and the metadata. Each part is
encoded once, until the encoder of the connection says that it would be encoded in another way.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from rpcx.transport.protocol import is_own
from rpcx.transport.wire.frames import (
    DATA,
    END_HEADERS,
    END_STREAM,
    HEADERS,
    SMALLEST_MAX_FRAME,
    head_before_stream,
)
from rpcx.transport.wire.grpc_rules import metadata_fields, timeout_text
from rpcx.transport.wire.headers import FIELD_OVERHEAD, list_size
from rpcx.transport.wire.messages import ACCEPTED_ENCODINGS, compressor

if TYPE_CHECKING:
    from rpcx.results import Metadata
    from rpcx.transport.wire.header_encoder import HeaderEncoder


_TIMEOUT: Final = b"grpc-timeout"
_LONGEST_TIMEOUT: Final = len(_TIMEOUT) + 9 + FIELD_OVERHEAD


class Origin(NamedTuple):
    """What the requests of one target have in common.

    Attributes:
        scheme: `http` or `https`.
        authority: The `:authority`.
        user_agent: The `user-agent`.
        encoding: What messages are compressed with; None for nothing.
    """

    scheme: str
    authority: str
    user_agent: str
    encoding: str | None


class RequestHead:
    """The header block of a method's calls.

    Args:
        origin: What is the same for all methods.
        path: `/package.Service/Method`.
        metadata: What is sent besides.

    Attributes:
        frame: Frames a message, compressed where that is asked for.
        longest: How large its list of fields can become, in bytes, with any timeout.
        is_short: Whether its block fits into one frame, whatever the timeout.
    """

    def __init__(self, origin: Origin, path: str, metadata: Metadata) -> None:
        self._before = (
            (b":method", b"POST"),
            (b":scheme", origin.scheme.encode()),
            (b":path", path.encode()),
            (b":authority", origin.authority.encode()),
            (b"te", b"trailers"),
        )
        fields = [
            (b"content-type", b"application/grpc"),
            (b"user-agent", origin.user_agent.encode()),
        ]
        encoding = None if is_own(path) else origin.encoding
        if encoding is not None:
            fields.append((b"grpc-encoding", encoding.encode()))
        fields.append((b"grpc-accept-encoding", ACCEPTED_ENCODINGS))
        self.frame = compressor(encoding)
        self._behind = fields
        self._own = metadata_fields(metadata)
        self._parts: tuple[object, bytes, bytes, bytes] = (None, b"", b"", b"")
        self._usual: tuple[object, bytes, float | None, tuple[bytes, bytes]]
        self._usual = (None, b"", None, (b"", b""))
        self._shared_size = list_size((*self._before, *fields))
        self._own_size = list_size(self._own)
        self.longest = self._shared_size + self._own_size + _LONGEST_TIMEOUT
        self.is_short = self.longest < SMALLEST_MAX_FRAME

    def usual(
        self, encoder: HeaderEncoder, timeout_s: float | None, request: bytes
    ) -> tuple[bytes, bytes]:
        """Return the two frames of a call without metadata of its own, each without its stream.

        Args:
            encoder: As for `block`.
            timeout_s: As for `block`.
            request: Its message, framed, no longer than a frame may be.

        Returns:
            What stands before the stream's number in HEADERS, and what stands between that and its
            number in DATA, which the message follows.
        """
        stamp, known, its_timeout_s, frames = self._usual
        if stamp is encoder.stamp and request is known and timeout_s == its_timeout_s:
            return frames
        stamp = encoder.stamp
        block = self.block(encoder, timeout_s)
        headers = head_before_stream(HEADERS, END_HEADERS, len(block))
        frames = headers, block + head_before_stream(DATA, END_STREAM, len(request))
        if stamp is encoder.stamp:
            self._usual = (stamp, request, timeout_s, frames)
        return frames

    def list_size(self, timeout_s: float | None, metadata: Metadata | None) -> int:
        """Return how large the list of fields of a call is, in bytes (RFC 9113, section 6.5.2).

        Args:
            timeout_s: As for `block`.
            metadata: As for `block`.
        """
        own = self._own_size if metadata is None else list_size(metadata_fields(metadata))
        timeout = () if timeout_s is None else ((_TIMEOUT, timeout_text(timeout_s)),)
        return self._shared_size + own + list_size(timeout)

    def block(
        self, encoder: HeaderEncoder, timeout_s: float | None, metadata: Metadata | None = None
    ) -> bytes:
        """Return the block of a call; it has to be sent before another is asked for.

        Args:
            encoder: Of the connection.
            timeout_s: What is left of its deadline, in seconds; None for none.
            metadata: In place of the method's; None for that.
        """
        stamp, before, behind, own = self._parts
        first_timeout = timeout_s is not None and not encoder.knows(_TIMEOUT)
        if stamp is not encoder.stamp or first_timeout:
            return self._encoded(encoder, timeout_s, metadata)
        timeout = b"" if timeout_s is None else self._timeout(encoder, timeout_s)
        if metadata is not None:
            own = encoder.encode(metadata_fields(metadata), keep=False)
        return before + timeout + behind + own

    def _encoded(
        self, encoder: HeaderEncoder, timeout_s: float | None, metadata: Metadata | None
    ) -> bytes:
        stamp = encoder.stamp
        before = encoder.encode(self._before)
        timeout = b"" if timeout_s is None else self._timeout(encoder, timeout_s)
        behind = encoder.encode(self._behind)
        if metadata is not None:
            return before + timeout + behind + encoder.encode(metadata_fields(metadata), keep=False)
        own = encoder.encode(self._own)
        if stamp is encoder.stamp:
            self._parts = (stamp, before, behind, own)
        return before + timeout + behind + own

    def _timeout(self, encoder: HeaderEncoder, timeout_s: float) -> bytes:
        """Return the timeout; the first enters the peer's table, and most are like that."""
        field = (_TIMEOUT, timeout_text(timeout_s))
        return encoder.encode((field,), keep=not encoder.knows(_TIMEOUT))
