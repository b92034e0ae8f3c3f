"""Descriptors in the syntax of .proto files.

Definitions come out in an order that protoc turns back into the same descriptor: a map or a
group makes a nested type where it stands, so the nested types before it are written first.
"""

from __future__ import annotations

import re
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final

from google.protobuf.descriptor_pb2 import FieldDescriptorProto

from rpcx.schema.proto_text import ranges
from rpcx.schema.proto_text.options import bracketed, string_literal
from rpcx.schema.proto_text.order import Part, steps

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rpcx.schema.proto_text.comments import Comments, Path
    from rpcx.schema.proto_text.options import OptionText
    from rpcx.schema.proto_text.references import References

_F = FieldDescriptorProto
_LABELS: Final = {
    _F.LABEL_OPTIONAL: "optional ",
    _F.LABEL_REQUIRED: "required ",
    _F.LABEL_REPEATED: "repeated ",
}
_VISIBILITY: Final = {0: "", 1: "local ", 2: "export "}  # SymbolVisibility, edition 2024

# Numbers of the fields that descriptors hold their parts in, for the paths of comments.
_IN_FILE: Final = {"message": 4, "enum": 5, "service": 6, "extension": 7}
_IN_MESSAGE: Final = {"field": 2, "message": 3, "enum": 4, "extension": 6, "oneof": 8}
_IN_ENUM: Final = 2
_IN_SERVICE: Final = 2


class Renderer:
    """Writes the parts of one file as lines.

    Args:
        syntax: `proto2`, `proto3` or `editions`.
        comments: The file's.
        options: Writes options.
        references: Names types.
    """

    def __init__(
        self, syntax: str, comments: Comments, options: OptionText, references: References
    ) -> None:
        self._syntax = syntax or "proto2"
        self._as_words = syntax == "editions"  # reserved names, strings elsewhere
        self._comments = comments
        self._options = options
        self._references = references

    def message(self, message: Any, path: Path, scope: str) -> list[str]:
        """Return a message with all that is inside."""
        head = f"{_visibility(message)}message {message.name}"
        body = self._message_body(message, path, _join(scope, message.name))
        return self._braced(head, body, path)

    def enum(self, enum: Any, path: Path, scope: str) -> list[str]:
        """Return an enum with its values."""
        body = [f"option {setting};" for setting in self._options.settings(enum.options, scope)]
        for index, value in enumerate(enum.value):
            settings = self._options.settings(value.options, scope)
            line = f"{value.name} = {value.number}{bracketed(settings)};"
            body += self._commented([line], (*path, _IN_ENUM, index))
        body += ranges.reserved_in_enum(enum, self._before(path), as_words=self._as_words)
        return self._braced(f"{_visibility(enum)}enum {enum.name}", body, path)

    def service(self, service: Any, path: Path, scope: str) -> list[str]:
        """Return a service with its methods."""
        body = [f"option {setting};" for setting in self._options.settings(service.options, scope)]
        inner = _join(scope, service.name)
        for index, method in enumerate(service.method):
            body += self.method(method, (*path, _IN_SERVICE, index), inner)
        return self._braced(f"service {service.name}", body, path)

    def method(self, method: Any, path: Path, scope: str) -> list[str]:
        """Return a method of the service that is its scope."""
        asked, answered = (
            f"{'stream ' if streaming else ''}{self._references.name(name, scope)}"
            for streaming, name in (
                (method.client_streaming, method.input_type),
                (method.server_streaming, method.output_type),
            )
        )
        head = f"rpc {method.name}({asked}) returns ({answered})"
        settings = self._options.settings(method.options, scope)
        if not settings:
            return self._commented([f"{head};"], path)
        return self._braced(head, [f"option {setting};" for setting in settings], path)

    def oneof(self, message: Any, index: int, path: Path, scope: str) -> list[str]:
        """Return a oneof of `message`, whose own path and full name the others are."""
        oneof = message.oneof_decl[index]
        body = [f"option {setting};" for setting in self._options.settings(oneof.options, scope)]
        for number, field in enumerate(message.field):
            if field.HasField("oneof_index") and field.oneof_index == index:
                at = (*path, _IN_MESSAGE["field"], number)
                body += self.field(message, field, at, scope, in_oneof=True)
        return self._braced(f"oneof {oneof.name}", body, (*path, _IN_MESSAGE["oneof"], index))

    def field(
        self, holder: Any, field: Any, path: Path, scope: str, *, in_oneof: bool = False
    ) -> list[str]:
        """Return a field or an extension; `holder` has the type that a map or a group makes."""
        made = self._made(holder, field)
        end = f" = {field.number}{bracketed(self._field_settings(field, scope))}"
        if made is not None and made.options.map_entry:
            key, value = (self._type(part, scope) for part in made.field)
            return self._commented([f"map<{key}, {value}> {field.name}{end};"], path)
        label = "" if in_oneof else self._label(field)
        if made is not None:
            nested = _nested(holder)
            at = (*_holder_path(path), _numbers(holder)["message"], _names(nested).index(made.name))
            body = self._message_body(made, at, _join(scope, made.name))
            return self._braced(f"{label}group {made.name}{end}", body, path)
        return self._commented([f"{label}{self._type(field, scope)} {field.name}{end};"], path)

    def definitions(self, holder: Any, path: Path, scope: str) -> list[list[str]]:
        """Return a block for each message, run of fields and run of extensions of `holder`.

        Args:
            holder: A file or a message.
            path: Its path; empty for a file.
            scope: The file's package, or the message's full name.
        """
        nested, numbers = _nested(holder), _numbers(holder)
        fields = getattr(holder, "field", ())
        blocks = []
        for part, start, stop in steps(
            _names(nested),
            [self._made_name(holder, field) for field in fields],
            [self._made_name(holder, field) for field in holder.extension],
        ):
            if part is Part.MESSAGE:
                at = (*path, numbers["message"], start)
                blocks.append(self.message(nested[start], at, scope))
            elif part is Part.FIELDS:
                blocks.append(self._fields(holder, range(start, stop), path, scope))
            else:
                blocks += self._extends(holder, range(start, stop), path, scope)
        return [block for block in blocks if block]

    def extend(self, holder: Any, indices: Iterable[int], path: Path, scope: str) -> list[str]:
        """Return one `extend` block with these extensions, all of the same message."""
        body: list[str] = []
        extended = ""
        for index in indices:
            field = holder.extension[index]
            extended = self._references.name(field.extendee, scope)
            at = (*path, _numbers(holder)["extension"], index)
            body += self.field(holder, field, at, scope)
        return [f"extend {extended} {{", *_indented(body), "}"]

    def _extends(self, holder: Any, indices: range, path: Path, scope: str) -> list[list[str]]:
        runs = groupby(indices, key=lambda index: holder.extension[index].extendee)
        blocks = [self.extend(holder, list(run), path, scope) for _, run in runs]
        if blocks and 0 in indices:  # the comments of all blocks have one path: protoc's doing
            blocks[0][:0] = self._comments.before((*path, _numbers(holder)["extension"]))
        return blocks

    def _fields(self, message: Any, indices: range, path: Path, scope: str) -> list[str]:
        lines: list[str] = []
        for index in indices:
            field = message.field[index]
            if not field.HasField("oneof_index") or field.proto3_optional:
                at = (*path, _IN_MESSAGE["field"], index)
                lines += self.field(message, field, at, scope)
            elif all(
                not other.HasField("oneof_index") or other.oneof_index != field.oneof_index
                for other in message.field[:index]
            ):  # the first of its oneof brings the others along
                lines += self.oneof(message, field.oneof_index, path, scope)
        return lines

    def _message_body(self, message: Any, path: Path, scope: str) -> list[str]:
        settings = self._options.settings(message.options, scope)
        blocks = [
            [f"option {setting};" for setting in settings],
            *(
                self.enum(enum, (*path, _IN_MESSAGE["enum"], index), scope)
                for index, enum in enumerate(message.enum_type)
            ),
            *self.definitions(message, path, scope),
            ranges.extensible(
                message, self._before(path), lambda one: self._options.settings(one, scope)
            ),
            ranges.reserved_in_message(message, self._before(path), as_words=self._as_words),
        ]
        return _separated(blocks)

    def _before(self, path: Path) -> ranges.Before:
        """Return the function that gives the comments of what a path's element has by number."""
        return lambda number: self._comments.before((*path, number))

    def _field_settings(self, field: Any, scope: str) -> list[str]:
        settings = self._options.settings(field.options, scope)
        if (
            field.type == _F.TYPE_GROUP
            and self._syntax == "editions"
            and not any(
                setting.startswith("features") and "DELIMITED" in setting for setting in settings
            )
        ):
            settings.insert(0, "features.message_encoding = DELIMITED")
        own_name = field.HasField("json_name") and field.json_name != _default_json_name(field.name)
        if own_name and not field.extendee:
            settings.insert(0, f"json_name = {string_literal(field.json_name)}")
        if field.HasField("default_value"):
            settings.insert(0, f"default = {_default(field)}")
        return settings

    def _label(self, field: Any) -> str:
        implied = self._syntax != "proto2" and not field.proto3_optional
        if implied and field.label == _F.LABEL_OPTIONAL:
            return ""
        return _LABELS[field.label]

    def _type(self, field: Any, scope: str) -> str:
        if field.type_name:
            return self._references.name(field.type_name, scope)
        return str(_F.Type.Name(field.type)).removeprefix("TYPE_").lower()

    def _made(self, holder: Any, field: Any) -> Any:
        """Return the nested type that protoc makes for a map or a group, or None."""
        if field.type == _F.TYPE_GROUP and self._syntax != "proto2":
            return None
        if field.type not in (_F.TYPE_GROUP, _F.TYPE_MESSAGE):
            return None
        name = field.type_name.rpartition(".")[2]
        made = next((one for one in _nested(holder) if one.name == name), None)
        if made is None or field.type == _F.TYPE_GROUP or made.options.map_entry:
            return made
        return None

    def _made_name(self, holder: Any, field: Any) -> str | None:
        made = self._made(holder, field)
        return None if made is None else made.name

    def _braced(self, head: str, body: list[str], path: Path) -> list[str]:
        after = self._comments.after(path)
        inside = [*after, "", *body] if after and body else [*after, *body]
        lines = [f"{head} {{", *_indented(inside), "}"] if inside else [f"{head} {{}}"]
        return [*self._comments.before(path), *lines]

    def _commented(self, lines: list[str], path: Path) -> list[str]:
        after = self._comments.after(path)
        if len(after) == 1:
            return [*self._comments.before(path), f"{lines[0]}  {after[0]}"]
        return [*self._comments.before(path), *lines, *after, *([""] if after else [])]


def _names(elements: Iterable[Any]) -> list[str]:
    return [element.name for element in elements]


def _nested(holder: Any) -> Any:
    """Return the messages directly inside a file or a message."""
    return holder.message_type if hasattr(holder, "message_type") else holder.nested_type


def _numbers(holder: Any) -> dict[str, int]:
    return _IN_FILE if hasattr(holder, "message_type") else _IN_MESSAGE


def _holder_path(path: Path) -> Path:
    return path[:-2]


def _join(scope: str, name: str) -> str:
    return f"{scope}.{name}" if scope else name


def _visibility(definition: Any) -> str:
    return _VISIBILITY.get(getattr(definition, "visibility", 0), "")


def _default(field: Any) -> str:
    if field.type == _F.TYPE_STRING:
        return string_literal(field.default_value)
    if field.type == _F.TYPE_BYTES:
        return f'"{field.default_value}"'  # descriptors hold it escaped already
    return str(field.default_value)


def _default_json_name(name: str) -> str:
    return re.sub(r"_+(.?)", lambda match: match[1].upper(), name)


def _indented(lines: Iterable[str]) -> list[str]:
    return [f"  {line}" if line else "" for line in lines]


def _separated(blocks: Iterable[list[str]]) -> list[str]:
    """Join blocks with an empty line between them."""
    lines: list[str] = []
    for block in blocks:
        if block:
            lines += [*([""] if lines else []), *block]
    return lines
