"""What a schema needs of others: sources of descriptor files, and a stream to ask by."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence


SERVER: Final = "the server"
"""The origin of what a server's reflection has."""


class Conversation(Protocol):
    """A stream in lock step: ask, and get the answer."""

    def ask(self, request: bytes) -> bytes:
        """Send one message and wait for one.

        Raises:
            CallError: The stream ended instead.
        """
        ...

    def close(self) -> None:
        """Half-close, and wait until the stream is gone; harmless when it is gone already."""
        ...


class Refusal(NamedTuple):
    """What a source said instead of giving what it was asked for."""

    words: str
    """Its own, not made safe."""
    absent: bool = True
    """Whether they only say that it does not have it, and not that something failed."""


class FileSource(Protocol):
    """Something that has .proto files in their compiled form, as `FileDescriptorProto`.

    Every method may raise `SchemaError` when the source itself fails. That it lacks what it
    was asked for is no failure.

    Attributes:
        origin: What it is called in a sentence, as in `the server`.
    """

    origin: str

    def services(self) -> Sequence[str]:
        """Return the full names of its services, in its own order."""
        ...

    def containing(self, symbol: str) -> str | None:
        """Return the name of the file that defines a symbol by its full name."""
        ...

    def file(self, name: str) -> bytes | None:
        """Return the serialized file of that name."""
        ...

    def extending(self, message: str) -> Sequence[str]:
        """Return the names of the files with extensions of a message by its full name."""
        ...

    def refusal(self, symbol: str) -> Refusal | None:
        """Return what it said instead of giving a symbol or a file, if it said anything."""
        ...

    def close(self) -> None:
        """Let go of what is open; a later question opens it again."""
        ...
