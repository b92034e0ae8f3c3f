"""The header block of a request, prepared once for all calls of a method.

Source: PROTOCOL-HTTP2.md, "Requests". Only `grpc-timeout` differs between calls, so the block is
what stands before it, it, and what stands behind it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from rpcx.transport.protocol import is_own
from rpcx.transport.wire.grpc_rules import metadata_fields, timeout_text
from rpcx.transport.wire.headers import encode, encode_field
from rpcx.transport.wire.messages import ACCEPTED_ENCODINGS, compressor

if TYPE_CHECKING:
    from rpcx.results import Metadata


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
    """

    def __init__(self, origin: Origin, path: str, metadata: Metadata) -> None:
        self._before = encode(
            (
                (b":method", b"POST"),
                (b":scheme", origin.scheme.encode()),
                (b":path", path.encode()),
                (b":authority", origin.authority.encode()),
                (b"te", b"trailers"),
            )
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
        self._behind = encode(fields)
        self._own = encode(metadata_fields(metadata))
        self._last: tuple[float | None, Metadata | None, bytes] = (-1.0, None, b"")

    def block(self, timeout_s: float | None, metadata: Metadata | None = None) -> bytes:
        """Return the block of a call.

        Args:
            timeout_s: What is left of its deadline, in seconds; None for none.
            metadata: In place of the method's; None for that.
        """
        # One tuple, so that another thread never sees the block of other arguments.
        last_timeout_s, last_metadata, block = self._last
        if timeout_s == last_timeout_s and metadata is last_metadata:
            return block
        timeout = b""
        if timeout_s is not None:
            timeout = encode_field(b"grpc-timeout", timeout_text(timeout_s))
        own = self._own if metadata is None else encode(metadata_fields(metadata))
        block = self._before + timeout + self._behind + own
        self._last = (timeout_s, metadata, block)
        return block
