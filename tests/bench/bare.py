"""The floor: gRPC's completion queue driven by the least Python that does it.

A loop that starts a call for each event, or a send and a receive, with no records, no
statistics, no deadline and no error handling: what nothing on this queue can be faster than.
It has what rpcx does to the queue itself: what cygrpc does in Python is spared, and
operations are used again. Run by the benchmark, `bare.py unary ADDRESS CALLS
IN_FLIGHT HEAD LETTERS` or `bare.py stream ADDRESS MESSAGES HEAD LETTERS`, it prints one JSON
document. The message is HEAD (in hexadecimal) and so many letters.
"""

from __future__ import annotations

import json
import os
import sys
import time
from typing import TYPE_CHECKING, Any, Final

os.environ.setdefault("GRPC_VERBOSITY", "NONE")

import grpc
from grpc._cython import cygrpc  # type: ignore[attr-defined] # types-grpcio has no private modules

from rpcx.transport.core import lighten

if TYPE_CHECKING:
    from collections.abc import Callable

_UNARY: Final = b"/helloworld.Greeter/SayHello"
_STREAM: Final = b"/grpc.examples.echo.Echo/BidirectionalStreamingEcho"


def _unary(queue: Any, calls: int, in_flight: int, message: bytes) -> None:
    def start(operations: tuple[Any, ...]) -> None:
        queue.integrated_call(0, _UNARY, None, None, None, None, ((operations, 0),), None)

    for _ in range(min(in_flight, calls)):
        start(
            (
                cygrpc.SendInitialMetadataOperation(None, 0),
                cygrpc.SendMessageOperation(message, 0),
                cygrpc.SendCloseFromClientOperation(0),
                cygrpc.ReceiveInitialMetadataOperation(0),
                cygrpc.ReceiveMessageOperation(0),
                cygrpc.ReceiveStatusOnClientOperation(0),
            )
        )
    next_event = queue.next_call_event
    for _ in range(calls - min(in_flight, calls)):
        start(next_event().batch_operations)
    for _ in range(min(in_flight, calls)):
        next_event()


def _stream(queue: Any, messages: int, message: bytes) -> None:
    """Every send but the last is hinted that another follows."""
    sent, received, status = "sent", "received", "status"
    call = queue.integrated_call(
        0,
        _STREAM,
        None,
        None,
        None,
        None,
        (
            ((cygrpc.SendInitialMetadataOperation(None, 0),), ""),
            ((cygrpc.ReceiveInitialMetadataOperation(0),), ""),
            ((cygrpc.ReceiveStatusOnClientOperation(0),), status),
        ),
        None,
    )
    operate, next_event = call.operate, queue.next_call_event
    receive = (cygrpc.ReceiveMessageOperation(0),)
    another = (cygrpc.SendMessageOperation(message, cygrpc.WriteFlag.buffer_hint),)
    last = (cygrpc.SendMessageOperation(message, 0),)
    operate(another if messages > 1 else last, sent)
    operate(receive, received)
    left = messages - 1
    arrived = 0
    while True:
        event = next_event()
        if event.tag is sent:
            if left:
                left -= 1
                operate(another if left else last, sent)
            else:
                operate((cygrpc.SendCloseFromClientOperation(0),), "")
        elif event.tag is received:
            if event.batch_operations[0].message() is not None:
                arrived += 1
                operate(receive, received)
        elif event.tag is status:
            break
    if arrived != messages:
        raise SystemExit(f"{arrived} of {messages} messages came back")


def main() -> None:
    """Drive it as the command line says."""
    kind, address, *numbers, head, letters = sys.argv[1:]
    drive: Callable[..., None] = _unary if kind == "unary" else _stream
    message = bytes.fromhex(head) + b"x" * int(letters)
    lighten()
    channel = grpc.insecure_channel(address, options=[("grpc.enable_retries", 0)])
    grpc.channel_ready_future(channel).result()
    began = time.perf_counter()
    drive(channel._channel, *map(int, numbers), message)  # type: ignore[attr-defined] # the queue is private
    print(json.dumps({"per_s": int(numbers[0]) / (time.perf_counter() - began)}))  # noqa: T201 -- to the benchmark
    sys.stdout.flush()
    os._exit(0)


if __name__ == "__main__":
    main()
