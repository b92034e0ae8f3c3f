"""Descriptor files, put into a pool in the order in which they import each other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from google.protobuf.descriptor_pb2 import FileDescriptorProto
from google.protobuf.message import DecodeError

from rpcx.errors import SchemaError
from rpcx.text import printable, quoted

if TYPE_CHECKING:
    from collections.abc import Callable

    from google.protobuf.descriptor_pool import DescriptorPool

_MOST_FILES: Final = 10_000


class FileSet:
    """Builds files with all that they import.

    Args:
        pool: Where the built files go.
        fetch: Gives the serialized file of a name, or None where there is none.

    Attributes:
        built: The serialized files in the pool by name, each after its imports.
    """

    def __init__(self, pool: DescriptorPool, fetch: Callable[[str], bytes | None]) -> None:
        self.built: dict[str, bytes] = {}
        self._pool = pool
        self._fetch = fetch

    def build(self, name: str) -> bool:
        """Put a file into the pool after its imports; return whether it is to be had.

        There is no recursion here: chains of imports may be long.

        Raises:
            SchemaError: A file is garbage, imports itself, or cannot do without an import
                that is nowhere.
        """
        open_: dict[str, _Open] = {}
        missing: set[str] = set()
        stack = [name]
        while stack:
            current = stack[-1]
            if current not in open_ and not self._enter(current, open_):
                missing |= {current} - self.built.keys()
                stack.pop()
                continue
            file = open_[current]
            if file.waiting:
                following = file.waiting.pop()
                if following in open_:
                    raise SchemaError(_circle(stack, following))
                stack.append(following)
            else:
                self._add(file, missing)
                del open_[current]
                stack.pop()
        return name in self.built

    def _enter(self, name: str, open_: dict[str, _Open]) -> bool:
        """Open a file; return False if there is nothing to build."""
        if name in self.built:
            return False
        data = self._fetch(name)
        if data is None:
            return False
        open_[name] = _Open(name, data)
        if len(open_) + len(self.built) > _MOST_FILES:
            raise SchemaError(f"the schema has more than {_MOST_FILES:,} files")
        return True

    def _add(self, file: _Open, missing: set[str]) -> None:
        lacking = [name for name in file.proto.dependency if name in missing]
        data = _without(file.proto, missing) if lacking else file.data
        try:
            self._pool.AddSerializedFile(data)
        except TypeError as error:
            reason = str(error).removeprefix("Couldn't build proto file into descriptor pool: ")
            if lacking:
                raise SchemaError(
                    f"the file {quoted(file.name)} imports {quoted(lacking[0])}, which is "
                    f"nowhere to be had ({printable(reason)}); give it with --protoset or --proto"
                ) from None
            raise SchemaError(
                f"the file {quoted(file.name)} of the schema cannot be used: {printable(reason)}"
            ) from None
        self.built[file.name] = file.data


class _Open:
    """A file whose imports are being built."""

    def __init__(self, name: str, data: bytes) -> None:
        self.name = name
        self.data = data
        self.proto = parse_file(data)
        self.waiting = list(reversed(self.proto.dependency))


def parse_file(data: bytes) -> FileDescriptorProto:
    """Return the file descriptor that these bytes are.

    Raises:
        SchemaError: They are none.
    """
    try:
        return FileDescriptorProto.FromString(data)
    except DecodeError:
        raise SchemaError(
            f"a file of the schema ({len(data):,} bytes) is no file descriptor"
        ) from None


def _without(file: FileDescriptorProto, missing: set[str]) -> bytes:
    """Return the file without imports that are not to be had: it may do without them.

    Servers tend to leave out what only options need, such as google/api/annotations.proto.
    """
    trimmed = FileDescriptorProto()
    trimmed.CopyFrom(file)
    kept = [name for name in file.dependency if name not in missing]
    public = {file.dependency[index] for index in file.public_dependency}
    del trimmed.dependency[:], trimmed.public_dependency[:], trimmed.weak_dependency[:]
    trimmed.dependency.extend(kept)
    trimmed.public_dependency.extend(index for index, name in enumerate(kept) if name in public)
    return trimmed.SerializeToString()


def _circle(stack: list[str], again: str) -> str:
    names = [*stack[stack.index(again) :], again]
    shown = names if len(names) <= 5 else [*names[:2], "…", *names[-2:]]  # noqa: PLR2004 - enough
    return f"the schema's files import each other in a circle: {' → '.join(map(quoted, shown))}"
