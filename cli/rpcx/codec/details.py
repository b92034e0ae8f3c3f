"""The details of a failure: `google.rpc.Status` in the trailer `grpc-status-details-bin`.

The rule is gRPC's "richer error model" (grpc.io/docs/guides/error). The usual messages of
google/rpc/error_details.proto are known whatever the schema has.
"""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from google.protobuf.descriptor_pool import DescriptorPool

    from rpcx.results import Metadata

_TRAILER: Final = "grpc-status-details-bin"


def status_details(trailers: Metadata, pool: DescriptorPool) -> list[dict[str, Any]]:
    """The details as JSON objects with their type under `@type`, as protobuf maps an Any.

    One whose type is unknown, or whose bytes do not fit it, keeps them in base64 under
    `value`: nothing is lost and nothing fails.
    """
    data = next((value for key, value in trailers if key == _TRAILER), None)
    if not isinstance(data, bytes):
        return []
    from google.protobuf.message import DecodeError  # noqa: PLC0415 -- only where a call failed
    from google.rpc import error_details_pb2, status_pb2  # noqa: PLC0415 -- likewise

    try:
        status = status_pb2.Status.FromString(data)
    except DecodeError:
        return [{"@type": "", "value": base64.b64encode(data).decode()}]
    pools = (pool, error_details_pb2.DESCRIPTOR.pool)
    return [_detail(any_.type_url, any_.value, pools) for any_ in status.details]


def _detail(type_url: str, value: bytes, pools: tuple[Any, ...]) -> dict[str, Any]:
    from google.protobuf import json_format, message_factory  # noqa: PLC0415 -- as above
    from google.protobuf.message import DecodeError  # noqa: PLC0415 -- as above

    name = type_url.rpartition("/")[2]
    for pool in pools:
        try:
            message = message_factory.GetMessageClass(pool.FindMessageTypeByName(name))
            parsed = message.FromString(value)
            fields: Any = json_format.MessageToDict(parsed, descriptor_pool=pool)
        except (KeyError, DecodeError, TypeError, ValueError, json_format.Error):
            continue
        return {"@type": type_url} | (fields if isinstance(fields, dict) else {"value": fields})
    return {"@type": type_url, "value": base64.b64encode(value).decode()}
