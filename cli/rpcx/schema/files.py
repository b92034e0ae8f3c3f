"""Descriptor files, put into a pool in the order in which they import each other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from google.protobuf.descriptor_pb2 import FileDescriptorProto
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message import DecodeError

from rpcx.errors import SchemaError
from rpcx.schema.contents import prefix, types
from rpcx.schema.mending import (
    is_placeholder,
    mend,
    option_imports,
    references,
    stand_in,
    trimmed,
)
from rpcx.schema.paring import pare
from rpcx.words.printable import printable, quoted

if TYPE_CHECKING:
    from collections.abc import Callable, Container

_MOST_FILES: Final = 10_000


class FileSet:
    """Builds files with all that they import.

    Args:
        pool: Where the built files go.
        fetch: Gives the serialized file of a name, or None where there is none.
        locate: Gives the name of the file that defines a symbol, or None where none does.
        may_lack: Whether a file of this name may lack types: then empty ones stand in for them.
            Who gives files himself can give those that they need as well.

    Attributes:
        built: The serialized files by name as their source gave them, each after its imports.
        taken: The same as the pool took them, and the files that stand in for missing types.
        notes: What had to be changed so that the pool takes the files, as sentences.
    """

    def __init__(
        self,
        pool: DescriptorPool,
        fetch: Callable[[str], bytes | None],
        locate: Callable[[str], str | None] = lambda _: None,
        may_lack: Callable[[str], bool] = lambda _: False,
    ) -> None:
        self.built: dict[str, bytes] = {}
        self.taken: dict[str, bytes] = {}
        self.notes: list[str] = []
        self._pool = pool
        self._fetch = fetch
        self._locate = locate
        self._may_lack = may_lack

    def build(self, name: str) -> bool:
        """Put a file into the pool after its imports; return whether it is to be had.

        There is no recursion here: chains of imports may be long.

        Raises:
            SchemaError: A file is garbage, imports itself by way of another, or cannot be
                mended so that the pool takes it.
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
            elif self._add(file, missing, open_):
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
        file = _Open(name, data)
        if is_placeholder(file.proto):
            return False
        open_[name] = file
        if len(open_) + len(self.built) > _MOST_FILES:
            raise SchemaError(f"the schema has more than {_MOST_FILES:,} files")
        return True

    def _add(self, file: _Open, missing: set[str], open_: Container[str]) -> bool:
        """Put a file into the pool; return False where other files have to be built first."""
        if file.refused is None:
            imports = [*file.proto.dependency, *option_imports(file.proto)]
            whole = len(set(imports)) == len(imports) and not {*imports} & {*missing, file.name}
            proto = file.proto if whole else trimmed(file.proto, missing)
            refusal = self._try(file, proto, file.data if whole else proto.SerializeToString())
            if refusal is None:
                return True
            file.refused = proto
            file.lacking = next((name for name in imports if name in missing), "")
            file.waiting = self._importing(file.refused, open_)
            if file.waiting:
                return False
        return self._add_mended(file)

    def _add_mended(self, file: _Open) -> bool:
        """Put a file into the pool that it has refused as it was.

        Raises:
            SchemaError: The pool refuses it all the same.
        """
        proto = file.refused
        assert proto is not None  # noqa: S101 -- it was refused
        for symbol in self._importing_built(proto):
            proto.dependency.append(symbol)
        notes = mend(proto, self._file_of)
        own = {*types(proto), *(prefix(proto) + service.name for service in proto.service)}
        wanted = dict.fromkeys(references(proto)) if self._may_lack(file.name) else {}
        for symbol, kind in wanted:
            if symbol and symbol not in own and self._file_of(symbol) is None:
                placeholder = stand_in(symbol, kind)
                if self._try(None, placeholder, placeholder.SerializeToString()) is None:
                    proto.dependency.append(placeholder.name)
                    notes.append(f"its type {symbol} is nowhere to be had, and is taken as empty")
        refusal = self._try(file, proto, proto.SerializeToString())
        if refusal is not None and not file.lacking:
            pared = pare(proto, self._accepts)
            if pared is not None:
                proto, left_out = pared
                notes += left_out
                refusal = self._try(file, proto, proto.SerializeToString())
        if refusal is None:
            shown = quoted(file.name)
            self.notes += [f"the schema's file {shown}: {printable(note)}" for note in notes]
            return True
        if file.lacking:
            raise SchemaError(
                f"the file {quoted(file.name)} imports {quoted(file.lacking)}, which is "
                f"nowhere to be had ({refusal}); give it with --protoset or --proto"
            )
        raise SchemaError(f"the file {quoted(file.name)} of the schema cannot be used: {refusal}")

    def _importing(self, file: FileDescriptorProto, open_: Container[str]) -> list[str]:
        """Return the files to build for types that a file names and does not import."""
        own = {*types(file)}
        names = []
        for symbol, _ in references(file):
            if symbol and symbol not in own and self._file_of(symbol) is None:
                name = self._locate(symbol)
                if name is not None and name != file.name and name not in open_:
                    names.append(name)
        return list(dict.fromkeys(names))

    def _importing_built(self, file: FileDescriptorProto) -> list[str]:
        """Return the files in the pool that define what a file names and does not import."""
        own = {*types(file)}
        found = {self._file_of(symbol) for symbol, _ in references(file) if symbol not in own}
        return sorted(name for name in found - {None, file.name, *file.dependency} if name)

    def _file_of(self, symbol: str) -> str | None:
        try:
            name: str = self._pool.FindFileContainingSymbol(symbol).name
        except KeyError:
            return None
        return name

    def _try(self, file: _Open | None, proto: FileDescriptorProto, data: bytes) -> str | None:
        """Put a file into the pool; return why it is refused, None where it is not."""
        try:
            self._pool.AddSerializedFile(data)
        except TypeError as error:
            reason = str(error).removeprefix("Couldn't build proto file into descriptor pool: ")
            return printable(reason)
        self.built[proto.name] = data if file is None else file.data
        self.taken[proto.name] = data
        return None

    def _accepts(self, proto: FileDescriptorProto) -> bool:
        """Return whether a pool would take a file, without changing ours."""
        scratch = DescriptorPool()
        needed: dict[str, bytes] = {}
        waiting = list(proto.dependency)
        while waiting:
            name = waiting.pop()
            data = self.taken.get(name)
            if data is not None and name not in needed:
                needed[name] = data
                waiting += FileDescriptorProto.FromString(data).dependency
        for name, data in self.taken.items():  # each after its imports
            if name in needed:
                scratch.AddSerializedFile(data)
        try:
            scratch.AddSerializedFile(proto.SerializeToString())
        except TypeError:
            return False
        return True


class _Open:
    """A file whose imports are being built."""

    def __init__(self, name: str, data: bytes) -> None:
        self.name = name
        self.data = data
        self.proto = parse_file(data)
        imports = [*self.proto.dependency, *option_imports(self.proto)]
        self.waiting = [one for one in reversed(imports) if one != name]
        self.refused: FileDescriptorProto | None = None
        self.lacking = ""


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


def _circle(stack: list[str], again: str) -> str:
    names = [*stack[stack.index(again) :], again]
    shown = names if len(names) <= 5 else [*names[:2], "…", *names[-2:]]  # noqa: PLR2004 - enough
    return f"the schema's files import each other in a circle: {' → '.join(map(quoted, shown))}"
