"""Server reflection: the index by itself, and both versions over the wire."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from google.protobuf import descriptor_pb2, text_format
from google.protobuf.descriptor_pool import DescriptorPool

from rpcx.demo.messages import Messages
from rpcx.demo.reflection import NAMES, Index

if TYPE_CHECKING:
    from collections.abc import Callable

MESSAGES = Messages()
REQUEST = MESSAGES.type("grpc.reflection.v1.ServerReflectionRequest")
RESPONSE = MESSAGES.type("grpc.reflection.v1.ServerReflectionResponse")

EXTENDED = """
name: "base.proto" package: "t"
message_type { name: "Base" extension_range { start: 100 end: 200 } }
"""
EXTENDING = """
name: "more.proto" package: "t" dependency: "base.proto"
extension { name: "more" extendee: ".t.Base" number: 120 label: LABEL_OPTIONAL type: TYPE_INT32 }
extension { name: "most" extendee: ".t.Base" number: 110 label: LABEL_OPTIONAL type: TYPE_INT32 }
"""


def names(response: dict[str, Any]) -> list[str]:
    """The names of the files in a response."""
    serialised = response["file_descriptor_response"]["file_descriptor_proto"]
    return [descriptor_pb2.FileDescriptorProto.FromString(data).name for data in serialised]


@pytest.fixture(scope="module")
def demo_index() -> Index:
    """The demo's own index."""
    return Index(MESSAGES.pool, MESSAGES.files, ["b.Second", "a.First"])


@pytest.fixture(scope="module")
def extension_index() -> Index:
    """An index of two files, one of which extends a message of the other."""
    pool, files = DescriptorPool(), {}
    for text in (EXTENDED, EXTENDING):
        file = text_format.Parse(text, descriptor_pb2.FileDescriptorProto())
        files[file.name] = file.SerializeToString()
        pool.AddSerializedFile(files[file.name])
    return Index(pool, files, [])


@pytest.mark.parametrize(
    ("symbol", "file"),
    [
        ("helloworld.Greeter", "helloworld.proto"),
        ("helloworld.Greeter.SayHello", "helloworld.proto"),
        ("helloworld.HelloRequest.name", "helloworld.proto"),
        ("rpcx.demo.Snapshot", "rpcx_demo.proto"),
        ("grpc.reflection.v1.ServerReflection", "grpc/reflection/v1/reflection.proto"),
        ("grpc.reflection.v1alpha.ErrorResponse", "grpc_reflection/v1alpha/reflection.proto"),
        ("grpc.health.v1.Health", "grpc_health/v1/health.proto"),
        ("grpc.health.v1.HealthCheckResponse.SERVING", "grpc_health/v1/health.proto"),
    ],
)
def test_symbols_of_every_kind_are_found(demo_index: Index, symbol: str, file: str) -> None:
    """Services, methods, messages, fields and enum values lead to their file."""
    assert names(demo_index.answer(REQUEST(file_containing_symbol=symbol))) == [file]


def test_a_file_comes_with_all_it_imports(demo_index: Index) -> None:
    """What a client cannot resolve by itself is in the same answer, each file once."""
    answer = demo_index.answer(REQUEST(file_containing_symbol="google.rpc.RetryInfo"))
    assert names(answer) == ["google/rpc/error_details.proto", "google/protobuf/duration.proto"]
    by_name = demo_index.answer(REQUEST(file_by_filename="google/rpc/error_details.proto"))
    assert by_name == answer


def test_the_demos_files_have_their_comments(demo_index: Index) -> None:
    """A described method can show what its author wrote."""
    answer = demo_index.answer(REQUEST(file_by_filename="echo.proto"))
    data = answer["file_descriptor_response"]["file_descriptor_proto"][0]
    file = descriptor_pb2.FileDescriptorProto.FromString(data)
    assert any(location.leading_comments for location in file.source_code_info.location)


def test_extensions_are_found(extension_index: Index) -> None:
    """An extension leads to its file and that file's imports; a type, to its numbers."""
    asked = {"containing_type": "t.Base", "extension_number": 120}
    answer = extension_index.answer(REQUEST(file_containing_extension=asked))
    assert names(answer) == ["more.proto", "base.proto"]
    numbers = extension_index.answer(REQUEST(all_extension_numbers_of_type="t.Base"))
    assert numbers == {
        "all_extension_numbers_response": {
            "base_type_name": "t.Base",
            "extension_number": [110, 120],
        }
    }


def test_services_are_listed_in_order(demo_index: Index) -> None:
    """Whatever order they were added in, the list is sorted."""
    assert demo_index.answer(REQUEST(list_services="")) == {
        "list_services_response": {"service": [{"name": "a.First"}, {"name": "b.Second"}]}
    }


@pytest.mark.parametrize(
    ("question", "quoted"),
    [
        ({"file_by_filename": "no.proto"}, "no.proto"),
        ({"file_containing_symbol": "no.Such"}, "no.Such"),
        ({"file_containing_symbol": ""}, "''"),
        (
            {"file_containing_extension": {"containing_type": "t.Base", "extension_number": 1}},
            "t.Base",
        ),
        (
            {"file_containing_extension": {"containing_type": "t.No", "extension_number": 1}},
            "t.No",
        ),
        ({"all_extension_numbers_of_type": "t.No"}, "t.No"),
    ],
)
def test_what_is_not_there_is_not_found(
    extension_index: Index, question: dict[str, Any], quoted: str
) -> None:
    """Each question without an answer gets NOT_FOUND, with what was asked."""
    error = extension_index.answer(REQUEST(**question))["error_response"]
    assert error["error_code"] == 5
    assert quoted in error["error_message"]


def test_no_question_is_an_invalid_argument(demo_index: Index) -> None:
    """A request that asks nothing is answered too, so that the stream goes on."""
    assert demo_index.answer(REQUEST())["error_response"]["error_code"] == 3


@pytest.mark.parametrize("service", NAMES)
def test_both_versions_answer(
    demo_server: str, demo_client: Callable[[str], Any], service: str
) -> None:
    """v1 and v1alpha list the same services, and repeat host and question in the answer."""
    stream = demo_client(demo_server).channel.stream_stream(
        f"/{service}/ServerReflectionInfo", REQUEST.SerializeToString, RESPONSE.FromString
    )
    questions = [
        REQUEST(host="here", list_services="*"),
        REQUEST(file_containing_symbol=service),
    ]
    listed, file = stream(iter(questions))
    assert listed.valid_host == "here"
    assert listed.original_request == questions[0]
    assert {entry.name for entry in listed.list_services_response.service} == {
        "grpc.examples.echo.Echo",
        "grpc.health.v1.Health",
        "grpc.reflection.v1.ServerReflection",
        "grpc.reflection.v1alpha.ServerReflection",
        "helloworld.Greeter",
        "routeguide.RouteGuide",
        "rpcx.demo.Stats",
    }
    assert len(file.file_descriptor_response.file_descriptor_proto) == 1
