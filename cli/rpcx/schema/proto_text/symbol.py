"""`rpcx describe`: a symbol in the syntax of .proto files.

A whole file is what protoc turns back into the same descriptor. A symbol is its part of that
file, cut out: types are written with their full names, so each can be described in turn.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from google.protobuf.descriptor import FileDescriptor
from google.protobuf.descriptor_pb2 import Edition, FileDescriptorProto

from rpcx.schema.proto_text.comments import Comments
from rpcx.schema.proto_text.options import OptionText, string_literal
from rpcx.schema.proto_text.references import References
from rpcx.schema.proto_text.render import Renderer
from rpcx.words.printable import printable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rpcx.schema.proto_text.comments import Path

_SYNTAX_PATH, _PACKAGE_PATH, _IMPORT_NUMBER = (12,), (2,), 3
_MESSAGE, _ENUM, _SERVICE, _EXTENSION = 4, 5, 6, 7
_FIELD, _NESTED, _NESTED_ENUM, _NESTED_EXTENSION, _ONEOF = 2, 3, 4, 6, 8
_METHOD, _VALUE = 2, 2


def source_of(descriptor: Any, file: FileDescriptorProto | None = None) -> str:
    """Return the source form of a descriptor of any kind, ending in a newline.

    Args:
        descriptor: Of a file, service, method, message, enum, field, extension or oneof.
        file: Its file as the source of the schema gave it. Without it there are no comments,
            which protobuf's descriptors do not keep.
    """
    # Not everything in a descriptor is checked to be a name: what a server made up is data.
    return "".join(f"{printable(line, limit=None)}\n" for line in _lines(descriptor, file))


def _lines(descriptor: Any, file: FileDescriptorProto | None) -> list[str]:
    is_file = isinstance(descriptor, FileDescriptor)
    owner = descriptor if is_file else _file_of(descriptor)
    if file is None:
        file = FileDescriptorProto.FromString(owner.serialized_pb)
    references = References(owner)
    options = OptionText(owner.pool, references)
    comments = Comments(file)
    renderer = Renderer(file.syntax, comments, options, references)
    if is_file:
        return _file_lines(file, renderer, comments, options)
    return _symbol_lines(file, descriptor.full_name, renderer)


def _file_of(descriptor: Any) -> Any:
    """Return the file of a descriptor; methods and oneofs know only what contains them."""
    if hasattr(descriptor, "containing_service"):
        return descriptor.containing_service.file
    return descriptor.file if hasattr(descriptor, "file") else descriptor.containing_type.file


def _symbol_lines(file: FileDescriptorProto, name: str, renderer: Renderer) -> list[str]:
    """Return the lines of the definition with that full name."""
    for kind, full_name, definition, holder, path in _definitions(file):
        if full_name != name:
            continue
        scope = name.rpartition(".")[0]
        match kind:
            case "message":
                return renderer.message(definition, path, scope)
            case "enum":
                return renderer.enum(definition, path, scope)
            case "service":
                return renderer.service(definition, path, scope)
            case "method":
                return renderer.method(definition, path, scope)
            case "field":
                return renderer.field(holder, definition, path, scope)
            case "extension":
                return renderer.extend(holder, [path[-1]], path[:-2], scope)
            case _:
                return renderer.oneof(holder, path[-1], path[:-2], scope)
    raise LookupError(name)  # a descriptor's own file defines it


def _definitions(file: FileDescriptorProto) -> Iterator[tuple[str, str, Any, Any, Path]]:
    """Yield kind, full name, definition, holder and path of everything that has a name."""
    package = f"{file.package}." if file.package else ""
    for index, service in enumerate(file.service):
        name = package + service.name
        yield "service", name, service, file, (_SERVICE, index)
        for number, method in enumerate(service.method):
            at = (_SERVICE, index, _METHOD, number)
            yield "method", f"{name}.{method.name}", method, service, at
    for index, enum in enumerate(file.enum_type):
        yield "enum", package + enum.name, enum, file, (_ENUM, index)
    for index, extension in enumerate(file.extension):
        yield "extension", package + extension.name, extension, file, (_EXTENSION, index)
    for index, message in enumerate(file.message_type):
        yield from _inside(message, package, file, (_MESSAGE, index))


def _inside(
    message: Any, prefix: str, holder: Any, path: Path
) -> Iterator[tuple[str, str, Any, Any, Path]]:
    name = prefix + message.name
    yield "message", name, message, holder, path
    for kind, number, parts in (
        ("field", _FIELD, message.field),
        ("enum", _NESTED_ENUM, message.enum_type),
        ("extension", _NESTED_EXTENSION, message.extension),
        ("oneof", _ONEOF, message.oneof_decl),
    ):
        for index, part in enumerate(parts):
            yield kind, f"{name}.{part.name}", part, message, (*path, number, index)
    for index, nested in enumerate(message.nested_type):
        yield from _inside(nested, f"{name}.", message, (*path, _NESTED, index))


def _file_lines(
    file: FileDescriptorProto, renderer: Renderer, comments: Comments, options: OptionText
) -> list[str]:
    """Return a whole file, from its syntax to its extensions."""
    if file.syntax == "editions":
        edition = Edition.Name(file.edition).removeprefix("EDITION_")
        syntax = f'edition = "{edition}";'
    else:
        syntax = f'syntax = "{file.syntax or "proto2"}";'
    package = [f"package {file.package};"] if file.package else []
    blocks = [
        [*comments.before(_SYNTAX_PATH), syntax],
        [*comments.before(_PACKAGE_PATH), *package],
        _imports(file),
        [f"option {setting};" for setting in options.settings(file.options, file.package)],
        *(
            renderer.service(service, (_SERVICE, index), file.package)
            for index, service in enumerate(file.service)
        ),
        *(
            renderer.enum(enum, (_ENUM, index), file.package)
            for index, enum in enumerate(file.enum_type)
        ),
        *renderer.definitions(file, (), file.package),
    ]
    lines: list[str] = []
    for block in blocks:
        if block:
            lines += [*([""] if lines else []), *block]
    return lines


def _imports(file: FileDescriptorProto) -> list[str]:
    words: Final = {
        **dict.fromkeys(file.public_dependency, "public "),
        **dict.fromkeys(file.weak_dependency, "weak "),
    }
    plain = [
        f"import {words.get(index, '')}{string_literal(name)};"
        for index, name in enumerate(file.dependency)
    ]
    return plain + [
        f"import option {string_literal(name)};" for name in getattr(file, "option_dependency", ())
    ]
