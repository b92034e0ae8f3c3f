"""The table of faults, second part: there is a connection, and calls over it fail."""

from __future__ import annotations

import signal
import socket
from typing import TYPE_CHECKING, Any

import grpc
import listeners
import pytest
from fault_fixtures import ECHO, HELLO, SHORT, SILENT_S, Fault
from listeners import Listener

if TYPE_CHECKING:
    from collections.abc import Callable

FAULTS = [
    Fault(
        "GOAWAY for too many pings",
        lambda world: (
            world.run(Listener(listeners.goaway(b"too_many_pings", after_headers=True))),
            "-p",
        ),
        "too_many_pings.*; the server does not want so many pings; raise --keepalive-time",
    ),
    Fault(
        "reflection off",
        lambda world: (world.run(listeners.grpc_server()), "-p"),
        "the server has no reflection, neither v1 nor v1alpha .*; give its schema with --protoset",
    ),
    Fault(
        "reflection not permitted",
        lambda world: (
            world.run(
                listeners.grpc_server([listeners.refusing(grpc.StatusCode.PERMISSION_DENIED)])
            ),
            "-p",
        ),
        r"reflection ends with PERMISSION_DENIED: who are you\?; give credentials with -H, or with"
        " --reflect-header",
    ),
    Fault(
        "reflection hangs",
        lambda world: (world.run(listeners.grpc_server([listeners.hanging()])), "-p"),
        "the server's reflection gives no answer in time; raise --connect-timeout, or give its",
        timeout=SHORT,
        within_s=SILENT_S,
    ),
    Fault(
        "deadline in the handler",
        lambda world: (world.demo, HELLO, "-p", "-t", "200ms", "-H", "rpcx-delay: 20s"),
        r"DEADLINE_EXCEEDED.*; the server was reached and did not answer within 0\.2 s; raise"
        " -t/--timeout",
        code=68,
        command="call",
    ),
    Fault(
        "message too large to be received",
        lambda world: (
            world.demo, HELLO, "-p", "--max-message-size", "1005", *world.hello_schema,
            "-d", '{"name":"' + "x" * 1000 + '"}',
        ),
        r"RESOURCE_EXHAUSTED: .*CLIENT: Received message larger than max \(1009 vs\. 1005\)"
        ".*; raise --max-message-size",
        code=72,
        command="call",
    ),
    Fault(
        "message too large to be sent",
        lambda world: (
            world.demo, ECHO, "-p", "--max-message-size", "100KB",
            "-d", "@" + world.file("big", '{"message":"' + "x" * 200_000 + '"}'),
        ),
        r"RESOURCE_EXHAUSTED: CLIENT: Sent message larger than max \(200004 vs\. 100000\); raise"
        " --max-message-size",
        code=72,
        command="call",
    ),
    Fault(
        "message too large for the server",
        lambda world: (
            world.demo, ECHO, "-p",
            "-d", "@" + world.file("big", '{"message":"' + "x" * 5_000_000 + '"}'),
        ),
        "RESOURCE_EXHAUSTED: .*larger than max.*; that is the server's own limit; raise it there",
        code=72,
        command="call",
    ),
    Fault(
        "unknown service",
        lambda world: (world.demo, "helloworld.Greter/SayHello", "-p"),
        "helloworld.Greter.*did you mean helloworld.Greeter",
        command="call",
    ),
    Fault(
        "unknown service, whatever the schema says",
        lambda world: (
            world.run(listeners.grpc_server()), HELLO, "-p", *world.hello_schema,
        ),
        "UNIMPLEMENTED: .*; the server lacks that method, whatever its schema says; `rpcx list`",
        code=76,
        command="call",
    ),
]  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_a_fault_is_named(fault: Fault, meet: Callable[[Fault], None]) -> None:
    """Each fault is told in its sentence, with its exit status, in time."""
    meet(fault)


def test_a_deadline_without_a_connection(rpcx_start: Callable[..., Any]) -> None:
    """With --wait-for-ready, a call that only waited for a connection is not a slow handler's."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = str(listener.getsockname()[1])
    server = rpcx_start("serve", "--port", port)
    server.read_until(port.encode())
    run = rpcx_start(
        "call", "-p", f"127.0.0.1:{port}", HELLO, "-r", "4", "-n", "4", "-t", "300ms",
        "--wait-for-ready",
    )  # fmt: skip
    run.read_line()
    server.signal(signal.SIGKILL)
    assert run.wait() in {3, 64 + 4, 64 + 14}
    assert "the connection was lost and did not come back within 0.3 s (-t/--timeout)" in run.err
