"""A server's reflection without a server, to be made worse."""

from __future__ import annotations

from typing import Any

from google.protobuf.descriptor_pb2 import FileDescriptorProto, FileDescriptorSet
from grpc_reflection.v1alpha import reflection_pb2

from rpcx.errors import CallError
from rpcx.results import Status
from rpcx.schema import Schema
from rpcx.schema.sources.index import Index
from rpcx.schema.sources.reflection import ReflectionSource


class FakeReflection:
    """A server's reflection as the schema sees it: it opens conversations.

    Attributes:
        files: What it has, by name.
        listed: The services that it lists; those of its files unless set.
        asked: The kind and the content of every question.
        paths: What was opened.
        open_now: Conversations that are open.
        versions: Those it implements.
        transitive: Whether a file brings along what it imports, as grpc-go's does.
        ends_after_each: Whether a conversation ends with its first answer, and how.
        replies: Raw answers that come before any others.
        fails: How every conversation ends, if it does.
    """

    def __init__(self, files: FileDescriptorSet) -> None:
        own = FileDescriptorSet()
        own.CopyFrom(files)  # tests change them
        self.files: dict[str, FileDescriptorProto] = {file.name: file for file in own.file}
        self.listed: list[str] | None = None
        self.asked: list[tuple[str, Any]] = []
        self.paths: list[str] = []
        self.open_now = 0
        self.versions = ["v1", "v1alpha"]
        self.transitive = True
        self.ends_after_each: Status | None = None
        self.replies: list[bytes] = []
        self.fails: Status | None = None

    def open(self, path: str) -> FakeConversation:
        """Open a conversation."""
        self.paths.append(path)
        self.open_now += 1
        return FakeConversation(self, path.split(".")[2])

    def schema(self) -> Schema:
        """A schema that asks this reflection alone."""
        return Schema((ReflectionSource(self.open),))

    def answer(self, request: bytes) -> bytes:
        """What the server says."""
        question = reflection_pb2.ServerReflectionRequest.FromString(request)
        kind = question.WhichOneof("message_request")
        assert kind is not None
        self.asked.append((kind, getattr(question, kind)))
        if self.replies:
            return self.replies.pop(0)
        response = reflection_pb2.ServerReflectionResponse()
        getattr(self, f"_{kind}")(getattr(question, kind), response)
        return response.SerializeToString()

    def _list_services(self, _: str, response: Any) -> None:
        names = self.listed
        if names is None:
            names = [
                f"{file.package}.{service.name}"
                for file in self.files.values()
                for service in file.service
            ]
        for name in names:
            response.list_services_response.service.add(name=name)

    def _file_containing_symbol(self, symbol: str, response: Any) -> None:
        index = Index()
        for file in self.files.values():
            index.add(file)
        self._file_by_filename(index.containing(symbol) or "", response)

    def _file_by_filename(self, name: str, response: Any) -> None:
        if name not in self.files:
            response.error_response.error_code = Status.NOT_FOUND
            response.error_response.error_message = f"not here: {name}"
            return
        waiting, sent = [name], set()
        while waiting:
            current = waiting.pop(0)
            if current in self.files and current not in sent:
                sent.add(current)
                file = self.files[current]
                response.file_descriptor_response.file_descriptor_proto.append(
                    file.SerializeToString()
                )
                waiting += file.dependency if self.transitive else ()

    def _all_extension_numbers_of_type(self, name: str, response: Any) -> None:
        response.all_extension_numbers_response.base_type_name = name
        numbers = [
            field.number
            for file in self.files.values()
            for field in file.extension
            if field.extendee == f".{name}"
        ]
        response.all_extension_numbers_response.extension_number.extend(numbers)

    def _file_containing_extension(self, wanted: Any, response: Any) -> None:
        for file in self.files.values():
            for field in file.extension:
                if (field.extendee, field.number) == (
                    f".{wanted.containing_type}",
                    wanted.extension_number,
                ):
                    self._file_by_filename(file.name, response)
                    return
        self._file_by_filename("", response)


class FakeConversation:
    """One stream of a `FakeReflection`."""

    def __init__(self, server: FakeReflection, version: str) -> None:
        self._server = server
        self._version = version
        self._open = True
        self._answers = 0

    def ask(self, request: bytes) -> bytes:
        """Answer, or end as the server is told to."""
        assert self._open
        if self._version not in self._server.versions:
            raise CallError(Status.UNIMPLEMENTED, "unknown service")
        if self._server.fails is not None:
            raise CallError(self._server.fails, "said \x1b[2J no")
        ends = self._server.ends_after_each
        if ends is not None and self._answers:
            raise CallError(ends, "one answer a stream")
        self._answers += 1
        return self._server.answer(request)

    def close(self) -> None:
        """Be gone."""
        self._server.open_now -= self._open
        self._open = False
