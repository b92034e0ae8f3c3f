"""Types that only an Any names: in requests, in responses, in the details of an error."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import grpc
import pytest
from google.protobuf import any_pb2
from google.rpc import status_pb2

if TYPE_CHECKING:
    from collections.abc import Callable

    from schema_server import SchemaServer

BOX = """
syntax = "proto3";
package box;
import "google/protobuf/any.proto";
message Box { google.protobuf.Any content = 1; repeated Box more = 2; }
service Boxes { rpc Echo(Box) returns (Box); rpc Fail(Box) returns (Box); }
"""
FAR = """
syntax = "proto3";
package far;
message Thing { string name = 1; }
"""
ECHO, FAIL = "box.Boxes/Echo", "box.Boxes/Fail"
THING = {"@type": "type.googleapis.com/far.Thing", "name": "n"}
UNKNOWN = {"@type": "type.googleapis.com/no.Such", "@value": "CgFu"}
FORMS = {
    "json": json.dumps({"content": THING}),
    "text": 'content { [type.googleapis.com/far.Thing] { name: "n" } }',
}
SERIALIZED = any_pb2.Any(type_url=THING["@type"], value=b"\x0a\x01n")


def fail(_request: bytes, context: grpc.ServicerContext) -> bytes:
    """End with a detail of a type that only reflection knows."""
    status = status_pb2.Status(code=5, message="gone", details=[SERIALIZED])
    context.set_trailing_metadata((("grpc-status-details-bin", status.SerializeToString()),))
    context.abort(grpc.StatusCode.NOT_FOUND, "gone")
    raise AssertionError


@pytest.fixture
def boxes(serve_schema: Callable[..., SchemaServer]) -> SchemaServer:
    """A server whose boxes hold things of another file, which no file imports."""
    return serve_schema(
        {"box.proto": BOX, "far.proto": FAR}, Echo=lambda request, _: request, Fail=fail
    )


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("way", ["literal", "file", "stdin"])
def test_in_a_request(
    rpcx: Callable[..., Any], boxes: SchemaServer, tmp_path: Any, form: str, way: str
) -> None:
    """The type in an Any comes from reflection, wherever the request comes from."""
    (tmp_path / "data").write_text(FORMS[form])
    data = {"literal": FORMS[form], "file": f"@{tmp_path}/data", "stdin": "@-"}[way]
    result = rpcx(
        "call", "-p", boxes.address, ECHO, "--input-format", form, "-d", data, input=FORMS[form]
    )
    assert (result.code, result.err) == (0, "")
    assert result.json == {"content": THING}


def test_in_a_response(rpcx: Callable[..., Any], boxes: SchemaServer) -> None:
    """A response's Any is opened by a type that no request named, looked up once."""
    data = b"\x0a" + bytes([SERIALIZED.ByteSize()]) + SERIALIZED.SerializeToString()
    result = rpcx(
        "call", "-p", boxes.address, ECHO, "--input-format", "binary", "-d", "@-", input=data
    )
    assert (result.code, result.json) == (0, {"content": THING}), result.err
    result = rpcx("call", "-p", boxes.address, FAIL, "-o", "record")
    assert result.json["error"]["details"] == [THING]
    asked = [name for _, name in boxes.reflection.asked if name == "far.Thing"]
    assert len(asked) == 2


def test_unknown_types(rpcx: Callable[..., Any], boxes: SchemaServer) -> None:
    """One that nobody knows shows its bytes, fails nothing, and is asked for once."""
    request = json.dumps({"content": UNKNOWN, "more": [{"content": UNKNOWN}]})
    result = rpcx("call", "-p", boxes.address, ECHO, "-d", request, "-n", "50", "-q")
    assert (result.code, result.err) == (0, "")
    assert result.documents == [json.loads(request)] * 50
    assert [name for _, name in boxes.reflection.asked].count("no.Such") == 1


def test_unknown_type_in_a_request(rpcx: Callable[..., Any], boxes: SchemaServer) -> None:
    """A request of such a type is refused in a sentence that says what would work."""
    request = '{"content":{"@type":"x/no.Such","a":1}}'
    result = rpcx("call", "-p", boxes.address, ECHO, "-d", request)
    assert result.code == 1
    assert 'field content: the type "x/no.Such" is not known here' in result.err


def test_reflection_that_falls_silent(
    rpcx: Callable[..., Any], boxes: SchemaServer, tmp_path: Any
) -> None:
    """A reflection that ends with an error after the calls began costs the types, no more."""
    schema = str(tmp_path / "box.binpb")
    assert rpcx("describe", "-p", boxes.address, ECHO, "--protoset-out", schema).code == 0
    boxes.reflection.versions = []
    data = json.dumps({"content": {"@type": THING["@type"], "@value": "CgFu"}})
    result = rpcx("call", "-p", boxes.address, ECHO, "--protoset", schema, "-d", data)
    assert (result.code, result.err) == (0, "")
    assert result.json == json.loads(data)


def test_saved_with_the_rest(rpcx: Callable[..., Any], boxes: SchemaServer, tmp_path: Any) -> None:
    """--protoset-out has the types of an Any too, and the set then serves without reflection."""
    schema = str(tmp_path / "box.binpb")
    rpcx("call", "-p", boxes.address, FAIL, "--protoset-out", schema)
    boxes.reflection.versions = []
    result = rpcx("call", "-p", boxes.address, ECHO, "--protoset", schema, "-d", FORMS["json"])
    assert (result.code, result.json) == (0, {"content": THING}), result.err
