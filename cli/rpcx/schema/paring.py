"""A file that the descriptor pool refuses, without the parts that it refuses.

The law: a schema costs only the part that is refused. So a bare form of the file, with every
message and enum empty, is built up again: each definition is put back whole if the pool takes it,
else piece by piece (fields, values, methods, ranges, options), and what it refuses stays out. Only
the pool judges: the wording of its refusals does not matter.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from google.protobuf.descriptor_pb2 import (
    DescriptorProto,
    EnumDescriptorProto,
    FileDescriptorProto,
)

from rpcx.schema.contents import prefix

if TYPE_CHECKING:
    from collections.abc import Callable

_LISTS: Final = ("extension", "extension_range", "reserved_range", "reserved_name")
"""What a message has besides fields and nested types."""


def pare(
    file: FileDescriptorProto, accepts: Callable[[FileDescriptorProto], bool]
) -> tuple[FileDescriptorProto, list[str]] | None:
    """Return the most of a file that is accepted, and what was left out, as sentences.

    Args:
        file: The file, which is refused as it is.
        accepts: Returns whether a file could be used.

    Returns:
        None if not even the bare file is accepted: its name, package or imports are wrong.
    """
    return _Paring(file, accepts).result()


class _Paring:
    def __init__(
        self, file: FileDescriptorProto, accepts: Callable[[FileDescriptorProto], bool]
    ) -> None:
        self._whole = file
        self._accepts = accepts
        self._made = FileDescriptorProto()
        self._notes: list[str] = []

    def result(self) -> tuple[FileDescriptorProto, list[str]] | None:
        whole, made = self._whole, self._made
        made.CopyFrom(whole)
        for part in (made.message_type, made.enum_type, made.service, made.extension):
            del part[:]
        scope = prefix(whole)
        if not self._ok() and not self._drop_options(made, "its options are left out"):
            return None
        self._bare(whole.enum_type, made.enum_type, _bare_enum, scope)
        self._bare(whole.message_type, made.message_type, _bare_message, scope)
        originals = _by_name(whole.enum_type) | _by_name(whole.message_type)
        for enum in made.enum_type:
            self._restore_enum(originals[enum.name], enum, scope + enum.name)
        for message in made.message_type:
            self._restore_message(originals[message.name], message, scope + message.name)
        for extension in whole.extension:
            self._add(made.extension, extension, f"its extension {scope}{extension.name}")
        for service in whole.service:
            self._add_service(service, scope)
        return made, self._notes

    def _ok(self) -> bool:
        return self._accepts(self._made)

    def _bare(self, whole: Any, made: Any, bare: Callable[[Any], Any], scope: str) -> None:
        """Add the empty form of each definition, so that all names are there."""
        for one in whole:
            made.append(bare(one))
            if not self._ok():
                del made[-1]
                self._notes.append(f"its type {scope}{one.name} is left out")

    def _restore_enum(
        self, original: EnumDescriptorProto, made: EnumDescriptorProto, name: str
    ) -> None:
        made.CopyFrom(original)
        if self._ok() or self._drop_options(made, f"the options of {name} are left out"):
            return
        made.CopyFrom(_bare_enum(original))
        del made.value[:]
        for value in original.value:
            self._add(made.value, value, f"the value {value.name} of {name}")
        if not made.value:
            made.CopyFrom(_bare_enum(original))

    def _restore_message(self, original: DescriptorProto, made: DescriptorProto, name: str) -> None:
        bare = DescriptorProto()
        bare.CopyFrom(made)
        made.CopyFrom(original)
        if self._ok() or self._drop_options(made, f"the options of {name} are left out"):
            return
        made.CopyFrom(bare)
        if original.options.map_entry:
            self._notes.append(f"the map {name} is taken as a message")
        originals = _by_name(original.nested_type) | _by_name(original.enum_type)
        kept = {one.name for one in made.nested_type} | {one.name for one in made.enum_type}
        self._notes += [
            f"its type {name}.{nested} is left out" for nested in originals if nested not in kept
        ]
        for enum in made.enum_type:
            self._restore_enum(originals[enum.name], enum, f"{name}.{enum.name}")
        for nested in made.nested_type:
            self._restore_message(originals[nested.name], nested, f"{name}.{nested.name}")
        for part in _LISTS:
            for item in getattr(original, part):
                self._add(getattr(made, part), item, f"a part ({part}) of {name}")
        self._restore_fields(original, made, name)

    def _restore_fields(self, original: DescriptorProto, made: DescriptorProto, name: str) -> None:
        kept: list[Any] = []
        for field in original.field:
            _set_fields(original, made, [*kept, field])
            if self._ok():
                kept.append(field)
                continue
            plain = type(field)()
            plain.CopyFrom(field)
            plain.ClearField("options")
            plain.ClearField("default_value")
            plain.ClearField("json_name")
            _set_fields(original, made, [*kept, plain])
            if self._ok():
                kept.append(plain)
                self._notes.append(f"the options of {name}.{field.name} are left out")
            else:
                self._notes.append(f"the field {name}.{field.name} is left out")
        _set_fields(original, made, kept)

    def _add_service(self, service: Any, scope: str) -> None:
        made = self._made.service.add()
        made.CopyFrom(service)
        name = scope + service.name
        if self._ok() or self._drop_options(made, f"the options of {name} are left out"):
            return
        del made.method[:]
        if not self._ok():
            del self._made.service[-1]
            self._notes.append(f"its service {name} is left out")
            return
        for method in service.method:
            self._add(made.method, method, f"the method {name}/{method.name}")

    def _add(self, parts: Any, item: Any, what: str) -> None:
        """Add one item of a list; without its options if they are what is refused."""
        parts.append(item)
        if self._ok():
            return
        if hasattr(item, "options") and self._drop_options(
            parts[-1],
            f"the options of {what.removeprefix('its ').removeprefix('the ')} are left out",
        ):
            return
        del parts[-1]
        self._notes.append(f"{what} is left out")

    def _drop_options(self, made: Any, note: str) -> bool:
        """Try without options; put them back if that does not help."""
        if not made.HasField("options"):
            return False
        options = type(made.options)()
        options.CopyFrom(made.options)
        made.ClearField("options")
        if getattr(options, "map_entry", False):
            made.options.map_entry = True
        if getattr(options, "allow_alias", False):
            made.options.allow_alias = True
        if self._ok():
            self._notes.append(note)
            return True
        made.options.CopyFrom(options)
        return False


def _by_name(definitions: Any) -> dict[str, Any]:
    """Return definitions by name; of several with one name, the first."""
    return {one.name: one for one in reversed(definitions)}


def _bare_enum(enum: EnumDescriptorProto) -> EnumDescriptorProto:
    made = EnumDescriptorProto(name=enum.name)
    made.value.add(name=f"{enum.name}_RPCX_UNKNOWN", number=0)
    return made


def _bare_message(message: DescriptorProto) -> DescriptorProto:
    """Return the message with its nested types, all of them empty.

    A name that is given twice or is not a name would cost the whole message.
    """
    enums = _by_name(message.enum_type)
    nested = {name: one for name, one in _by_name(message.nested_type).items() if name not in enums}
    return DescriptorProto(
        name=message.name,
        enum_type=[_bare_enum(one) for name, one in enums.items() if name.isidentifier()],
        nested_type=[_bare_message(one) for name, one in nested.items() if name.isidentifier()],
    )


def _set_fields(original: DescriptorProto, made: DescriptorProto, fields: list[Any]) -> None:
    """Give a message these fields, and those oneofs that they need.

    A field whose oneof does not exist is in none.
    """
    del made.field[:], made.oneof_decl[:]
    places: dict[int, int] = {}
    for field in fields:
        added = made.field.add()
        added.CopyFrom(field)
        if not field.HasField("oneof_index"):
            continue
        index = field.oneof_index
        if not 0 <= index < len(original.oneof_decl):
            added.ClearField("oneof_index")
            continue
        if index not in places:
            places[index] = len(made.oneof_decl)
            made.oneof_decl.add().CopyFrom(original.oneof_decl[index])
        added.oneof_index = places[index]
