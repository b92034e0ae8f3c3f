"""Symbols by name, out of whatever sources there are."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from google.protobuf.descriptor_pb2 import FileDescriptorProto, FileDescriptorSet
from google.protobuf.descriptor_pool import DescriptorPool

from rpcx.errors import SchemaError
from rpcx.schema.files import FileSet
from rpcx.schema.mending import is_stand_in
from rpcx.schema.sources.builtin import BuiltinSource
from rpcx.schema.sources.protocol import SERVER
from rpcx.words.printable import printable, quoted
from rpcx.words.suggestions import alternatives, listed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from google.protobuf.descriptor import Descriptor, MethodDescriptor, ServiceDescriptor

    from rpcx.schema.sources.protocol import FileSource

_OPTIONS_FILE = "google/protobuf/descriptor.proto"


class Schema:
    """Finds services, methods and types, and builds no more files than those need.

    Args:
        sources: Asked one after the other; what the first lacks, the next may have. The
            well-known types are always there.

    Attributes:
        pool: The types built so far, shared with nobody.
    """

    def __init__(self, sources: Sequence[FileSource]) -> None:
        self.pool = DescriptorPool()
        self._named = tuple(sources)
        self._sources = (*sources, BuiltinSource())
        self._set = FileSet(
            self.pool,
            self._fetch,
            self._containing,
            lambda name: self._came_from[name].origin == SERVER,
        )
        self._came_from: dict[str, FileSource] = {}
        self._extended: set[str] = set()
        self._troubles: dict[str, SchemaError] = {}  # of sources that failed, by their origin

    @property
    def notes(self) -> list[str]:
        """What had to be changed or left out so that the schema can be used, as sentences."""
        return list(dict.fromkeys(self._set.notes))

    def services(self) -> list[str]:
        """Return the full names of all services, each once, in the order of the sources.

        Raises:
            SchemaError: A source cannot say, and no other has any.
        """
        names: dict[str, None] = {}
        for source in self._named:
            with self._tolerating(source):
                names.update(dict.fromkeys(source.services()))
        if not names and self._troubles:
            raise next(iter(self._troubles.values()))
        return list(names)

    def method(self, name: str) -> MethodDescriptor:
        """Return the method `package.Service/Method` or `package.Service.Method`.

        Its messages are there with their extensions.

        Raises:
            SchemaError: There is none of this name (the sentence names the nearest), or its
                types cannot be built.
        """
        service_name, method_name = _split(name)
        if not service_name:
            raise SchemaError(
                f"{quoted(name)} is no method: write package.Service/Method; "
                f"the services are {listed(self.services())}"
            )
        service = self._service(service_name, name)
        method: MethodDescriptor | None = service.methods_by_name.get(method_name)
        if method is None:
            names = [one.name for one in service.methods]
            raise SchemaError(
                f"the service {printable(service.full_name)} has no method {quoted(method_name)}"
                f"{alternatives(method_name, names, 'methods')}"
            )
        for message in (method.input_type, method.output_type):
            if is_stand_in(message.file.name):
                raise SchemaError(
                    f"{printable(method.full_name)} has the type {quoted(message.full_name)}, which"
                    " is nowhere to be had; give it with --protoset or --proto"
                )
            self._extend(message)
        return method

    def symbol(self, name: str) -> Any:
        """Return the descriptor of a symbol, or of a whole file whose name ends in `.proto`.

        Symbols are services, methods (`package.Service/Method` too), messages, enums, fields,
        extensions and oneofs. For a value of an enum it is the enum.

        Raises:
            SchemaError: There is none of this name; the sentence names the nearest.
        """
        if name.endswith(".proto"):
            if name.isprintable() and self._set.build(name):
                return self.pool.FindFileByName(name)
            raise SchemaError(f"{self._where()} no file {quoted(name)}")
        full_name = name.strip("/").lstrip(".").replace("/", ".")
        descriptor = self._load(full_name) or self._enum_with(full_name)
        if descriptor is None:
            outer = self._load(full_name.rpartition(".")[0])
            if outer is not None and (inside := _inside(outer)):
                raise SchemaError(
                    f"{printable(outer.full_name)} has no {quoted(full_name.rpartition('.')[2])}"
                    f"{alternatives(full_name.rpartition('.')[2], inside, 'members')}"
                )
            raise self._unknown("symbol", full_name, self.services())
        if is_stand_in(descriptor.file.name if hasattr(descriptor, "file") else ""):
            raise SchemaError(
                f"{quoted(full_name)} is used by the schema, but nobody has it; give its file with"
                " --protoset or --proto"
            )
        return descriptor

    def _enum_with(self, value: str) -> Any:
        """Return the enum that has a value; None where none has.

        A value's full name is in the scope of its enum, but people name the enum too.
        """
        if not value.isascii():
            return None  # protobuf's names are ASCII, and its look-up crashes on a surrogate
        scope, _, name = value.rpartition(".")
        outer = self._load(scope) if scope else None
        if name in getattr(outer, "values_by_name", ()):
            return outer
        try:
            file = self.pool.FindFileContainingSymbol(value)
        except KeyError:
            return None
        enums = (outer or file).enum_types_by_name.values()
        return next((enum for enum in enums if name in enum.values_by_name), None)

    def find(self, name: str) -> bool:
        """Try to bring the file that defines a symbol into the pool; tell whether it is there.

        A message comes with its extensions. What goes wrong on the way counts as not there:
        this is for types that are named in messages, not by the user.
        """
        try:
            descriptor = self._load(name)
        except SchemaError:
            return False
        if hasattr(descriptor, "is_extendable"):
            self._extend(descriptor)
        return descriptor is not None

    def build_all(self) -> None:
        """Build the files of all services, so that `save` writes the whole schema.

        A service that its source lists and cannot describe is passed over.

        Raises:
            SchemaError: A source fails, or a file cannot be built.
        """
        for name in self.services():
            service = self._load(name)
            for method in service.methods if _is_service(service) else ():
                self._extend(method.input_type)
                self._extend(method.output_type)

    def file_of(self, descriptor: Any) -> FileDescriptorProto | None:
        """Return the file of a descriptor as its source gave it, comments and all."""
        owner = getattr(descriptor, "containing_service", None) or descriptor
        owner = owner if hasattr(owner, "file") else getattr(owner, "containing_type", owner)
        name = owner.file.name if hasattr(owner, "file") else owner.name
        data = self._set.built.get(name)
        return None if data is None else FileDescriptorProto.FromString(data)

    def save(self, path: str) -> None:
        """Write all that was found so far as a descriptor set, which `--protoset` reads.

        Raises:
            SchemaError: The file cannot be written.
        """
        try:
            Path(path).write_bytes(self.serialized())
        except OSError as error:
            raise SchemaError(
                f"the descriptor set {quoted(path)} cannot be written: {error.strerror}"
            ) from None

    def serialized(self) -> bytes:
        """Return all that was found so far as its sources gave it, as a `FileDescriptorSet`."""
        return _set_of(self._set.built.values())

    def usable(self) -> bytes:
        """Return the same as the pool took it: every other pool takes that, too."""
        return _set_of(self._set.taken.values())

    def close(self) -> None:
        """Let go of what the sources keep open; a later question opens it again."""
        for source in self._sources:
            source.close()

    def _service(self, name: str, method: str) -> ServiceDescriptor:
        descriptor = self._load(name)
        if descriptor is None:
            if _is_service(self._load(method.strip("/"))):
                raise SchemaError(
                    f"{quoted(method)} is a service, not a method: its methods are "
                    f"{listed(_inside(self._load(method.strip('/'))))}"
                )
            raise self._unknown("service", name, self.services())
        if not _is_service(descriptor):
            raise SchemaError(f"{quoted(name)} is no service: rpcx describe shows what it is")
        service: ServiceDescriptor = descriptor
        return service

    def _load(self, symbol: str) -> Any:
        """Return a symbol's descriptor, once its file is built; None where nobody has it."""
        if not symbol.isascii():
            return None  # protobuf's names are ASCII
        descriptor = self._built(symbol)
        if descriptor is not None:
            return descriptor
        for source in self._sources:
            name = None
            with self._tolerating(source):
                name = source.containing(symbol)
            if name is not None and self._set.build(name):
                descriptor = self._built(symbol)
                if descriptor is not None:
                    return descriptor
        return None

    def _containing(self, symbol: str) -> str | None:
        """Return the name of the file that defines a symbol, whichever source has it."""
        for source in self._sources:
            name = None
            with self._tolerating(source):
                name = source.containing(symbol)
            if name is not None:
                return name
        return None

    def _built(self, symbol: str) -> Any:
        """Return a symbol's descriptor if its file is built.

        A part of something is looked up there: for one that is missing, the pool's own look-up
        of fields and oneofs crashes in protobuf 5.
        """
        pool = self.pool
        for find in (
            pool.FindServiceByName,
            pool.FindMessageTypeByName,
            pool.FindEnumTypeByName,
            pool.FindExtensionByName,
        ):
            try:
                return find(symbol)
            except KeyError:
                continue
        outer, _, name = symbol.rpartition(".")
        whole = self._built(outer) if outer else None
        for parts in ("methods_by_name", "fields_by_name", "oneofs_by_name"):
            part = getattr(whole, parts, {}).get(name)
            if part is not None:
                return part
        return None

    @contextlib.contextmanager
    def _tolerating(self, source: FileSource) -> Iterator[None]:
        """Remember that a source fails, and go on, where there are others to look in."""
        try:
            yield
        except SchemaError as error:
            if len(self._named) == 1:
                raise
            self._troubles[source.origin] = error

    def _fetch(self, name: str) -> bytes | None:
        for source in self._sources:
            data = None
            with self._tolerating(source):
                data = source.file(name)
            if data is not None:
                self._came_from[name] = source
                return data
        return None

    def _extend(self, message: Descriptor) -> None:
        """Build the files with extensions of the message, and of those inside it.

        The source that has the message is asked. It may fail: a method is good without them.
        """
        for reachable in _reachable(message, self._extended):
            if reachable.is_extendable and reachable.file.name != _OPTIONS_FILE:
                source = self._came_from[reachable.file.name]
                with contextlib.suppress(SchemaError):
                    for name in source.extending(reachable.full_name):
                        self._set.build(name)

    def _unknown(self, kind: str, name: str, names: Sequence[str]) -> SchemaError:
        """Return the error for a service or a symbol where `names` are the services."""
        refusals = [refusal for one in self._named if (refusal := one.refusal(name)) is not None]
        said = f" ({printable(refusals[0].words)})" if refusals else ""
        if name in names:
            return SchemaError(
                f"{self._where('list', 'lists')} the {kind} {quoted(name)} but cannot describe "
                f"it{said}; give its file with --protoset or --proto"
            )
        failed = next((printable(one.words) for one in refusals if not one.absent), "")
        answer = f" (reflection answers {failed})" if failed else ""
        troubles = "".join(f"; {error}" for error in self._troubles.values())
        return SchemaError(
            f"{self._where()} no {kind} {quoted(name)}{answer}"
            f"{alternatives(name, names, 'services')}{troubles}"
        )

    def _where(self, plural: str = "have", singular: str = "has") -> str:
        """Return the sources that could be looked in, and their verb."""
        origins = [
            source.origin for source in self._named if source.origin not in self._troubles
        ] or ["the schema"]
        verb = plural if len(origins) > 1 else singular
        return f"{' and '.join(origins)} {verb}"


def _set_of(files: Iterable[bytes]) -> bytes:
    parsed = [FileDescriptorProto.FromString(data) for data in files]
    return FileDescriptorSet(file=parsed).SerializeToString()


def _split(name: str) -> tuple[str, str]:
    """Return service and method of `package.Service/Method` or `package.Service.Method`."""
    name = name.removeprefix("/")
    service, _, method = name.rpartition("/" if "/" in name else ".")
    return service, method


def _is_service(descriptor: Any) -> bool:
    return hasattr(descriptor, "methods_by_name")


def _inside(descriptor: Any) -> list[str]:
    """Return the names of what a service, a message or an enum is made of."""
    for parts in ("methods", "fields", "values"):
        if hasattr(descriptor, parts):
            return [part.name for part in getattr(descriptor, parts)]
    return []


def _reachable(message: Descriptor, seen: set[str]) -> Iterator[Descriptor]:
    """Yield the message and those in its fields, each once and none of `seen`."""
    waiting = [message]
    while waiting:
        current = waiting.pop()
        if current.full_name not in seen:
            seen.add(current.full_name)
            yield current
            waiting += [field.message_type for field in current.fields if field.message_type]
