"""Files that are known whatever the schema holds: protobuf's own and Google's common ones.

Servers leave them out, since everybody has them: the well-known types, the messages of
google.rpc in which failures are detailed, and what options such as google.api.http are.
"""

from __future__ import annotations

import importlib
import re
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from google.protobuf.descriptor import Descriptor

_OURS: Final = re.compile(r"google/(?:protobuf|rpc|api|type)/[a-z0-9_]+\.proto")
_DEFINED_IN: Final = {
    "google.protobuf.Any": "google/protobuf/any.proto",
    "google.protobuf.Duration": "google/protobuf/duration.proto",
    "google.protobuf.Empty": "google/protobuf/empty.proto",
    "google.protobuf.FieldMask": "google/protobuf/field_mask.proto",
    "google.protobuf.Timestamp": "google/protobuf/timestamp.proto",
    **{
        f"google.protobuf.{name}": "google/protobuf/struct.proto"
        for name in ("ListValue", "NullValue", "Struct", "Value")
    },
    **{
        f"google.protobuf.{name}Value": "google/protobuf/wrappers.proto"
        for name in (
            *("Bool", "Bytes", "Double", "Float", "Int32"),
            *("Int64", "String", "UInt32", "UInt64"),
        )
    },
    **{
        f"google.rpc.{name}": "google/rpc/error_details.proto"
        for name in (
            *("BadRequest", "DebugInfo", "ErrorInfo", "Help", "LocalizedMessage"),
            *("PreconditionFailure", "QuotaFailure", "RequestInfo", "ResourceInfo", "RetryInfo"),
        )
    },
    "google.rpc.Status": "google/rpc/status.proto",
}


def file_of(symbol: str) -> str | None:
    """Return the name of the file that defines one of the well-known types, or None."""
    return _DEFINED_IN.get(symbol)


def serialized_file(name: str) -> bytes | None:
    """Return the serialized descriptor of one of these files, or None if it is another."""
    file = _load(name)
    return None if file is None else bytes(file.serialized_pb)


def message_type(name: str) -> Descriptor | None:
    """Return a well-known type from protobuf's own pool, or None if it is another."""
    file = _load(_DEFINED_IN.get(name, ""))
    if file is None:
        return None
    found: Descriptor | None = file.message_types_by_name.get(name.rpartition(".")[2])
    return found


def _load(name: str) -> Any:
    """Return the file's descriptor; a name that a server gave imports nothing but these."""
    if not _OURS.fullmatch(name):
        return None
    try:
        module = importlib.import_module(name.removesuffix(".proto").replace("/", ".") + "_pb2")
    except ImportError:
        return None
    return module.DESCRIPTOR
