"""A connected server and its schema, for the length of a command."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any, Self

from rpcx.codec.choices import MessageForm
from rpcx.errors import RpcxError, SchemaError, WrongCommandError
from rpcx.output.remarks import remark
from rpcx.runs.interrupts import AbandonedError
from rpcx.runs.verbose import Story
from rpcx.words.printable import printable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from types import TracebackType

    from google.protobuf.descriptor import Descriptor, MethodDescriptor

    from rpcx.codec.verify import Verifier
    from rpcx.demo.process import DemoProcess
    from rpcx.documents.json_documents import Document
    from rpcx.results import Metadata
    from rpcx.runs.interrupts import Interrupts
    from rpcx.runs.late_lookup import LateTypes
    from rpcx.runs.requests.reading import Reading
    from rpcx.schema import Schema
    from rpcx.schema.sources.asked import SchemaFiles
    from rpcx.target.target import Target
    from rpcx.transport.conversation import Conversation
    from rpcx.transport.protocol import Transport


class Session:
    """Opens the channel, in the background, as soon as the context is entered.

    Args:
        target: The server.
        interrupts: Listens for signals.
        schema: The files with message types, which come before reflection.
        metadata: Headers that reflection is asked with.
        messages: How requests are written and messages shown.
        story: Traces the connection; nothing unless given.

    Attributes:
        interrupts: Listens for signals.
        target: The target with its address, once connected.
        transport: The channel, ready.
        transports: That one, and those of `connect_more`.
        schema: Where message types come from.
    """

    transport: Transport
    schema: Schema

    def __init__(
        self,
        target: Target,
        interrupts: Interrupts,
        schema: SchemaFiles,
        metadata: Metadata = (),
        messages: MessageForm = MessageForm(),  # noqa: B008 - it is frozen
        story: Story | None = None,
    ) -> None:
        self.story = story or Story()
        self._schema_files = schema
        self.target = target
        self.transports: list[Transport] = []
        self.interrupts = interrupts
        self._metadata = metadata
        self._messages = messages
        self._late: LateTypes | None = None
        self._noted: set[str] = set()
        self._demo: DemoProcess | None = None

    def __enter__(self) -> Self:
        try:
            if self.target.demo is not None:
                from rpcx.demo.process import DemoProcess

                # Before grpc is imported here: the child starts on the other core.
                self._demo = DemoProcess(self.target.demo).start()
            self.interrupts.run(self._connect)
        except RpcxError:
            for transport in self.transports:
                transport.close()
            self._close()
            raise
        except BaseException:
            self._close()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if kind is not None and issubclass(kind, SchemaError):
            self._remark_on_schema()  # what was left out may be what is missed
        # A thread that was abandoned is still inside the channel: closing would wait for it.
        if not self.target.is_none and (kind is None or not issubclass(kind, AbandonedError)):
            if self._late is not None:
                self._late.close()
            for transport in self.transports:
                transport.close()
        self._close()

    def connect_more(self, count: int) -> None:
        """Open more channels, each with a connection of its own, and wait for them.

        Raises:
            ConnectError: One of them did not become ready.
        """
        from rpcx.transport import open_transport
        from rpcx.transport.connecting import connect

        begun = len(self.transports)
        for index in range(begun, begun + count):
            transport = open_transport(self.target, index)
            self.transports.append(self.story.told_by(transport, self.target, first=not index))
        for transport in self.transports[begun:]:
            connect(transport, self.target, lambda: not self.interrupts.number)

    def unary_methods(self, named: Sequence[tuple[str, Iterable[str]]]) -> list[MethodDescriptor]:
        """Return the unary methods of these names, `package.Service/Method`.

        Args:
            named: Each name with what `-d` says: the types it mentions are looked for as well.

        Raises:
            SchemaError: There is no method of a name.
            WrongCommandError: One is a streaming method.
        """
        descriptors = self._methods(named)
        for descriptor in descriptors:
            if descriptor.client_streaming or descriptor.server_streaming:
                raise WrongCommandError(
                    f"{printable(self.path(descriptor)[1:])!r} is a streaming method", "stream"
                )
        return descriptors

    def streaming_method(self, name: str, data: Iterable[str] = ()) -> MethodDescriptor:
        """Return the streaming method of this name, of any kind.

        Args:
            name: The name.
            data: What `-d` says: the types it mentions are looked for as well.

        Raises:
            SchemaError: There is no method of this name.
            WrongCommandError: It is a unary method.
        """
        [descriptor] = self._methods([(name, data)])
        if not (descriptor.client_streaming or descriptor.server_streaming):
            raise WrongCommandError(
                f"{printable(self.path(descriptor)[1:])!r} is a unary method", "call"
            )
        return descriptor

    def _methods(self, named: Sequence[tuple[str, Iterable[str]]]) -> list[MethodDescriptor]:
        from rpcx.runs.late_lookup import LateTypes

        self._late = None
        try:
            methods = [self.schema.method(name) for name, _ in named]
            for method, (_, data) in zip(methods, named, strict=True):
                for mentioned in self._mentioned(method, data):
                    self.schema.find(mentioned)
        except BaseException:
            self.schema.close()
            raise
        # Closed before the first call: it counts towards the server's limit of streams.
        self.close_schema()
        self._late = LateTypes(
            self.target, self._metadata, self._find_late, lambda: bool(self.interrupts.number)
        )
        return methods

    def _mentioned(self, method: MethodDescriptor, data: Iterable[str]) -> set[str]:
        """Return the types that `-d` mentions inside an Any, if the method takes one."""
        from rpcx.codec.mentions import may_hold_any
        from rpcx.runs.requests.stored import mentioned_types

        if not data or not may_hold_any(method.input_type):
            return set()
        return set().union(*(mentioned_types(one, self._messages.input_format) for one in data))

    def close_schema(self) -> None:
        """Close the reflection stream, if one is open; save the schema, if asked to.

        Raises:
            SchemaError: It cannot be saved.
        """
        self.schema.close()
        self._remark_on_schema()
        if self._schema_files.protoset_out is not None:
            self.schema.save(self._schema_files.protoset_out)

    def _remark_on_schema(self) -> None:
        for note in self.schema.notes:
            self._note(note)

    def path(self, descriptor: MethodDescriptor) -> str:
        """Return `/package.Service/Method`, as it is sent."""
        return f"/{descriptor.containing_service.full_name}/{descriptor.name}"

    def encoder(self, descriptor: MethodDescriptor) -> Callable[[Document], bytes]:
        """Return a function from a document to the method's serialised request."""
        from rpcx.codec import encoder

        return encoder(
            descriptor.input_type,
            self.schema.pool,
            form=self._messages.input_format,
            allow_unknown_fields=self._messages.allow_unknown_fields,
        )

    def reading(self, descriptor: MethodDescriptor) -> Reading:
        """Return how the method's documents are read: their form, and the types they mention."""
        from rpcx.codec.mentions import may_hold_any, mentioned_types
        from rpcx.runs.requests.reading import ARRAYS, Reading

        form = self._messages.input_format
        arrays = descriptor.input_type.full_name in ARRAYS
        if not may_hold_any(descriptor.input_type):
            return Reading(form, arrays=arrays)
        seen: set[str] = set()

        def look_ahead(document: Document) -> None:
            for name in mentioned_types(form, document.data) - seen:
                seen.add(name)
                self._find(name)

        return Reading(form, look_ahead, arrays)

    def decoder(self, message: Descriptor) -> Callable[[bytes], bytes]:
        """Return a function from a serialised message to one line of JSON.

        It may wait for the server when it meets a new type, so only the printing thread calls it.
        """
        from rpcx.codec import json_decoder

        return json_decoder(
            message,
            self.schema.pool,
            emit_defaults=self._messages.emit_defaults,
            find=self._find,
            note=self._note,
        )

    def _note(self, sentence: str) -> None:
        """Print a remark about responses, once."""
        if sentence not in self._noted:
            self._noted.add(sentence)
            remark(sentence)

    def verifier(self, message: Descriptor) -> Verifier:
        """Return what verifies serialised messages of this type."""
        from rpcx.codec.verify import Verifier

        return Verifier(message, self.schema.pool)

    def details(self, trailers: Metadata) -> list[Any]:
        """Return the decoded details of a failure, from its trailers; empty if there are none."""
        from rpcx.codec.details import status_details

        return status_details(trailers, self.schema.pool, self._find)

    def _find(self, name: str) -> bool:
        return self._late is not None and self._late.find(name)

    def _find_late(self, name: str) -> bool:
        try:
            found = self.schema.find(name)
        finally:
            self.schema.close()
        if found and self._schema_files.protoset_out is not None:
            with contextlib.suppress(SchemaError):  # it could be saved before: the calls go on
                self.schema.save(self._schema_files.protoset_out)
        return found

    def _connect(self) -> None:
        if self.target.is_none:
            self.schema = self._open_schema(None)
            return
        if self._demo is not None:
            self.target = self.target.at(self._demo.address)
        if self.target.tls is not None and not self.target.tls.verified:
            remark(
                f"--insecure: the certificate of {printable(self.target.address)} was not verified;"
                " headers and messages are sent anyway"
            )
        self.connect_more(1)
        self.transport = self.transports[0]
        self.schema = self._open_schema(self._converse)

    def _open_schema(self, converse: Callable[[str], Conversation] | None) -> Schema:
        from rpcx.schema.sources.opening import open_schema

        files = self._schema_files
        return open_schema(
            converse,
            protosets=files.protosets,
            protos=files.protos,
            import_paths=files.import_paths,
        )

    def _converse(self, path: str) -> Conversation:
        if self._late is not None:
            return self._late.converse(path)
        from rpcx.transport.conversation import Conversation

        return Conversation(self.transport, path, self._metadata, self.target.connect_timeout_s)

    def _close(self) -> None:
        if self._demo is not None:
            self._demo.close()
