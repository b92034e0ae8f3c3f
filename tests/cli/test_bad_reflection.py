"""Reflection that is there and does not serve, as somebody meets it at the command line."""

from __future__ import annotations

import json
import threading
import time
from typing import TYPE_CHECKING, Any

import grpc
import pytest
from google.protobuf.descriptor_pb2 import FileDescriptorProto, FileDescriptorSet
from schema_server import SchemaServer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

ECHO = "box.Boxes/Echo"


def boxes() -> FileDescriptorSet:
    """A service that echoes messages with an Any."""
    file = FileDescriptorProto(name="box.proto", package="box", syntax="proto3")
    file.dependency.append("google/protobuf/any.proto")
    file.message_type.add(name="Box").field.add(
        name="content", number=1, type=11, label=1, type_name=".google.protobuf.Any"
    )
    file.service.add(name="Boxes").method.add(
        name="Echo", input_type=".box.Box", output_type=".box.Box"
    )
    return FileDescriptorSet(file=[file])


class Silent(SchemaServer):
    """Answers so many streams of reflection and leaves the rest hanging."""

    answering = 0

    def _reflect(self, requests: Iterator[bytes], context: grpc.ServicerContext) -> Iterator[bytes]:
        if len(self.headers) < self.answering:
            yield from super()._reflect(requests, context)
            return
        ended = threading.Event()
        context.add_callback(ended.set)
        ended.wait()


class Guarded(SchemaServer):
    """Wants credentials."""

    def _reflect(self, requests: Iterator[bytes], context: grpc.ServicerContext) -> Iterator[bytes]:
        if ("authorization", "Bearer x") not in context.invocation_metadata():
            context.abort(grpc.StatusCode.UNAUTHENTICATED, "who are you")
        yield from super()._reflect(requests, context)


@pytest.mark.parametrize("command", [("list",), ("call", ECHO)], ids=" ".join)
def test_one_that_hangs(rpcx: Callable[..., Any], command: tuple[str, ...]) -> None:
    """It is waited for no longer than --connect-timeout, and the sentence says what would work."""
    with Silent(boxes(), {}) as server:
        name, *rest = command
        begun = time.monotonic()
        result = rpcx(name, server.address, *rest, "-p", "--connect-timeout", "300ms")
        assert time.monotonic() - begun < 30
    assert result.code == 1
    assert result.err == (
        "rpcx: the server's reflection gives no answer in time; raise --connect-timeout, or give"
        " its schema with --protoset or --proto\n"
    )


def test_one_that_hangs_later(rpcx: Callable[..., Any]) -> None:
    """A type that is looked for while calls run costs a moment, once, and fails nothing."""
    server = Silent(boxes(), {f"/{ECHO}": lambda request, _: request})
    server.answering = 1
    lines = [
        json.dumps({"content": {"@type": f"x/no.Such{number}", "@value": ""}})
        for number in range(9)
    ]
    begun = time.monotonic()
    with server:
        result = rpcx("call", server.address, ECHO, "-p", "-d", "@-", input="\n".join(lines))
    assert (result.code, result.err) == (0, "")
    assert result.documents == [json.loads(line) for line in lines]
    assert time.monotonic() - begun < 12  # 9 types at 2 s would be 18


def test_one_that_wants_credentials(rpcx: Callable[..., Any]) -> None:
    """The sentence names both options, and either works."""
    with Guarded(boxes(), {}) as server:
        refused = rpcx("list", server.address, "-p")
        assert refused.code == 1
        assert "ends with UNAUTHENTICATED: who are you; give credentials with -H" in refused.err
        for option in ("-H", "--reflect-header"):
            listed = rpcx("list", server.address, "-p", option, "authorization: Bearer x")
            assert (listed.code, listed.lines) == (0, ["box.Boxes"]), listed.err


def test_a_type_that_is_nowhere_is_said(rpcx: Callable[..., Any]) -> None:
    """The method is called all the same, and standard error says what is missing."""
    files = boxes()
    files.file[0].message_type[0].field.add(
        name="lost", number=2, type=11, label=1, type_name=".box.Lost"
    )
    with SchemaServer(files, {f"/{ECHO}": lambda data, _: data}) as server:
        result = rpcx("call", server.address, ECHO, "-p", "-d", "{}")
    assert (result.code, result.out) == (0, "{}\n")
    assert "its type box.Lost is nowhere to be had, and is taken as empty" in result.err


def test_the_server_says_itself_why_it_has_no_reflection(rpcx: Callable[..., Any]) -> None:
    """UNIMPLEMENTED may mean something else: its words are shown."""
    server = SchemaServer(boxes(), {})
    server.reflection.versions = []
    with server:
        result = rpcx("list", server.address, "-p")
    assert result.code == 1
    assert "neither v1 nor v1alpha (Method not found!); give its schema with" in result.err


def test_an_example_without_an_end_is_cut(rpcx: Callable[..., Any], tmp_path: Path) -> None:
    """A message that requires itself has an example up to there, and a remark."""
    path = tmp_path / "r.proto"
    path.write_text(
        'syntax = "proto2"; package r; message A { required B b = 1; optional int32 n = 2; }'
        " message B { required A a = 1; }"
    )
    result = rpcx("describe", "-", "r.A", "--example", "--proto", str(path))
    assert (result.code, result.json) == (0, {"b": {}, "n": 0})
    assert "the example leaves out the required field r.B.a" in result.err


class TestDamaged:
    """A schema with a field that cannot be, and a type that nobody has."""

    @pytest.fixture
    def address(self) -> Iterator[str]:
        """A server of it, which echoes."""
        files = boxes()
        box = files.file[0].message_type[0]
        box.field.add(name="odd", number=0, type=9, label=1)
        box.field.add(name="lost", number=7, type=11, label=1, type_name=".gone.Thing")
        with SchemaServer(files, {f"/{ECHO}": lambda request, _: request}) as server:
            yield server.address

    @pytest.mark.parametrize(
        "load", [(), ("-n", "20", "-c", "2", "--processes", "2", "-o", "summary")]
    )
    def test_a_method_can_be_called(
        self, rpcx: Callable[..., Any], address: str, load: tuple[str, ...]
    ) -> None:
        """In this process and in others; standard error names what is left out."""
        result = rpcx("call", "-p", address, ECHO, "-d", '{"content":null}', *load)
        assert (result.code, "Traceback" in result.err) == (0, False)
        assert "the field box.Box.odd is left out" in result.err
        assert "its type gone.Thing is nowhere to be had, and is taken as empty" in result.err

    def test_a_type_that_nobody_has_is_not_described(
        self, rpcx: Callable[..., Any], address: str
    ) -> None:
        """An empty message would be false; the message that uses it is shown."""
        shown = rpcx("describe", "-p", address, "box.Box")
        assert (shown.code, "gone.Thing lost = 7;" in shown.out) == (0, True)
        result = rpcx("describe", "-p", address, "box.Box.lost")
        assert (result.code, "gone.Thing lost = 7;" in result.out) == (0, True)
        result = rpcx("describe", "-p", address, "gone.Thing")
        assert (result.code, result.out) == (1, "")
