"""Which file defines a symbol."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from google.protobuf.descriptor_pb2 import DescriptorProto, FileDescriptorProto


class Index:
    """Files by the names they define outside of messages, and by what they extend."""

    def __init__(self) -> None:
        self.services: list[str] = []
        self._files: dict[str, str] = {}
        self._extending: dict[str, list[str]] = {}

    def add(self, file: FileDescriptorProto) -> None:
        """Take in a file; of two that define the same name, the first counts."""
        package = f"{file.package}." if file.package else ""
        self.services += [package + service.name for service in file.service]
        for definitions in (file.service, file.message_type, file.enum_type, file.extension):
            for definition in definitions:
                self._files.setdefault(package + definition.name, file.name)
        for extended in dict.fromkeys(_extended(file)):
            self._extending.setdefault(extended, []).append(file.name)

    def containing(self, symbol: str) -> str | None:
        """Return the file that defines `symbol`, or the outermost definition it is inside of."""
        while symbol:
            if symbol in self._files:
                return self._files[symbol]
            symbol = symbol.rpartition(".")[0]
        return None

    def extending(self, message: str) -> list[str]:
        """Return the files with extensions of a message."""
        return self._extending.get(message, [])


def _extended(file: FileDescriptorProto) -> Iterator[str]:
    """Yield the full name of the message of each extension in the file."""
    extensions = list(file.extension)
    messages: list[DescriptorProto] = list(file.message_type)
    while messages:
        message = messages.pop()
        extensions += message.extension
        messages += message.nested_type
    yield from (extension.extendee.removeprefix(".") for extension in extensions)
