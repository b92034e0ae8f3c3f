"""Where message types come from, behind one Protocol."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from google.protobuf.descriptor import MethodDescriptor
    from google.protobuf.descriptor_pool import DescriptorPool


class Conversation(Protocol):
    """A stream in lock step: ask, and get the answer."""

    def ask(self, request: bytes) -> bytes:
        """Send one message and wait for one.

        Raises:
            CallError: The stream ended instead.
        """
        ...

    def close(self) -> None:
        """Half-close, and wait until the stream is gone."""
        ...


class Schema(Protocol):
    """A source of message types.

    Attributes:
        pool: The types found so far; they share it with nobody.
    """

    pool: DescriptorPool

    def services(self) -> Sequence[str]:
        """Full names of the services, in the order of the source.

        Raises:
            SchemaError: The source cannot say.
        """
        ...

    def method(self, name: str) -> MethodDescriptor:
        """The method `package.Service/Method` or `package.Service.Method`.

        Raises:
            SchemaError: There is none of this name; the sentence names the nearest.
        """
        ...

    def symbol(self, name: str) -> Any:
        """The descriptor of a service, method, message, enum, field or extension.

        Raises:
            SchemaError: There is none of this name; the sentence names the nearest.
        """
        ...

    def close(self) -> None:
        """Let go of what the source keeps open; a later question opens it again."""
        ...
