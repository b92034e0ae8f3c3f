"""The source behind all others: the files that everybody has."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rpcx.codec import builtin

if TYPE_CHECKING:
    from collections.abc import Sequence

_REFLECTION: Final = "grpc.reflection.v1."
_REFLECTION_FILE: Final = "grpc/reflection/v1/reflection.proto"


class BuiltinSource:
    """Protobuf's own files, Google's common ones, and reflection itself.

    Servers list reflection v1 and, some of them, cannot describe it: it has the messages of
    v1alpha under another package, and so is made of them.
    """

    origin = "rpcx"

    def services(self) -> Sequence[str]:
        """Return nothing: a service is a server's to list."""
        return ()

    def containing(self, symbol: str) -> str | None:
        """Return the file of a well-known type, or of reflection v1."""
        return _REFLECTION_FILE if symbol.startswith(_REFLECTION) else builtin.file_of(symbol)

    def file(self, name: str) -> bytes | None:
        """Return one of these files."""
        return _reflection_v1() if name == _REFLECTION_FILE else builtin.serialized_file(name)

    def extending(self, message: str) -> Sequence[str]:  # noqa: ARG002 - the Protocol's
        """Return nothing: none of these extends what others define."""
        return ()

    def refusal(self, symbol: str) -> None:
        """Return nothing."""

    def close(self) -> None:
        """Do nothing: nothing is open."""


def _reflection_v1() -> bytes:
    from google.protobuf.descriptor_pb2 import FileDescriptorProto  # noqa: PLC0415 - rarely asked
    from grpc_reflection.v1alpha import reflection_pb2  # noqa: PLC0415 - for what this makes

    file = FileDescriptorProto.FromString(reflection_pb2.DESCRIPTOR.serialized_pb)
    file.name, file.package = _REFLECTION_FILE, _REFLECTION.rstrip(".")
    for message in file.message_type:
        for field in message.field:
            if field.type_name:
                field.type_name = field.type_name.replace(".v1alpha.", ".v1.")
    for service in file.service:
        for method in service.method:
            method.input_type = method.input_type.replace(".v1alpha.", ".v1.")
            method.output_type = method.output_type.replace(".v1alpha.", ".v1.")
    return file.SerializeToString()
