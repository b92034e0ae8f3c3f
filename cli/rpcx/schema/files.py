"""File descriptors, put into a pool in the order in which they import each other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from google.protobuf import descriptor_pb2
from google.protobuf.message import DecodeError

from rpcx.errors import SchemaError
from rpcx.text import printable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from google.protobuf.descriptor_pool import DescriptorPool

_MOST_FILES: Final = 10_000


class FileSet:
    """Collects files, fetches the imports that are missing, and builds them.

    Args:
        pool: Where the built files go.
        fetch: Gives the serialised file of a name (and others, as it likes); nothing where
            there is none.
    """

    def __init__(self, pool: DescriptorPool, fetch: Callable[[str], Sequence[bytes]]) -> None:
        self._pool = pool
        self._fetch = fetch
        self._known: dict[str, Any] = {}
        self._built: set[str] = set()

    def add(self, serialised: Iterable[bytes]) -> None:
        """Take in these files with all that they import.

        Raises:
            SchemaError: A file is garbage, imports itself, or an import is nowhere.
        """
        names = self._take_in(serialised)
        for name in names:
            self._build(name)

    def has(self, symbol: str) -> bool:
        """Whether the symbol has been built."""
        try:
            self._pool.FindFileContainingSymbol(symbol)
        except KeyError:
            return False
        return True

    def descriptor(self, symbol: str) -> Any:
        """The descriptor of a symbol that `has` knows."""
        pool = self._pool
        for find in (
            pool.FindServiceByName,
            pool.FindMethodByName,
            pool.FindMessageTypeByName,
            pool.FindEnumTypeByName,
            pool.FindFieldByName,
            pool.FindExtensionByName,
            pool.FindOneofByName,
        ):
            try:
                return find(symbol)
            except KeyError:
                continue
        raise SchemaError(
            f"{printable(symbol)!r} is neither a service, a method, a message nor an enum"
        )

    def _take_in(self, serialised: Iterable[bytes]) -> list[str]:
        names = []
        for data in serialised:
            try:
                file = descriptor_pb2.FileDescriptorProto.FromString(data)
            except DecodeError:
                raise SchemaError("a file of the schema is no file descriptor") from None
            self._known.setdefault(file.name, file)
            names.append(file.name)
            if len(self._known) > _MOST_FILES:
                raise SchemaError(f"the schema has more than {_MOST_FILES:,} files")
        return names

    def _build(self, name: str) -> None:
        """Build a file after its imports, without recursion: chains may be long."""
        being_built: list[str] = []
        stack = [name]
        while stack:
            current = stack[-1]
            if current in self._built:
                stack.pop()
                continue
            file = self._file(current, being_built)
            missing = [other for other in file.dependency if other not in self._built]
            if not missing:
                self._add(file)
                stack.pop()
                if being_built and being_built[-1] == current:
                    being_built.pop()
                continue
            being_built.append(current)
            circle = next((other for other in missing if other in being_built), None)
            if circle is not None:
                raise SchemaError(
                    f"the schema's file {printable(current)!r} imports {printable(circle)!r},"
                    " which imports it in turn; protobuf allows no circles"
                )
            stack += missing

    def _file(self, name: str, importers: list[str]) -> Any:
        if name not in self._known:
            self._take_in(self._fetch(name))
        if name not in self._known:
            known = _well_known(name)
            if known is None:
                importer = f", which {printable(importers[-1])!r} imports" if importers else ""
                raise SchemaError(
                    f"the schema lacks the file {printable(name)!r}{importer}; the server should"
                    " send it too"
                )
            self._known[name] = known
        return self._known[name]

    def _add(self, file: Any) -> None:
        try:
            self._pool.AddSerializedFile(file.SerializeToString())
        except TypeError as error:
            raise SchemaError(
                f"the schema's file {printable(file.name)!r} cannot be used:"
                f" {printable(str(error))}"
            ) from None
        self._built.add(file.name)


def _well_known(name: str) -> Any:
    """Protobuf's own copy of a file such as google/protobuf/any.proto, if it is one."""
    if not name.startswith("google/protobuf/"):
        return None
    import importlib  # noqa: PLC0415 -- rare: most servers send these files too

    module = name.removesuffix(".proto").replace("/", ".") + "_pb2"
    try:
        descriptor = importlib.import_module(module).DESCRIPTOR
    except ImportError:
        return None
    return descriptor_pb2.FileDescriptorProto.FromString(descriptor.serialized_pb)
