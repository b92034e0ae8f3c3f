"""What a call asks of reflection does not grow with what else the server holds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from google.protobuf.descriptor_pb2 import FileDescriptorProto, FileDescriptorSet
from schema_server import SchemaServer

if TYPE_CHECKING:
    from collections.abc import Callable


def service(number: int) -> FileDescriptorProto:
    """A file with one service."""
    package = f"many{number}"
    file = FileDescriptorProto(name=f"{package}.proto", package=package, syntax="proto3")
    file.message_type.add(name="M").field.add(name="f", number=1, type=9, label=1)
    file.service.add(name="S").method.add(
        name="Echo", input_type=f".{package}.M", output_type=f".{package}.M"
    )
    return file


@pytest.mark.parametrize(
    "command",
    [("call", "many1.S/Echo", "-d", '{"f":"x"}'), ("describe", "many1.M"), ("list", "many1.S")],
    ids=lambda command: command[0],
)
def test_reflection_costs_the_same(rpcx: Callable[..., Any], command: tuple[str, ...]) -> None:
    """Among 500 services one is asked for in as many round trips and bytes as among 2."""
    costs = []
    for count in (2, 500):
        files = FileDescriptorSet(file=[service(number) for number in range(count)])
        with SchemaServer(files, {"/many1.S/Echo": lambda request, _: request}) as server:
            name, *rest = command
            result = rpcx(name, server.address, *rest, "-p")
            assert result.code == 0, result.err
            costs.append((len(server.headers), server.reflection.asked, server.answered_bytes))
    assert costs[0] == costs[1]
    streams, questions, _ = costs[0]
    assert (streams, len(questions)) == (1, 1)
