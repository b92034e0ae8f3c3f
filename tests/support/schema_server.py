"""A gRPC server of any schema: handlers of bytes, and reflection that keeps count."""

from __future__ import annotations

import contextlib
import inspect
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import grpc
import grpc_tools  # type: ignore[import-untyped] # it ships no types
import pytest
from fake_reflection import FakeReflection
from google.protobuf.descriptor_pb2 import FileDescriptorSet
from grpc_tools import protoc

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    Handler = Callable[[Any, grpc.ServicerContext], Any]

_BUNDLED = Path(grpc_tools.__file__).parent / "_proto"
_REFLECTION = "/grpc.reflection.{}.ServerReflection/ServerReflectionInfo"


class SchemaServer:
    """Serves methods by functions of bytes.

    Args:
        files: The schema that its reflection tells.
        handlers: A function for each method, by its path: from bytes to bytes; or, for a method
            that streams both ways, a generator function of an iterator of bytes.

    Attributes:
        address: Where it listens, once the context is entered.
        reflection: What answers for it; `asked` has the questions.
        answered_bytes: The length of all answers of reflection.
        headers: What each stream of reflection came with.
    """

    def __init__(self, files: FileDescriptorSet, handlers: Mapping[str, Handler]) -> None:
        self.address = ""
        self.reflection = FakeReflection(files)
        self.answered_bytes = 0
        self.headers: list[dict[str, str | bytes]] = []
        self._handlers = handlers
        self._pool = ThreadPoolExecutor()
        self._server = grpc.server(self._pool, options=[("grpc.so_reuseport", 0)])
        self._server.add_generic_rpc_handlers((_Handlers(self._find),))

    def __enter__(self) -> Self:
        port = self._server.add_insecure_port("127.0.0.1:0")
        self._server.start()
        self.address = f"127.0.0.1:{port}"
        return self

    def __exit__(self, *_: object) -> None:
        self._server.stop(None).wait()
        self._pool.shutdown()

    def _find(self, path: str) -> Any:
        if path in (_REFLECTION.format(version) for version in self.reflection.versions):
            return grpc.stream_stream_rpc_method_handler(self._reflect)
        handler = self._handlers.get(path)
        if handler is None:
            return None
        if inspect.isgeneratorfunction(handler):
            return grpc.stream_stream_rpc_method_handler(handler)
        return grpc.unary_unary_rpc_method_handler(handler)

    def _reflect(self, requests: Iterator[bytes], context: grpc.ServicerContext) -> Iterator[bytes]:
        self.headers.append(dict(context.invocation_metadata()))
        for request in requests:
            answer = self.reflection.answer(request)
            self.answered_bytes += len(answer)
            yield answer


class _Handlers(grpc.GenericRpcHandler):
    """What grpcio asks for a handler."""

    def __init__(self, find: Callable[[str], Any]) -> None:
        self._find = find

    def service(self, handler_call_details: grpc.HandlerCallDetails) -> Any:
        return self._find(handler_call_details.method)


@pytest.fixture
def serve_schema(tmp_path: Path) -> Iterator[Callable[..., SchemaServer]]:
    """A function from .proto sources and handlers to a server of them, which ends with the test.

    Sources are texts by file name; handlers as `SchemaServer` takes them.
    """
    with contextlib.ExitStack() as running:

        def start(sources: Mapping[str, str], **handlers: Handler) -> SchemaServer:
            files = compile_protos(sources, tmp_path)
            paths = {
                f"/{file.package}.{service.name}/{method.name}": handlers[method.name]
                for file in files.file
                for service in file.service
                for method in service.method
                if method.name in handlers
            }
            return running.enter_context(SchemaServer(files, paths))

        yield start


def compile_protos(sources: Mapping[str, str], folder: Path) -> FileDescriptorSet:
    """The descriptors of .proto sources, with all that they import."""
    for name, text in sources.items():
        (folder / name).write_text(text)
    target = folder / "compiled.binpb"
    arguments = ["protoc", f"-I{folder}", f"-I{_BUNDLED}", "--include_imports"]
    assert protoc.main([*arguments, f"--descriptor_set_out={target}", *sources]) == 0
    return FileDescriptorSet.FromString(target.read_bytes())
