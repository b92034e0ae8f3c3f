"""Results as JSON lines: the `message` and `record` forms of design and README.

Each form is a function from one result to one line of bytes without its line end. A
response is decoded to JSON once, by the function that the command passes in, and
spliced into the line as it is.
"""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

import orjson

from rpcx.errors import DataError
from rpcx.results import Status

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from rpcx.results import CallResult, Metadata, Outcome

    Decode = Callable[[bytes], bytes]
    Details = Callable[[Metadata], list[Any]]
    Shown = Callable[[Metadata], Metadata]


def error_object(outcome: Outcome, details: Details) -> dict[str, Any]:
    """What is known of a failure: the status text, and its decoded details."""
    return {"message": outcome.details, "details": details(outcome.trailers)}


def metadata_list(metadata: Sequence[tuple[str, str | bytes]]) -> list[list[str]]:
    """Pairs for JSON; `-bin` values in base64, as they travel."""
    return [
        [key, base64.b64encode(value).decode() if isinstance(value, bytes) else value]
        for key, value in metadata
    ]


def metadata_pairs(outcome: Outcome, shown: Shown) -> bytes:
    """`headers` and `trailers`, where the server sent any beyond gRPC's own.

    Args:
        outcome: How the call ended.
        shown: What of metadata may be shown.
    """
    tail = b""
    for name, metadata in ((b"headers", outcome.headers), (b"trailers", outcome.trailers)):
        pairs = [pair for pair in shown(metadata) if not pair[0].startswith("grpc-")]
        if pairs:
            tail += b',"%b":%b' % (name, _json(metadata_list(pairs)))
    return tail


def _json(value: Any) -> bytes:
    try:
        return orjson.dumps(value)
    except (orjson.JSONEncodeError, UnicodeEncodeError):
        # Lone surrogates, from status text that is no UTF-8.
        return orjson.dumps(_clean(value))


def _clean(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, dict):
        return {_clean(key): _clean(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_clean(item) for item in value]
    return value


def undecoded(message: bytes, decode: Decode) -> bytes:
    """Return members for a message that cannot be decoded: its bytes, and what can be read.

    Args:
        message: The bytes that came.
        decode: Returns the JSON of a message; it may read some that protobuf refuses.
    """
    members = b',"undecoded":"%b"' % base64.b64encode(message)
    try:
        return b',"response":' + decode(message) + members
    except DataError:
        return members


def call_record(
    method: str, decode: Decode, details: Details, shown: Shown
) -> Callable[[CallResult], bytes]:
    """The `record` form of the calls of one method, `package.Service/Method`."""
    prefix = b',"method":' + _json(method)

    def line(result: CallResult) -> bytes:
        outcome = result.outcome
        at = outcome.at
        head = b'{"seq":%d%b,"status":"%b","latency_ms":%.3f,"service_ms":%.3f' % (
            result.seq,
            prefix,
            outcome.status.name.encode(),
            (at - result.due) * 1e3,
            (at - result.started) * 1e3,
        )
        if outcome.status is Status.OK and outcome.message is not None:
            head += b',"response":' + decode(outcome.message)
        else:
            head += b',"error":' + _json(error_object(outcome, details))
            if outcome.message is not None:
                head += undecoded(outcome.message, decode)
        if result.cancelled:
            head += b',"cancelled":true'
        held = outcome.held
        if held is not None:
            head += b',"queued_ms":%.3f,"blocked_ms":%.3f' % (
                held.queued_s * 1e3,
                held.blocked_s * 1e3,
            )
        if outcome.headers or outcome.trailers:
            head += metadata_pairs(outcome, shown)
        return head + b"}"

    return line


def call_message(decode: Decode) -> Callable[[CallResult], bytes | None]:
    """The `message` form: the response alone, and nothing for a failed call.

    What can be read of a response that protobuf refuses is shown: it came all the same.
    """

    def line(result: CallResult) -> bytes | None:
        message = result.outcome.message
        if message is None:
            return None
        try:
            return decode(message)
        except DataError:
            if result.outcome.status is Status.OK:
                raise
            return None

    return line


def json_line(value: Any) -> bytes:
    """Any JSON value as one compact document."""
    return _json(value)
