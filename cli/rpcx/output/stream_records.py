"""What happens on streams as JSON lines: the `message` and `record` forms."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

from rpcx.errors import DataError
from rpcx.output.records import error_object, json_line, metadata_list, metadata_pairs
from rpcx.results import Status, StreamEnd

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from rpcx.output.records import Decode, Details, Shown
    from rpcx.results import StreamAnnouncement


def stream_record(
    begun: Sequence[float],
    decode_sent: Decode,
    decode_received: Decode,
    details: Details,
    shown: Shown,
) -> Callable[[StreamAnnouncement], bytes]:
    """The `record` form: a line for each message either way, and one for a stream's end.

    Args:
        begun: When each stream began: times are from there on. Streams are named by their
            numbers where there are several.
        decode_sent: JSON of a message that was sent.
        decode_received: JSON of one that was received.
        details: Decoded details of a failure.
        shown: What of metadata may be shown.
    """
    several = len(begun) > 1

    def received(message: bytes) -> bytes:
        try:
            return decode_received(message)
        except DataError as error:
            return b'null,"undecoded":"%b","error":%b' % (
                base64.b64encode(message),
                json_line({"message": str(error)}),
            )

    def line(result: StreamAnnouncement) -> bytes:
        stream = b',"stream":%d' % result.stream if several else b""
        if isinstance(result, StreamEnd):
            return _end(result, stream, details, shown)
        sent = result.sent
        return b'{"t_ms":%.3f%b,"direction":"%b","seq":%d,"worker":%d,"message":%b}' % (
            (result.at - begun[result.stream]) * 1e3,
            stream,
            b"sent" if sent else b"received",
            result.seq,
            result.worker,
            decode_sent(result.message) if sent else received(result.message),
        )

    return line


def _end(end: StreamEnd, stream: bytes, details: Details, shown: Shown) -> bytes:
    outcome = end.outcome
    line = b'{"t_ms":%.3f%b,"status":"%b","ended_by":"%b"' % (
        (outcome.at - end.begun) * 1e3,
        stream,
        outcome.status.name.encode(),
        end.ended_by.encode(),
    )
    half_close_ms = None if end.half_closed_at is None else (end.half_closed_at - end.begun) * 1e3
    line += b',"half_close_ms":' + (b"null" if half_close_ms is None else b"%.3f" % half_close_ms)
    line += b',"given":%d,"sent":%d,"received":%d,"after_half_close":%d' % (
        end.given,
        end.completed,
        end.received,
        end.after_half_close,
    )
    if outcome.status is not Status.OK:
        line += b',"error":' + json_line(error_object(outcome, details))
    return line + metadata_pairs(outcome, shown) + b"}"


def stream_ending(ends: Sequence[StreamEnd], details: Details, shown: Shown) -> dict[str, Any]:
    """What the server said at the end, for a summary: the first failure, a lone stream's metadata.

    Args:
        ends: How the streams ended.
        details: Decoded details of a failure.
        shown: What of metadata may be shown.
    """
    failed = next(
        (end for end in ends if end.outcome.status is not Status.OK and end.ended_by != "client"),
        None,
    )
    lone = ends[0].outcome if len(ends) == 1 else None
    return {
        "error": None if failed is None else error_object(failed.outcome, details),
        "headers": None if lone is None else metadata_list(shown(lone.headers)),
        "trailers": None if lone is None else metadata_list(shown(lone.trailers)),
    }


def stream_message(decode: Decode) -> Callable[[StreamAnnouncement], bytes | None]:
    """The `message` form: what was received."""

    def line(result: StreamAnnouncement) -> bytes | None:
        if isinstance(result, StreamEnd) or result.sent:
            return None
        try:
            return decode(result.message)
        except DataError:  # the failure of the stream says so at its end
            return None

    return line
