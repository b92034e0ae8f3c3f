"""Compiled test schemas, and a server's reflection without a server."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import grpc_tools  # type: ignore[import-untyped] # it ships no types
import pytest
from fake_reflection import FakeReflection
from google.protobuf import descriptor_pool
from google.protobuf.descriptor_pb2 import FileDescriptorSet
from grpc_tools import protoc

from rpcx.codec import encoder, json_decoder
from rpcx.documents.json_documents import Document

if TYPE_CHECKING:
    from collections.abc import Callable

    from google.protobuf.descriptor import Descriptor
    from google.protobuf.descriptor_pool import DescriptorPool

PROTOS = Path(__file__).parent / "protos"
BUNDLED = Path(grpc_tools.__file__).parent / "_proto"


def _compile(folder: Path, target: Path) -> FileDescriptorSet:
    arguments = ["protoc", f"-I{folder}", f"-I{BUNDLED}", "--include_imports"]
    arguments += ["--include_source_info", f"--descriptor_set_out={target}"]
    arguments += sorted(path.name for path in folder.glob("*.proto"))
    assert protoc.main(arguments) == 0
    return FileDescriptorSet.FromString(target.read_bytes())


@pytest.fixture(scope="session")
def recompile(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Path], FileDescriptorSet]:
    """Compile the .proto files of a folder with protoc."""
    target = tmp_path_factory.mktemp("compiled")
    return lambda folder: _compile(folder, target / "set.binpb")


@pytest.fixture(scope="session")
def compiled(recompile: Callable[[Path], FileDescriptorSet]) -> FileDescriptorSet:
    """All test schemas with what they import, each file after its imports."""
    return recompile(PROTOS)


@pytest.fixture(scope="session")
def pool(compiled: FileDescriptorSet) -> DescriptorPool:
    """The test schemas, built."""
    built = descriptor_pool.DescriptorPool()
    for file in compiled.file:
        built.AddSerializedFile(file.SerializeToString())
    return built


@pytest.fixture(scope="session")
def message(pool: DescriptorPool) -> Callable[[str], Descriptor]:
    """Find a message of the test schemas, as in `three.Three`."""
    return lambda name: pool.FindMessageTypeByName(f"rpcx.test.{name}")


class Codec:
    """JSON to bytes and back, for one message type."""

    def __init__(self, descriptor: Descriptor, pool: DescriptorPool) -> None:
        self.descriptor = descriptor
        self.pool = pool
        self._show = json_decoder(descriptor, pool)

    def encode(self, text: str | bytes, **options: Any) -> bytes:
        """The bytes of the message that this JSON describes."""
        data = text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass")
        return encoder(self.descriptor, self.pool, **options)(Document(data))

    def show(self, data: bytes, **options: Any) -> str:
        """The JSON of these bytes."""
        show = json_decoder(self.descriptor, self.pool, **options) if options else self._show
        return show(data).decode()

    def echo(self, text: str | bytes, **options: Any) -> str:
        """The JSON of what this JSON describes."""
        return self.show(self.encode(text, **options))


@pytest.fixture(scope="session")
def codec(message: Callable[[str], Descriptor], pool: DescriptorPool) -> Callable[[str], Codec]:
    """The codec of a message of the test schemas."""
    return lambda name: Codec(message(name), pool)


@pytest.fixture
def reflection(compiled: FileDescriptorSet) -> FakeReflection:
    """The reflection of a server with all test schemas, to be made worse."""
    return FakeReflection(compiled)
