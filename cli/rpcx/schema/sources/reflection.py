"""Files from server reflection: v1, and v1alpha where the server has only that.

The messages of both are the same, under another service name
(https://github.com/grpc/grpc/blob/master/doc/server-reflection.md). One conversation serves
all questions of a command, so that the server sends each file once; it is closed before the
first call, since it counts against the server's limit of concurrent streams.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from google.protobuf.message import DecodeError
from grpc_reflection.v1alpha.reflection_pb2 import (
    ExtensionRequest,
    ServerReflectionRequest,
    ServerReflectionResponse,
)

from rpcx.codec import builtin
from rpcx.errors import CallError, SchemaError
from rpcx.results import Status
from rpcx.schema.files import parse_file
from rpcx.schema.sources.index import Index
from rpcx.schema.sources.protocol import SERVER, Refusal
from rpcx.schema.sources.relative import is_relative, make_absolute
from rpcx.words.hints import hint, is_not_grpc
from rpcx.words.printable import printable

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from rpcx.schema.sources.protocol import Conversation

_VERSIONS: Final = ("v1", "v1alpha")
_PATH: Final = "/grpc.reflection.{}.ServerReflection/ServerReflectionInfo"
_ABSENT: Final = (Status.NOT_FOUND, Status.INVALID_ARGUMENT)
_CODES: Final = frozenset(map(int, Status))
_CREDENTIALS: Final = (Status.UNAUTHENTICATED, Status.PERMISSION_DENIED)


class ReflectionSource:
    """Asks a server for the files that a question needs, and no more.

    Args:
        open_conversation: Opens a stream of this path.
    """

    origin = SERVER

    def __init__(self, open_conversation: Callable[[str], Conversation]) -> None:
        self._open = open_conversation
        self._conversation: Conversation | None = None
        self._versions: tuple[str, ...] = _VERSIONS  # one alone, once it is known
        self._services: list[str] | None = None
        self._held: dict[str, bytes] = {}
        self._index = Index()
        self._refusals: dict[str, Refusal] = {}

    def services(self) -> Sequence[str]:
        """Return the full names of the services, in the server's order.

        Raises:
            SchemaError: The server has no reflection, or it failed.
        """
        if self._services is None:
            try:
                answer = self._ask("list_services_response", list_services="*")
            except _RefusedError as refused:
                raise SchemaError(
                    f"the server's reflection lists no services: {printable(str(refused))}"
                ) from None
            # Some servers list a service without a name: a line that is empty says nothing.
            self._services = [service.name for service in answer.service if service.name]
        return self._services

    def containing(self, symbol: str) -> str | None:
        """Return the file of a symbol, asking for it if it has not come with others.

        Raises:
            SchemaError: The server has no reflection, or it failed.
        """
        held = self._index.containing(symbol)
        if held is None and symbol and symbol not in self._refusals:
            try:
                self._hold("file_descriptor_response", file_containing_symbol=symbol)
            except _RefusedError as refused:
                self._refusals[symbol] = refused.refusal
            held = self._index.containing(symbol)
        return held

    def file(self, name: str) -> bytes | None:
        """Return a file, asking for it if it has not come with others.

        What everybody has is not asked for: that saves a round trip.

        Raises:
            SchemaError: The server's reflection failed.
        """
        if name not in self._held and builtin.serialized_file(name) is None:
            try:
                self._hold("file_descriptor_response", file_by_filename=name)
            except _RefusedError as refused:
                self._refusals[name] = refused.refusal
        return self._held.get(name)

    def extending(self, message: str) -> Sequence[str]:
        """Return the files with the extensions of a message that the server knows.

        Raises:
            SchemaError: The server's reflection failed.
        """
        try:
            answer = self._ask(
                "all_extension_numbers_response", all_extension_numbers_of_type=message
            )
        except _RefusedError:
            return ()
        names: list[str] = []
        for number in answer.extension_number:
            names += self._extension(message, number)
        return list(dict.fromkeys([*names, *self._index.extending(message)]))

    def refusal(self, symbol: str) -> Refusal | None:
        """Return what the server said for not giving a symbol or a file."""
        return self._refusals.get(symbol)

    def close(self) -> None:
        """Close the reflection stream, if one is open."""
        conversation, self._conversation = self._conversation, None
        if conversation is not None:
            conversation.close()

    def _extension(self, message: str, number: int) -> Sequence[str]:
        asked = ExtensionRequest(containing_type=message, extension_number=number)
        try:
            return self._hold("file_descriptor_response", file_containing_extension=asked)
        except _RefusedError:
            return ()

    def _hold(self, kind: str, **question: Any) -> list[str]:
        """Keep the files that answer a question, and return their names."""
        serialized = self._ask(kind, **question).file_descriptor_proto
        files = [parse_file(data) for data in serialized]
        if any(map(is_relative, files)):
            make_absolute(files, map(parse_file, self._held.values()))
            serialized = [file.SerializeToString() for file in files]
        for file, data in zip(files, serialized, strict=True):
            if file.name not in self._held:
                self._held[file.name] = data
                self._index.add(file)
        return [file.name for file in files]

    def _ask(self, kind: str, **question: Any) -> Any:
        """Return the part of the answer that a question of this kind has."""
        request = ServerReflectionRequest(**question).SerializeToString()
        try:
            answer = ServerReflectionResponse.FromString(self._exchange(request))
        except DecodeError:
            raise SchemaError(
                "the server's reflection answers with bytes that are no reflection response; "
                "give its schema with --protoset or --proto"
            ) from None
        came = answer.WhichOneof("message_response")
        if came == "error_response":
            raise _RefusedError(_refusal(answer.error_response))
        if came != kind:
            raise SchemaError(
                f"the server's reflection answers with {came or 'an empty response'} where "
                f"{kind} was due; give its schema with --protoset or --proto"
            )
        return getattr(answer, kind)

    def _exchange(self, request: bytes) -> bytes:
        """Send one request and return the answer, on the stream that is open if it still is.

        Some servers end the stream after each answer, or instead of saying that they lack
        what was asked for.
        """
        if self._conversation is not None:
            try:
                return self._conversation.ask(request)
            except CallError as error:
                self.close()
                _refuse_if_absent(error)
        failure = CallError(Status.UNIMPLEMENTED, "")
        for version in self._versions:
            conversation = self._open(_PATH.format(version))
            try:
                answer = conversation.ask(request)
            except CallError as error:
                conversation.close()
                _refuse_if_absent(error)
                failure = error
                if error.status is not Status.UNIMPLEMENTED:
                    break
            else:
                self._conversation, self._versions = conversation, (version,)
                return answer
        raise _failed(failure)


class _RefusedError(Exception):
    """The server does not give what it was asked for; the text is its own words for that."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.words)
        self.refusal = refusal


def _refusal(error: Any) -> Refusal:
    """Return what an error answer says; its code is that of a gRPC status."""
    code, words = error.error_code, error.error_message
    absent = code in {*_ABSENT, Status.OK}
    name = Status(code).name if code in _CODES else f"error {code}"
    if absent:
        return Refusal(words or name)
    return Refusal(f"{name}: {words}" if words else name, absent=False)


def _refuse_if_absent(error: CallError) -> None:
    if error.status in _ABSENT:
        raise _RefusedError(Refusal(error.details or error.status.name)) from None


def _failed(error: CallError) -> SchemaError:
    elsewhere = "give its schema with --protoset or --proto"
    if is_not_grpc(error.details):
        return SchemaError(
            f"the server does not answer as gRPC does: {printable(error.details)};"
            f" {hint(error.status, error.details)}"
        )
    if error.status is Status.UNIMPLEMENTED:
        # Its words say whether that is so, or whether it was asked in a way that it refuses.
        words = f" ({printable(error.details)})" if error.details else ""
        return SchemaError(
            f"the server has no reflection, neither v1 nor v1alpha{words}; {elsewhere}"
        )
    if error.status is Status.OK:
        return SchemaError(f"the server's reflection ends without an answer; {elsewhere}")
    if error.status is Status.DEADLINE_EXCEEDED:
        return SchemaError(
            "the server's reflection gives no answer in time; raise --connect-timeout, "
            f"or {elsewhere}"
        )
    said = f": {printable(error.details)}" if error.details else ""
    if error.status in _CREDENTIALS:
        cause = "give credentials with -H, or with --reflect-header for reflection alone"
    else:
        cause = hint(error.status, error.details) or elsewhere
    return SchemaError(f"the server's reflection ends with {error.status.name}{said}; {cause}")
