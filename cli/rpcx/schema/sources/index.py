"""Which file defines a symbol."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rpcx.schema.contents import extensions, prefix

if TYPE_CHECKING:
    from google.protobuf.descriptor_pb2 import FileDescriptorProto


class Index:
    """Files by the names they define outside of messages, and by what they extend."""

    def __init__(self) -> None:
        self.services: list[str] = []
        self._files: dict[str, str] = {}
        self._extending: dict[str, list[str]] = {}

    def add(self, file: FileDescriptorProto) -> None:
        """Take in a file; of two that define the same name, the first counts."""
        package = prefix(file)
        self.services += [package + service.name for service in file.service]
        for definitions in (file.service, file.message_type, file.enum_type, file.extension):
            for definition in definitions:
                self._files.setdefault(package + definition.name, file.name)
        extended_names = (one.extendee.removeprefix(".") for one in extensions(file))
        for extended in dict.fromkeys(extended_names):
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
