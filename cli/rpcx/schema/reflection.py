"""Message types from server reflection: v1, and v1alpha where the server has only that.

The messages of both are the same, under another service name. One conversation serves all
questions of a command, so that the server sends each file once, and is closed before the
first call: it counts against the server's limit of concurrent streams.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from google.protobuf import descriptor_pool
from google.protobuf.message import DecodeError

from rpcx.errors import CallError, SchemaError
from rpcx.results import Status
from rpcx.schema.files import FileSet
from rpcx.schema.names import split_method, suggestion
from rpcx.text import printable

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from google.protobuf.descriptor import MethodDescriptor, ServiceDescriptor

    from rpcx.schema import Conversation

_VERSIONS: Final = ("v1", "v1alpha")
_PATH: Final = "/grpc.reflection.{}.ServerReflection/ServerReflectionInfo"


class ReflectionSchema:
    """Asks a server for the files that a question needs, and no more.

    Args:
        open_conversation: Opens a stream of this path.

    Attributes:
        pool: The types found so far.
    """

    def __init__(self, open_conversation: Callable[[str], Conversation]) -> None:
        self.pool = descriptor_pool.DescriptorPool()
        self._open = open_conversation
        self._conversation: Conversation | None = None
        self._version = ""
        self._services: list[str] | None = None
        self._files = FileSet(self.pool, self._fetch_file)

    def services(self) -> Sequence[str]:
        """Full names of the services, in the server's order.

        Raises:
            SchemaError: The server has no reflection, or it failed.
        """
        if self._services is None:
            answer = self._ask(list_services="")
            self._services = [service.name for service in answer.list_services_response.service]
        return self._services

    def method(self, name: str) -> MethodDescriptor:
        """The method `package.Service/Method` or `package.Service.Method`.

        Raises:
            SchemaError: There is none of this name; the sentence names the nearest.
        """
        service_name, method_name = split_method(name)
        if not service_name:
            raise SchemaError(
                f"{printable(name)!r} is no method; write it package.Service/Method"
                f" ({suggestion(name, self.services(), 'services')})"
            )
        service = self._service(service_name)
        method: MethodDescriptor | None = service.methods_by_name.get(method_name)
        if method is None:
            hint = suggestion(method_name, service.methods_by_name, "methods")
            raise SchemaError(
                f"the service {printable(service.full_name)} has no method"
                f" {printable(method_name)!r}; {hint}"
            )
        return method

    def symbol(self, name: str) -> Any:
        """The descriptor of a service, method, message, enum, field or extension.

        Raises:
            SchemaError: There is none of this name; the sentence names the nearest.
        """
        name = name.strip("/").replace("/", ".")
        if not self._load(name):
            hint = suggestion(name, self.services(), "services")
            raise SchemaError(
                f"the server knows no symbol {printable(name)!r}; of its services: {hint}"
            )
        return self._files.descriptor(name)

    def close(self) -> None:
        """Close the reflection stream, if one is open."""
        conversation, self._conversation = self._conversation, None
        if conversation is not None:
            conversation.close()

    def _service(self, name: str) -> ServiceDescriptor:
        if not self._load(name):
            hint = suggestion(name, self.services(), "services")
            listed = name in self.services()
            raise SchemaError(
                f"the server lists the service {printable(name)!r} but cannot describe it"
                if listed
                else f"the server has no service {printable(name)!r}; {hint}"
            )
        descriptor = self._files.descriptor(name)
        if not hasattr(descriptor, "methods_by_name"):
            raise SchemaError(f"{printable(name)!r} is no service but a message or an enum")
        service: ServiceDescriptor = descriptor
        return service

    def _load(self, symbol: str) -> bool:
        """Fetch the file of a symbol and what it imports; False where the server has none."""
        if self._files.has(symbol):
            return True
        try:
            answer = self._ask(file_containing_symbol=symbol)
        except _NoSuchThingError:
            return False
        self._files.add(answer.file_descriptor_response.file_descriptor_proto)
        return self._files.has(symbol)

    def _fetch_file(self, name: str) -> Sequence[bytes]:
        try:
            answer = self._ask(file_by_filename=name)
        except _NoSuchThingError:
            return ()
        files: Sequence[bytes] = answer.file_descriptor_response.file_descriptor_proto
        return files

    def _ask(self, **question: str) -> Any:
        from grpc_reflection.v1alpha import reflection_pb2  # noqa: PLC0415 -- heavy

        request = reflection_pb2.ServerReflectionRequest(**question).SerializeToString()
        answer_bytes = self._exchange(request)
        try:
            answer = reflection_pb2.ServerReflectionResponse.FromString(answer_bytes)
        except DecodeError:
            raise SchemaError(
                "the server's reflection answered with bytes that are no reflection response"
            ) from None
        kind = answer.WhichOneof("message_response")
        if kind == "error_response":
            error = answer.error_response
            if error.error_code == Status.NOT_FOUND:
                raise _NoSuchThingError
            raise SchemaError(
                f"the server's reflection failed: {printable(error.error_message)}"
                f" (code {error.error_code})"
            )
        if kind is None:
            raise SchemaError("the server's reflection answered with an empty response")
        return answer

    def _exchange(self, request: bytes) -> bytes:
        if self._conversation is not None:
            try:
                return self._conversation.ask(request)
            except CallError as error:
                self._conversation = None
                raise _failed(error) from None
        for version in (self._version,) if self._version else _VERSIONS:
            conversation = self._open(_PATH.format(version))
            try:
                answer = conversation.ask(request)
            except CallError as error:
                if error.status is not Status.UNIMPLEMENTED:
                    raise _failed(error) from None
            else:
                self._conversation, self._version = conversation, version
                return answer
        raise SchemaError("the server has no reflection (neither v1 nor v1alpha); enable it there")


class _NoSuchThingError(Exception):
    """The server answered NOT_FOUND."""


def _failed(error: CallError) -> SchemaError:
    words = f": {printable(error.details)}" if error.details else ""
    if error.status in (Status.UNAUTHENTICATED, Status.PERMISSION_DENIED):
        hint = "; it asks for credentials: give them with -H"
    elif error.status is Status.DEADLINE_EXCEEDED:
        hint = "; it did not answer in time: raise --connect-timeout"
    else:
        hint = ""
    return SchemaError(f"the server's reflection ended with {error.status.name}{words}{hint}")
