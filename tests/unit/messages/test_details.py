"""The details of failures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from google.protobuf import any_pb2, duration_pb2
from google.rpc import error_details_pb2, status_pb2

from rpcx.codec.details import decode_details, status_details

if TYPE_CHECKING:
    from google.protobuf.descriptor_pool import DescriptorPool


def status(*details: Any) -> bytes:
    """A serialized status with these details."""
    made = status_pb2.Status(code=5, message="no such cat")
    for detail in details:
        if isinstance(detail, any_pb2.Any):
            made.details.append(detail)
        else:
            made.details.add().Pack(detail)
    return bytes(made.SerializeToString())


def test_usual_details(pool: DescriptorPool) -> None:
    """The messages of google.rpc are known although no schema has them."""
    info = error_details_pb2.ErrorInfo(reason="GONE", metadata={"cat": "Tom"})
    retry = error_details_pb2.RetryInfo(retry_delay=duration_pb2.Duration(seconds=1))
    assert decode_details(status(info, retry), pool) == (
        "no such cat",
        [
            {
                "@type": "type.googleapis.com/google.rpc.ErrorInfo",
                "reason": "GONE",
                "metadata": {"cat": "Tom"},
            },
            {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "1s"},
        ],
    )


def test_details_of_the_schema(pool: DescriptorPool) -> None:
    """The schema's own messages and well-known types are details too."""
    mine = any_pb2.Any(type_url="x/rpcx.test.three.Plain", value=b"\x0a\x01m")
    span = duration_pb2.Duration(seconds=2)
    assert decode_details(status(mine, span), pool)[1] == [
        {"@type": "x/rpcx.test.three.Plain", "message": "m"},
        {"@type": "type.googleapis.com/google.protobuf.Duration", "value": "2s"},
    ]


def test_unknown_details(pool: DescriptorPool) -> None:
    """What is unknown, or is not what it says, is shown with its bytes; a source is asked."""
    asked: list[str] = []

    def find(name: str) -> bool:
        asked.append(name)
        return False

    strange = any_pb2.Any(type_url="x/no.Such", value=b"\x01\x02")
    broken = any_pb2.Any(type_url="x/google.rpc.ErrorInfo", value=b"\xff")
    assert decode_details(status(strange, broken), pool, find)[1] == [
        {"@type": "x/no.Such", "@value": "AQI="},
        {"@type": "x/google.rpc.ErrorInfo", "@value": "/w=="},
    ]
    assert "no.Such" in asked


@pytest.mark.parametrize("data", [b"\xff", b"\x0a"])
def test_no_status(pool: DescriptorPool, data: bytes) -> None:
    """A trailer that is no status is shown with its bytes."""
    message, [detail] = decode_details(data, pool)
    assert message == ""
    assert detail.keys() == {"@type", "@value"}


def test_out_of_trailers(pool: DescriptorPool) -> None:
    """The trailer is found by its name; without it there are no details."""
    trailers = (("x", "y"), ("grpc-status-details-bin", status(duration_pb2.Duration(seconds=1))))
    assert len(status_details(trailers, pool)) == 1
    assert status_details((("x", "y"),), pool) == []
