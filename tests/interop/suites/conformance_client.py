"""The client that connectconformance judges: what it is told on standard input, over `wire`.

    connectconformance --mode client --conf connectconformance.yaml -- \
        python conformance_client.py DESCRIPTOR_SET

Requests and results are messages of connectrpc.conformance.v1, each behind its length in four
bytes. The descriptor set is made of the suite's own files.
"""

from __future__ import annotations

import base64
import struct
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.rpc import status_pb2

from rpcx.results import Metadata, Outcome, Status
from rpcx.target.channel import ChannelSettings, Compression
from rpcx.target.target import Target
from rpcx.target.tls import Tls
from rpcx.transport.wire.transport import WireTransport

if TYPE_CHECKING:
    from rpcx.transport.protocol import Stream

PACKAGE = "connectrpc.conformance.v1"
CONNECT_S = 10.0
AT_ONCE = 8
GZIP = 2
FULL_DUPLEX = 5
ONE_ANSWER = ("Unary", "ClientStream", "Unimplemented")
ONE_REQUEST = ("Unary", "ServerStream", "Unimplemented")
LENGTH = struct.Struct(">I")


class Types:
    """The messages of the suite."""

    def __init__(self, descriptor_set: bytes) -> None:
        pool = descriptor_pool.DescriptorPool()
        for file in descriptor_pb2.FileDescriptorSet.FromString(descriptor_set).file:
            pool.Add(file)
        self._pool = pool

    def message(self, name: str) -> Any:
        """Return a message class by its short name."""
        found = self._pool.FindMessageTypeByName(f"{PACKAGE}.{name}")
        return message_factory.GetMessageClass(found)


class Rpc:
    """One call as the suite describes it.

    Args:
        transport: A connected transport.
        request: The ClientCompatRequest.
    """

    def __init__(self, transport: WireTransport, request: Any) -> None:
        self._transport = transport
        self._request = request
        self.answers: list[bytes] = []
        self.outcome: Outcome | None = None
        self.unsent = 0
        self._sent = True
        self._stream: Stream

    def run(self) -> Outcome:
        """Do it, to its end."""
        request = self._request
        path = f"/{request.service}/{request.method}"
        timeout_s = request.timeout_ms / 1000 if request.HasField("timeout_ms") else None
        messages = [one.value for one in request.request_messages]
        if request.method in ("Unary", "Unimplemented"):
            self._cancel_later()
            if request.request_delay_ms:
                time.sleep(request.request_delay_ms / 1000)
            self._transport.unary(path, metadata_of(request)).start("tag", messages[0], timeout_s)
            return self._wait_for_the_end()
        self._stream = self._transport.stream(
            "tag", path, metadata_of(request), timeout_s, self._on_sent, self._on_received
        )
        self._send_all(messages)
        if request.cancel.WhichOneof("cancel_timing") == "before_close_send":
            self._stream.cancel()
        else:
            self._stream.half_close()
            self._cancel_later()
        if not self._receives:
            self._receive()
        return self._wait_for_the_end()

    _receives = False

    def _send_all(self, messages: list[bytes]) -> None:
        for number, message in enumerate(messages):
            time.sleep(self._request.request_delay_ms / 1000)
            if self.outcome is not None:
                self.unsent = len(messages) - number
                return
            self._sent = False
            self._stream.send(message)
            while not self._sent and self.outcome is None:
                self._fetch()
            if self._request.stream_type == FULL_DUPLEX:
                expected = len(self.answers) + 1
                self._receive()
                while len(self.answers) < expected and self._receives and self.outcome is None:
                    self._fetch()

    def _cancel_later(self) -> None:
        cancel = self._request.cancel
        if not self._request.HasField("cancel"):
            return
        if cancel.WhichOneof("cancel_timing") in (None, "after_close_send_ms"):
            timer = threading.Timer(cancel.after_close_send_ms / 1000, self._transport.cancel_all)
            timer.daemon = True
            timer.start()

    def _receive(self) -> None:
        self._receives = True
        self._stream.receive()

    def _on_sent(self, _at: float, ok: bool) -> None:
        self._sent = ok

    def _on_received(self, _at: float, message: bytes | None) -> None:
        self._receives = False
        if message is None:
            return
        self.answers.append(message)
        cancel = self._request.cancel
        if cancel.after_num_responses and len(self.answers) == cancel.after_num_responses:
            self._stream.cancel()
        if self._request.stream_type != FULL_DUPLEX or self._all_sent():
            self._receive()

    def _all_sent(self) -> bool:
        return len(self.answers) >= len(self._request.request_messages)

    def _fetch(self) -> None:
        for event in self._transport.events():
            if isinstance(event, Outcome):
                self.outcome = event

    def _wait_for_the_end(self) -> Outcome:
        while self.outcome is None:
            self._fetch()
        return self.outcome


def metadata_of(request: Any) -> Metadata:
    """Return the request headers; `-bin` values are base64 in the suite."""
    return tuple(
        (header.name.lower(), decoded(header.name, value))
        for header in request.request_headers
        for value in header.value
    )


def decoded(name: str, value: str) -> str | bytes:
    """Return a header's value as the transport takes it."""
    if not name.lower().endswith("-bin"):
        return value
    return base64.b64decode(value + "=" * (-len(value) % 4))


def add_headers(target: Any, metadata: Metadata) -> None:
    """Add metadata to a list of the suite's Header messages."""
    values: dict[str, list[str]] = {}
    for name, value in metadata:
        text = value if isinstance(value, str) else base64.b64encode(value).rstrip(b"=").decode()
        values.setdefault(name, []).append(text)
    for name, found in values.items():
        target.add(name=name, value=found)


def settings_of(request: Any) -> ChannelSettings:
    """Return the channel settings that a request asks for."""
    return ChannelSettings(
        max_message_bytes=request.message_receive_limit or None,
        compression=Compression.GZIP if request.compression == GZIP else None,
    )


def tls_of(request: Any) -> Tls | None:
    """Return the TLS settings that a request asks for."""
    if not request.server_tls_cert:
        return None
    credentials = request.client_tls_creds
    own = request.HasField("client_tls_creds")
    return Tls(
        roots=request.server_tls_cert,
        certificate=credentials.cert if own else None,
        key=credentials.key if own else None,
    )


def answer(types: Types, request: Any) -> Any:
    """Return the ClientCompatResponse to a ClientCompatRequest."""
    response = types.message("ClientCompatResponse")(test_name=request.test_name)
    address = f"{request.host}:{request.port}"
    target = Target(address, address, tls=tls_of(request), channel=settings_of(request))
    transport = WireTransport(target)
    try:
        if not transport.connect(CONNECT_S, lambda: True):
            response.error.message = transport.why_not()
            return response
        rpc = Rpc(transport, request)
        fill(types, request, rpc, rpc.run(), response.response)
    finally:
        transport.close()
    return response


def fill(types: Types, request: Any, rpc: Rpc, outcome: Outcome, result: Any) -> None:
    """Write down how a call went, as its application would see it."""
    if outcome.message is not None:
        rpc.answers.append(outcome.message)
    status, details = outcome.status, outcome.details
    if status is Status.OK and request.method in ONE_ANSWER and len(rpc.answers) != 1:
        status, details = Status.INTERNAL, "not exactly one message"
    add_headers(result.response_headers, outcome.headers)
    add_headers(result.response_trailers, outcome.trailers)
    result.num_unsent_requests = rpc.unsent
    if status is Status.OK or request.method not in ONE_ANSWER:
        kind = types.message(f"{request.method}Response")
        if "payload" in kind.DESCRIPTOR.fields_by_name:
            for one in rpc.answers:
                result.payloads.add().MergeFrom(kind.FromString(one).payload)
    if status is not Status.OK:
        result.error.code = int(status)
        result.error.message = details
        for name, value in outcome.trailers:
            if name == "grpc-status-details-bin" and isinstance(value, bytes):
                for one in status_pb2.Status.FromString(value).details:
                    result.error.details.add(type_url=one.type_url, value=one.value)


def read(stream: BinaryIO) -> bytes | None:
    """Return the next message of a stream; None at its end."""
    length = stream.read(LENGTH.size)
    return stream.read(LENGTH.unpack(length)[0]) if len(length) == LENGTH.size else None


def main() -> None:
    """Answer every request; several at once."""
    types = Types(Path(sys.argv[1]).read_bytes())
    request_type = types.message("ClientCompatRequest")
    writing = threading.Lock()

    def work(encoded: bytes) -> None:
        request = request_type.FromString(encoded)
        try:
            response = answer(types, request)
        except Exception as error:  # noqa: BLE001 -- the suite is told, and goes on
            response = types.message("ClientCompatResponse")(test_name=request.test_name)
            response.error.message = repr(error)
        result = response.SerializeToString()
        with writing:
            sys.stdout.buffer.write(LENGTH.pack(len(result)) + result)
            sys.stdout.buffer.flush()

    with ThreadPoolExecutor(AT_ONCE) as pool, open(0, "rb", closefd=False) as requests:
        while (encoded := read(requests)) is not None:
            pool.submit(work, encoded)


if __name__ == "__main__":
    main()
