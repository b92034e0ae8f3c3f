"""The table of faults, third part: against servers in Go that other people wrote."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from fault_fixtures import AT_ONCE_S, ECHO, HELLO, Fault

if TYPE_CHECKING:
    from collections.abc import Callable

FAULTS = [
    Fault(
        "grpc-go: TLS against plaintext",
        lambda world: (world.go_echo(),),
        "tls handshake failed: ADDRESS answers in plaintext; add --plaintext",
    ),
    Fault(
        "grpc-go: plaintext against TLS",
        lambda world: (world.go_echo_tls(world.server), "-p"),
        r"ADDRESS speaks TLS; leave out --plaintext \(and http://\)",
    ),
    Fault(
        "grpc-go: certificate of a stranger",
        lambda world: (world.go_echo_tls(world.server),),
        "the certificate of ADDRESS is not trusted: signed by 'rpcx test CA'",
    ),
    Fault(
        "grpc-go: client certificate missing",
        lambda world: (
            world.go_echo_tls(world.server, "-client-ca", str(world.authority.certificate)),
            *world.ca,
        ),
        r"ADDRESS wants a client certificate \(certificate required\); add --cert FILE and --key",
    ),
    Fault(
        "grpc-go: client certificate of a stranger",
        lambda world: (
            world.go_echo_tls(world.server, "-client-ca", str(world.strangers_root)),
            *world.ca,
            "--cert",
            str(world.client.certificate),
            "--key",
            str(world.client.key),
        ),
        r"ADDRESS does not accept the certificate of --cert \(.*\)",
    ),
    Fault(
        "grpc-go: reflection off",
        lambda world: (world.go_echo("-reflection", "none"), "-p"),
        "the server has no reflection, neither v1 nor v1alpha .*; give its schema with --protoset",
    ),
    Fault(
        "grpc-go: deadline in the handler",
        lambda world: (world.go_echo("-delay", "20s"), ECHO, "-p", "-t", "200ms"),
        r"DEADLINE_EXCEEDED.*; the server was reached and did not answer within 0\.2 s; raise -t",
        code=68,
        command="call",
    ),
    Fault(
        "grpc-go: message too large for the server",
        lambda world: (
            world.go_echo(), ECHO, "-p",
            "-d", "@" + world.file("big", '{"message":"' + "x" * 5_000_000 + '"}'),
        ),
        "RESOURCE_EXHAUSTED: grpc: received message larger than max .*; that is the server's own",
        code=72,
        command="call",
    ),
    Fault(
        "grpc-go: unknown service, whatever the schema says",
        lambda world: (
            world.go_route_guide(), HELLO, "-p", *world.hello_schema,
        ),
        "UNIMPLEMENTED: unknown service helloworld.Greeter; the server lacks that method",
        code=76,
        command="call",
    ),
    Fault(
        "grpc-go: compression that it does not understand",
        lambda world: (
            world.go_echo(), HELLO, "-p", *world.hello_schema, "--compression", "deflate",
            "-d", '{"name":"x"}',
        ),
        "UNIMPLEMENTED: .*; the server does not understand that --compression",
        code=76,
        command="call",
    ),
    Fault(
        "grpc-go: connection cut in the middle of reflection",
        lambda world: (world.cut(world.go_echo(), 200), "-p"),
        "reflection ends with UNAVAILABLE: .*; the connection was cut before the answer was",
    ),
    Fault(
        "grpc-go: connection cut in the middle of an answer",
        lambda world: (
            world.cut(world.go_echo(), 5000), HELLO, "-p", *world.hello_schema,
            "-d", '{"name":"' + "x" * 20_000 + '"}',
        ),
        "UNAVAILABLE: .*; the connection was cut before the answer was complete, by the server or",
        code=78,
        command="call",
    ),
    Fault(
        "a web server that speaks HTTP/2",
        lambda world: (world.web(), "-p"),
        "the server does not answer as gRPC does: .*; an answer with HTTP status 200 comes from a",
    ),
    Fault(
        "a web server that speaks HTTP/2 and finds nothing",
        lambda world: (world.web("-status", "404"), "-p"),
        "does not answer as gRPC does: .*; an answer (with HTTP status 404|without trailers)"
        " comes from a web server",
    ),
    Fault(
        "a web server that speaks HTTP/2 over TLS",
        lambda world: (
            world.web("-cert", str(world.server.certificate), "-key", str(world.server.key)),
            *world.ca,
        ),
        "the server does not answer as gRPC does: .*; an answer with HTTP status 200 comes from a",
    ),
    Fault(
        "a gateway whose server is gone",
        lambda world: (world.web("-status", "503"), HELLO, "-p", *world.hello_schema),
        # Core goes by the status or, where the body is at hand with the headers, by that.
        "(UNAVAILABLE: .*; an answer with HTTP status 503|INTERNAL: .*; an answer without trailers)"
        " comes from a web server or a proxy",
        code=(78, 77),
        command="call",
    ),
    Fault(
        "grpc-go: too many pings",
        lambda world: (
            world.go_echo("-delay", "20s"), ECHO, "-p", "--keepalive-time", "1s",
        ),
        "UNAVAILABLE: .*too_many_pings.*; the server does not want so many pings; raise",
        code=78,
        within_s=6.0 + AT_ONCE_S,
        command="call",
    ),
]  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_a_fault_is_named(fault: Fault, meet_go: Callable[[Fault], None]) -> None:
    """Each fault is told in its sentence, with its exit status, in time."""
    meet_go(fault)
