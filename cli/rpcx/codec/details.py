"""The details of a failure: `google.rpc.Status` in the trailer `grpc-status-details-bin`.

The rule is gRPC's "richer error model" (https://grpc.io/docs/guides/error/). The usual messages
of google/rpc/error_details.proto are known whatever the schema has.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import orjson

from rpcx.codec import builtin
from rpcx.codec.repair import BrokenError, Repair
from rpcx.codec.to_json import JsonPrinter, base64_text
from rpcx.codec.types import Types

if TYPE_CHECKING:
    from google.protobuf.descriptor_pool import DescriptorPool

    from rpcx.codec.types import Find
    from rpcx.results import Metadata

_TRAILER: Final = "grpc-status-details-bin"
_REPAIR: Final = Repair(always=True)


def status_details(
    trailers: Metadata, pool: DescriptorPool, find: Find | None = None
) -> list[dict[str, Any]]:
    """Return the details of a failure as `decode_details` does, out of its trailers."""
    data = next((value for key, value in trailers if key == _TRAILER), None)
    return decode_details(data, pool, find)[1] if isinstance(data, bytes) else []


def decode_details(
    data: bytes, pool: DescriptorPool, find: Find | None = None
) -> tuple[str, list[dict[str, Any]]]:
    """Return the message and the details of a serialized `google.rpc.Status`.

    Each detail is an object with its type under `@type`, as ProtoJSON has an Any. One whose
    type is unknown, or whose bytes do not fit it, has them in base64 under `@value`; so does
    the whole when it is no status. Nothing is lost and nothing fails.

    Args:
        data: The trailer's value.
        pool: The schema's, where types are looked up first.
        find: Asked for types that the pool lacks.
    """
    status = _status(data)
    if status is None:
        return "", [{"@type": "", "@value": base64_text(data)}]
    printer = JsonPrinter(Types(pool, find), repair=_REPAIR)
    return status.message, [_shown(printer, detail) for detail in status.details]


def _shown(printer: JsonPrinter, detail: Any) -> dict[str, Any]:
    """Return a detail as an object that orjson writes."""
    try:
        shown = printer.show_any(detail)
        orjson.dumps(shown)
    except (TypeError, RecursionError):  # endless nesting
        return {"@type": detail.type_url, "@value": base64_text(detail.value)}
    return shown


def _status(data: bytes) -> Any:
    descriptor = builtin.message_type("google.rpc.Status")
    if descriptor is None:  # googleapis-common-protos is not installed
        return None
    try:
        return _REPAIR.parse(descriptor, data)
    except BrokenError:
        return None
