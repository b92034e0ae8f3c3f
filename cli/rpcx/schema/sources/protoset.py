"""Files out of descriptor sets: `--protoset`.

`protoc --include_imports --descriptor_set_out=FILE`, `buf build -o FILE` and rpcx's own
`--protoset-out` write them.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from google.protobuf.descriptor_pb2 import FileDescriptorSet
from google.protobuf.message import DecodeError

from rpcx.errors import SchemaError
from rpcx.schema.sources.index import Index
from rpcx.words.printable import quoted

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


class SetSource:
    """Files that are all there, by name and by what they define.

    Args:
        origin: What the source is called in a sentence.
        sets: Of two files of the same name, the first counts.
    """

    def __init__(self, origin: str, sets: Iterable[FileDescriptorSet]) -> None:
        self.origin = origin
        self._files: dict[str, bytes] = {}
        self._index = Index()
        for files in sets:
            for file in files.file:
                if file.name not in self._files:
                    self._files[file.name] = file.SerializeToString()
                    self._index.add(file)

    def services(self) -> Sequence[str]:
        """Return the full names of the services, in the order of the files."""
        return self._index.services

    def containing(self, symbol: str) -> str | None:
        """Return the name of the file that defines a symbol."""
        return self._index.containing(symbol)

    def file(self, name: str) -> bytes | None:
        """Return the serialized file of that name."""
        return self._files.get(name)

    def extending(self, message: str) -> Sequence[str]:
        """Return the names of the files with extensions of a message."""
        return self._index.extending(message)

    def refusal(self, symbol: str) -> None:
        """Return nothing: a file says nothing."""

    def close(self) -> None:
        """Do nothing: the files are read and closed."""


def protoset_source(paths: Sequence[str]) -> SetSource:
    """Return the source of the files in these descriptor sets.

    Raises:
        SchemaError: One cannot be read, or is no descriptor set.
    """
    names = ", ".join(map(quoted, paths))
    origin = f"the descriptor set{'s' if len(paths) > 1 else ''} {names}"
    return SetSource(origin, [_read(path) for path in paths])


def _read(path: str) -> FileDescriptorSet:
    try:
        data = Path(path).read_bytes()
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise SchemaError(f"the descriptor set {quoted(path)} cannot be read: {reason}") from None
    try:
        files = FileDescriptorSet.FromString(data)
    except DecodeError:
        files = FileDescriptorSet()
    if not files.file or not all(file.name for file in files.file):
        hint = (
            "give it with --proto"
            if path.endswith(".proto")
            else ("make one by protoc --include_imports --descriptor_set_out, or by --protoset-out")
        )
        raise SchemaError(f"the file {quoted(path)} is no descriptor set; {hint}")
    return files
