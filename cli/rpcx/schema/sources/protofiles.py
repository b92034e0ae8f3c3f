"""Files out of .proto sources: `--proto`, compiled by the protoc that grpcio-tools brings.

protoc runs in a process of its own, because it writes its errors to file descriptor 2.
"""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from google.protobuf.descriptor_pb2 import FileDescriptorSet

from rpcx.documents.textfiles import check_encoding
from rpcx.errors import SchemaError
from rpcx.schema.sources.protoset import SetSource
from rpcx.words.printable import printable, quoted

if TYPE_CHECKING:
    from collections.abc import Sequence

_COMPLAINT = re.compile(r"(.+?\.proto):\d+:\d+: ")


def proto_source(files: Sequence[str], import_paths: Sequence[str] = ()) -> SetSource:
    """Return the source of what these .proto files define and import.

    Args:
        files: Paths of files, or names beneath an import path.
        import_paths: Where imports are looked for, in this order; after them come the folders
            of the files themselves, protobuf's own files, and Google's common ones.

    Raises:
        SchemaError: grpcio-tools is not installed, or protoc refuses the files; its own words
            are in the text, a line each.
    """
    if importlib.util.find_spec("grpc_tools") is None:
        raise SchemaError(
            "reading .proto files takes grpcio-tools, which is not installed: "
            "pip install grpcio-tools, or give a compiled schema with --protoset"
        )
    names = ", ".join(map(quoted, files))
    origin = f"the file{'s' if len(files) > 1 else ''} {names}"
    with tempfile.TemporaryDirectory(prefix="rpcx-") as folder:
        target = Path(folder) / "set.binpb"
        paths = _search_paths(files, import_paths)
        _run_protoc(
            [
                *(f"-I{path}" for path in paths),
                "--include_imports",
                "--include_source_info",
                f"--descriptor_set_out={target}",
                *(f"./{file}" if file.startswith("-") else file for file in files),
            ],
            origin,
            paths,
        )
        compiled = FileDescriptorSet.FromString(target.read_bytes())
    return SetSource(origin, [compiled])


def _search_paths(files: Sequence[str], import_paths: Sequence[str]) -> list[str]:
    paths = list(import_paths)
    for file in files:
        folder = str(Path(file).parent)
        beneath = any(Path(path) in (Path(file), *Path(file).parents) for path in paths)
        if not beneath and os.path.exists(file):  # noqa: PTH110 -- it has no opinion on long names
            paths.append(folder)
    common = importlib.util.find_spec("google.rpc")
    roots = common.submodule_search_locations if common is not None else None
    return paths + [str(Path(root).parents[1]) for root in roots or ()]


def _run_protoc(arguments: list[str], origin: str, paths: list[str]) -> None:
    """Run protoc, which finds protobuf's own files by itself; `paths` are where it looks."""
    done = subprocess.run(  # noqa: S603 - our own interpreter; the arguments are not parsed by a shell
        [sys.executable, "-m", "grpc_tools.protoc", *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        check=False,
    )
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace").splitlines()
        _check_encodings(said, paths)
        lines = [printable(line, limit=None) for line in said if line]
        raise SchemaError("\n".join([f"protoc refuses {origin}:", *lines]))


def _check_encodings(said: list[str], paths: list[str]) -> None:
    """Raise SchemaError if a file that protoc complains about is UTF-16, which it does not name."""
    names = {match[1] for line in said if (match := _COMPLAINT.match(line))}
    for name in sorted(names):
        for path in (Path(name), *(Path(folder) / name for folder in paths)):
            if path.is_file():
                check_encoding(str(path), f"the file {quoted(str(path))}", SchemaError)
                break
