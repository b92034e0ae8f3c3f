"""How a .proto file names a type of another place, so that protoc finds just that one.

protoc looks for the first part of a name in the innermost scope, then outwards, and stays
with the first message, enum, service or package it finds
(https://protobuf.dev/programming-guides/proto3/#name-resolution).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from google.protobuf.descriptor import FileDescriptor
    from google.protobuf.descriptor_pool import DescriptorPool


class References:
    """Names types in the scopes of one file."""

    def __init__(self, file: FileDescriptor) -> None:
        self._pool: DescriptorPool = file.pool
        self._packages: set[str] = set()
        files, seen = [file], {file.name}
        while files:
            current = files.pop()
            parts = current.package.split(".")
            self._packages.update(".".join(parts[:end]) for end in range(1, len(parts) + 1))
            for imported in current.dependencies:
                if imported.name not in seen:
                    seen.add(imported.name)
                    files.append(imported)

    def name(self, type_name: str, scope: str) -> str:
        """Return the full name that leads from `scope` to the type, with a dot if it must.

        Args:
            type_name: The full name, as descriptors have it, with or without leading dot.
            scope: Full name of the message or package in which it is written.
        """
        full = type_name.removeprefix(".")
        first = full.partition(".")[0]
        while scope:
            if self._holds(f"{scope}.{first}"):
                return f".{full}"
            scope = scope.rpartition(".")[0]
        return full

    def _holds(self, name: str) -> bool:
        """Return whether `name` is something that protoc would look further into."""
        if name in self._packages:
            return True
        pool = self._pool
        for find in (pool.FindMessageTypeByName, pool.FindEnumTypeByName, pool.FindServiceByName):
            try:
                find(name)
            except KeyError:
                continue
            return True
        return False
