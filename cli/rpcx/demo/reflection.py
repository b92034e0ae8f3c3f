"""Server reflection over the demo's own descriptors, v1 and v1alpha.

The two versions differ in the service's name alone, so one set of message classes and
one handler serve both. grpcio-reflection is not used for it: it has v1alpha only, and
takes its files from a pool, where they have lost their comments.
(Protocol: grpc/doc/server-reflection.md.)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import grpc

from rpcx.results import Status

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from google.protobuf.descriptor import FileDescriptor
    from google.protobuf.descriptor_pool import DescriptorPool

    from rpcx.demo.handlers import Handler
    from rpcx.demo.messages import Messages

NAMES = ("grpc.reflection.v1.ServerReflection", "grpc.reflection.v1alpha.ServerReflection")


class Index:
    """Answers single questions about a set of files.

    Each kind of question has the method that is named like its field in the oneof.

    Args:
        pool: Has every file.
        files: The same files, serialised, by name: what is sent.
        services: The names to list.
    """

    def __init__(
        self, pool: DescriptorPool, files: Mapping[str, bytes], services: Iterable[str]
    ) -> None:
        self._pool = pool
        self._files = files
        self._services = sorted(services)

    def answer(self, request: Any) -> dict[str, Any]:
        """The response to a ServerReflectionRequest, as the fields of its message.

        A question without an answer gets an `error_response`: NOT_FOUND where there is no
        such thing, INVALID_ARGUMENT where nothing was asked.
        """
        question = request.WhichOneof("message_request")
        if question is None:
            return _error(Status.INVALID_ARGUMENT, "the request asks nothing")
        asked = getattr(request, question)
        try:
            answer: dict[str, Any] = getattr(self, f"_{question}")(asked)
        except KeyError:
            what = question.replace("_", " ")
            return _error(Status.NOT_FOUND, f"{what}: nothing found for {str(asked).strip()!r}")
        return answer

    def _file_by_filename(self, name: str) -> dict[str, Any]:
        return self._with_imports(self._pool.FindFileByName(name))

    def _file_containing_symbol(self, symbol: str) -> dict[str, Any]:
        try:
            file = self._pool.FindFileContainingSymbol(symbol)
        except KeyError:  # it finds declarations of every kind but methods
            file = self._pool.FindMethodByName(symbol).containing_service.file
        return self._with_imports(file)

    def _file_containing_extension(self, asked: Any) -> dict[str, Any]:
        extended = self._pool.FindMessageTypeByName(asked.containing_type)
        extension = self._pool.FindExtensionByNumber(extended, asked.extension_number)
        return self._file_containing_symbol(extension.full_name)

    def _all_extension_numbers_of_type(self, type_name: str) -> dict[str, Any]:
        extended = self._pool.FindMessageTypeByName(type_name)
        numbers = sorted(field.number for field in self._pool.FindAllExtensions(extended))
        found = {"base_type_name": type_name, "extension_number": numbers}
        return {"all_extension_numbers_response": found}

    def _list_services(self, _any: str) -> dict[str, Any]:
        listed = [{"name": name} for name in self._services]
        return {"list_services_response": {"service": listed}}

    def _with_imports(self, file: FileDescriptor) -> dict[str, Any]:
        """The file first, then all it imports, directly or not, each once."""
        found = {file.name: file}
        pending = [file]
        while pending:
            for imported in pending.pop().dependencies:
                if imported.name not in found:
                    found[imported.name] = imported
                    pending.append(imported)
        serialised = [self._files[name] for name in found]
        return {"file_descriptor_response": {"file_descriptor_proto": serialised}}


def reflection(messages: Messages, index: Index) -> Handler:
    """The handler of ServerReflectionInfo, for either version's service."""
    response = messages.type("grpc.reflection.v1.ServerReflectionResponse")

    async def handler(_requests: Any, context: grpc.aio.ServicerContext[Any, Any]) -> None:
        while (request := await context.read()) is not grpc.aio.EOF:
            answer = index.answer(request)
            await context.write(
                response(valid_host=request.host, original_request=request, **answer)
            )

    return handler


def _error(status: Status, message: str) -> dict[str, Any]:
    return {"error_response": {"error_code": status.value, "error_message": message}}
