"""Details of failures in words."""

from __future__ import annotations

from typing import Any

import pytest
from google.protobuf import descriptor_pool
from google.rpc import error_details_pb2 as rpc
from google.rpc import status_pb2

from rpcx.codec.details import decode_details
from rpcx.output.details import detail_lines

VIOLATION = {"subject": "project:1", "description": "too many calls"}


def shown(detail: Any) -> list[str]:
    """The lines of a detail that a server packed."""
    status = status_pb2.Status()
    status.details.add().Pack(detail)
    [[decoded]] = [decode_details(status.SerializeToString(), descriptor_pool.Default())[1]]
    return detail_lines(decoded)


@pytest.mark.parametrize(
    ("detail", "lines"),
    [
        (
            rpc.ErrorInfo(reason="STOCKOUT", domain="shop", metadata={"zone": "a"}),
            ["reason STOCKOUT of shop (zone: a)"],
        ),
        (rpc.ErrorInfo(reason="R"), ["reason R"]),
        (
            rpc.BadRequest(
                field_violations=[
                    {"field": "name", "description": "is empty"},
                    {"field": "a.b", "description": "is no age"},
                ]
            ),
            ["field name: is empty", "field a.b: is no age"],
        ),
        (rpc.RetryInfo(retry_delay={"seconds": 3}), ["try again after 3s"]),
        (rpc.QuotaFailure(violations=[VIOLATION]), ["quota of project:1: too many calls"]),
        (
            rpc.PreconditionFailure(violations=[{"type": "TOS", **VIOLATION}]),
            ["TOS project:1: too many calls"],
        ),
        (rpc.RequestInfo(request_id="7", serving_data="s"), ["request 7: s"]),
        (
            rpc.ResourceInfo(resource_type="file", resource_name="x", owner="o", description="-"),
            ["file x of o: -"],
        ),
        (
            rpc.Help(links=[{"description": "more", "url": "https://x"}, {"url": "https://y"}]),
            ["more: https://x", "https://y"],
        ),
        (rpc.LocalizedMessage(locale="de", message="Nein"), ["Nein (de)"]),
        (
            rpc.DebugInfo(detail="at", stack_entries=["a.go:1", "b.go:2"]),
            ["at", "  a.go:1", "  b.go:2"],
        ),
        # Nothing said is no line lost.
        (rpc.BadRequest(), ["BadRequest {}"]),
        (status_pb2.Status(code=3), ['Status {"code":3}']),
    ],
)  # fmt: skip
def test_in_words(detail: Any, lines: list[str]) -> None:
    """Each message of google.rpc is told in words, others as JSON."""
    assert shown(detail) == lines


@pytest.mark.parametrize(
    "detail",
    [
        {"@type": "x/google.rpc.ErrorInfo", "reason": "R", "new": 1},
        {"@type": "x/google.rpc.QuotaFailure", "violations": [{"subject": "s", "quotaId": "q"}]},
        {"@type": "x/google.rpc.ErrorInfo", "metadata": "none"},
        {"@type": "x/google.rpc.RequestInfo", "requestId": 1, "servingData": 2},
        {"@type": "x/no.Such", "@value": "AA=="},
        {"@type": "", "@value": "AA=="},
    ],
)
def test_nothing_is_left_out(detail: dict[str, Any]) -> None:
    """What there are no words for is there as JSON."""
    [line] = detail_lines(detail)
    for key, value in detail.items():
        if key != "@type" and isinstance(value, str | int):
            assert f'"{key}":' in line
            assert str(value) in line


def test_made_safe() -> None:
    """What a server says is no command to a terminal."""
    assert shown(rpc.LocalizedMessage(message="\x1b[2J")) == ["\\u001b[2J"]
