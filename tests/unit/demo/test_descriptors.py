"""The checked-in descriptor set is what protos/ compile to."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from google.protobuf import descriptor_pb2

from rpcx.demo import messages

ROOT = Path(__file__).parents[3]
PROTOS = ROOT / "protos"
COMPILED = ROOT / "cli" / "rpcx" / "demo" / "demo.binpb"


def compile_protos(target: Path) -> None:
    """Compile every file under protos/ with its comments into one FileDescriptorSet."""
    names = sorted(str(path.relative_to(PROTOS)) for path in PROTOS.rglob("*.proto"))
    options = [f"--proto_path={PROTOS}", "--include_source_info", f"--descriptor_set_out={target}"]
    subprocess.run([sys.executable, "-m", "grpc_tools.protoc", *options, *names], check=True)


def test_descriptor_set_is_compiled_from_protos(tmp_path: Path, *, regenerate: bool) -> None:
    """The set in the package equals protos/ compiled now; --regenerate writes it anew."""
    pytest.importorskip("grpc_tools")
    if regenerate:
        compile_protos(COMPILED)
    compile_protos(tmp_path / "now.binpb")
    now = descriptor_pb2.FileDescriptorSet.FromString((tmp_path / "now.binpb").read_bytes())
    checked_in = descriptor_pb2.FileDescriptorSet.FromString(messages.descriptor_set())
    assert checked_in == now, "run `pytest --regenerate` and commit what it writes"


def test_every_declaration_of_the_demo_is_commented() -> None:
    """`rpcx describe` has something to say of every service, method, message and field."""
    files = descriptor_pb2.FileDescriptorSet.FromString(messages.descriptor_set()).file
    commented = {
        (file.name, tuple(location.path))
        for file in files
        for location in file.source_code_info.location
        if location.leading_comments
    }
    for file in files:
        for number, message in enumerate(file.message_type):
            if message.options.map_entry:
                continue
            assert (file.name, (4, number)) in commented, message.name
            for index, field in enumerate(message.field):
                assert (file.name, (4, number, 2, index)) in commented, field.name
        for number, service in enumerate(file.service):
            assert (file.name, (6, number)) in commented, service.name
            for index, method in enumerate(service.method):
                assert (file.name, (6, number, 2, index)) in commented, method.name
