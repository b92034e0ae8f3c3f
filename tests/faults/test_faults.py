"""The table of faults: what is wrong, what rpcx says, its exit status, and how soon.

Every row is a real listener. A row has a connect timeout far above its bound, so that a
verdict within the bound was not the timeout's; where nothing can be known before, it has
a short timeout, and the bound is a little above.
"""

from __future__ import annotations

import contextlib
import json
import re
import shutil
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import grpc
import listeners
import pytest
from byte_counter import ByteCounter
from listeners import Listener

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from certificates import Authority, Pair
    from go_fixtures import GoServer

AT_ONCE_S = 5.0
"""Start-up and all, on a machine that does other things too; unhurried it is below 1 s."""

FAR_AWAY = "60s"
SHORT = "1s"
HELLO = "helloworld.Greeter/SayHello"
ECHO = "grpc.examples.echo.Echo/UnaryEcho"
CHAT = "grpc.examples.echo.Echo/BidirectionalStreamingEcho"

HELLO_PROTO = """\
syntax = "proto3";
package helloworld;
message HelloRequest { string name = 1; }
service Greeter { rpc SayHello(HelloRequest) returns (HelloRequest); }
"""


@dataclass
class World:
    """What a row can start and name; everything ends with the test."""

    started: contextlib.ExitStack
    directory: Path
    authority: Authority
    server: Pair
    client: Pair
    strangers_root: Path
    demo: str
    free_port: int
    go: GoServer | None = None
    env: dict[str, str] = field(default_factory=dict)

    def run(self, listener: Any) -> str:
        """The address of a listener, or what another context manager gives."""
        entered = self.started.enter_context(listener)
        return str(getattr(entered, "address", entered))

    def go_echo(self, *flags: str) -> str:
        """The address of our echo server on grpc-go."""
        assert self.go is not None
        return str(self.started.enter_context(self.go("echoserver", *flags)))

    def go_echo_tls(self, pair: Pair, *flags: str) -> str:
        """The same over TLS."""
        return self.go_echo("-cert", str(pair.certificate), "-key", str(pair.key), *flags)

    def with_control_plane(self, target: str) -> str:
        """The target, with a bootstrap file that names a control plane where nobody listens."""
        server = {
            "server_uri": f"127.0.0.1:{self.free_port}",
            "channel_creds": [{"type": "insecure"}],
            "server_features": ["xds_v3"],
        }
        bootstrap = {"xds_servers": [server], "node": {"id": "test"}}
        self.env["GRPC_XDS_BOOTSTRAP"] = self.file("bootstrap.json", json.dumps(bootstrap))
        return target

    def go_route_guide(self) -> str:
        """The address of grpc-go's route guide, without reflection."""
        assert self.go is not None
        return str(self.started.enter_context(self.go("route_guide")))

    def web(self, *flags: str) -> str:
        """The address of a web server of Go's net/http."""
        assert self.go is not None
        return str(self.started.enter_context(self.go("webserver", *flags)))

    def cut(self, address: str, after_bytes: int) -> str:
        """The address of a proxy to it that cuts connections in the middle of an answer."""
        port = int(address.rpartition(":")[2])
        return f"127.0.0.1:{self.started.enter_context(ByteCounter(port, after_bytes)).port}"

    @property
    def ca(self) -> tuple[str, str]:
        """The options that trust the tests' authority."""
        return "--cacert", str(self.authority.certificate)

    @property
    def hello_schema(self) -> tuple[str, ...]:
        """The options for a schema of the greeter that needs no reflection."""
        return (
            "--proto", self.file("hello.proto", HELLO_PROTO), "--import-path", str(self.directory)
        )  # fmt: skip

    def file(self, name: str, content: str) -> str:
        """A file of the test's."""
        path = self.directory / name
        path.write_text(content)
        return str(path)


@dataclass(frozen=True)
class Fault:
    """A row.

    Attributes:
        name: What is wrong.
        set_up: Starts it; gives the address and the command line behind TARGET.
        said: What rpcx says, a regular expression in which ADDRESS stands for the address.
        code: The exit status.
        timeout: `--connect-timeout`.
        within_s: How soon it has to be said.
        command: The command.
    """

    name: str
    set_up: Callable[[World], tuple[str, ...]]
    said: str
    code: int = 1
    timeout: str = FAR_AWAY
    within_s: float = AT_ONCE_S
    command: str = "list"


SILENT_S = 1.0 + AT_ONCE_S


def through_proxy(serve: Any) -> Callable[[World], tuple[str, ...]]:
    """A server of the name host.invalid behind a proxy."""

    def set_up(world: World) -> tuple[str, ...]:
        proxy = f"127.0.0.1:{world.free_port}" if serve is None else world.run(Listener(serve))
        world.env["http_proxy"] = f"http://{proxy}"
        return "127.0.0.1:9", "-p"

    return set_up


FAULTS = [
    Fault(
        "nothing listens, plaintext",
        lambda world: (f"127.0.0.1:{world.free_port}", "-p"),
        r"nothing listens at ADDRESS \(connection refused\); start the server there, or check",
    ),
    Fault(
        "nothing listens, TLS",
        lambda world: (f"127.0.0.1:{world.free_port}",),
        r"nothing listens at ADDRESS \(connection refused\)",
    ),
    Fault(
        "nothing listens, unverified TLS",
        lambda world: (f"127.0.0.1:{world.free_port}", "--insecure"),
        r"nothing listens at ADDRESS \(connection refused\)",
    ),
    Fault(
        "nothing listens, among several addresses",
        lambda world: (f"ipv4:127.0.0.1:{world.free_port},127.0.0.2:{world.free_port}", "-p"),
        r"nothing listens at ADDRESS \(connection refused\)",
    ),
    Fault(
        "no such socket",
        lambda world: (f"unix:{world.directory}/none.sock",),
        r"there is no socket '.*none\.sock'; start the server, or check the path",
    ),
    Fault(
        "nothing listens at an abstract socket",
        lambda _: ("unix-abstract:rpcx-nobody",),
        r"nothing listens at the socket '@rpcx-nobody' \(Connection refused\); start the server",
    ),
    Fault(
        "name does not resolve",
        lambda _: ("nowhere.invalid:50051",),
        r"the name 'nowhere\.invalid' does not resolve \(.*\); check its spelling",
    ),
    Fault(
        "no control plane",
        lambda _: ("xds:///some-service",),
        r"ADDRESS asks a control plane, .*: name its bootstrap file in GRPC_XDS_BOOTSTRAP",
    ),
    Fault(
        "control plane that is not there",
        lambda world: (world.with_control_plane("xds:///some-service"), "-p"),
        "no connection to ADDRESS; gRPC says: .*127.0.0.1",
    ),
    Fault(
        "TLS against plaintext",
        lambda world: (world.demo,),
        "tls handshake failed: ADDRESS answers in plaintext; add --plaintext",
    ),
    Fault(
        "unverified TLS against plaintext",
        lambda world: (world.demo, "--insecure"),
        "tls handshake failed: ADDRESS answers in plaintext; add --plaintext",
    ),
    Fault(
        "plaintext against TLS",
        lambda world: (world.run(listeners.grpc_server(pair=world.server)), "-p"),
        r"ADDRESS speaks TLS; leave out --plaintext \(and http://\)",
    ),
    Fault(
        "plaintext against s_server",
        lambda world: (world.run(listeners.openssl_server(world.server)), "-p"),
        r"ADDRESS speaks TLS; leave out --plaintext",
    ),
    Fault(
        "ALPN missing",
        lambda world: (world.run(listeners.openssl_server(world.server)), *world.ca),
        r"ADDRESS speaks TLS but does not offer HTTP/2 over it \(ALPN h2\)",
    ),
    Fault(
        "certificate of a stranger",
        lambda world: (world.run(listeners.grpc_server(pair=world.server)),),
        "the certificate of ADDRESS is not trusted: signed by 'rpcx test CA', whom this machine"
        " does not know; add --cacert",
    ),
    Fault(
        "another authority's --cacert",
        lambda world: (
            world.run(listeners.grpc_server(pair=world.server)),
            "--cacert",
            str(world.strangers_root),
        ),
        "the certificate of ADDRESS is not trusted: signed by 'rpcx test CA', who is not in"
        " --cacert",
    ),
    Fault(
        "name mismatch",
        lambda world: (
            world.run(
                listeners.grpc_server(pair=world.authority.issue("other", ("api.example.com",)))
            ),
            *world.ca,
        ),
        r"the certificate of ADDRESS is for api\.example\.com, not for 127\.0\.0\.1; add"
        r" --authority api\.example\.com",
    ),
    Fault(
        "certificate without a name",
        lambda world: (
            world.run(listeners.grpc_server(pair=world.authority.issue("nameless", ()))),
            *world.ca,
        ),
        r"the certificate of ADDRESS is for nameless, not for 127\.0\.0\.1",
    ),
    Fault(
        "expired",
        lambda world: (
            world.run(listeners.grpc_server(pair=world.authority.issue("old", days=-1))),
            *world.ca,
        ),
        r"the certificate of ADDRESS is expired on .* UTC, 1 day ago; have it renewed, or add"
        " --insecure",
    ),
    Fault(
        "client certificate missing",
        lambda world: (
            world.run(
                listeners.grpc_server(pair=world.server, clients=world.authority.certificate)
            ),
            *world.ca,
        ),
        r"ADDRESS speaks TLS, and then ends the connection.*; it may want a client certificate"
        r" \(--cert and --key\)",
    ),
    Fault(
        "client certificate missing, TLS 1.2",
        lambda world: (
            world.run(
                listeners.openssl_server(
                    world.server, "-Verify", "1", "-verify_return_error", "-tls1_2", "-alpn", "h2"
                )
            ),
            *world.ca,
        ),
        r"ADDRESS wants a client certificate \(handshake failure\); add --cert",
    ),
    Fault(
        "HTTP/1.1 server",
        lambda world: (world.run(listeners.http1_server()), "-p"),
        "ADDRESS is an HTTP/1.1 server, not a gRPC one; check the port, or whether a proxy",
    ),
    Fault(
        "HTTP/1.1 server, asked for TLS",
        lambda world: (world.run(listeners.http1_server()),),
        "ADDRESS is an HTTP/1.1 server, not a gRPC one; check the port, or whether a proxy",
    ),
    Fault(
        "HTTP/1.1 server over TLS",
        lambda world: (world.run(listeners.http1_server(world.server)), *world.ca),
        r"ADDRESS speaks TLS but does not offer HTTP/2 over it \(ALPN h2\)",
    ),
    Fault(
        "HTTP/1.1 server over unverified TLS",
        lambda world: (world.run(listeners.http1_server(world.server)), "--insecure"),
        "ADDRESS is an HTTP/1.1 server, not a gRPC one",
    ),
    Fault(
        "not gRPC at all",
        lambda world: (world.run(Listener(listeners.saying(b"SSH-2.0-OpenSSH_9.2\r\n"))), "-p"),
        'ADDRESS answers "SSH-2.0-O": what listens there does not speak gRPC; check the port',
    ),
    Fault(
        "not TLS at all",
        lambda world: (world.run(Listener(listeners.saying(b"SSH-2.0-OpenSSH_9.2\r\n"))),),
        "ADDRESS closes the connection when TLS begins; if it speaks plaintext, add --plaintext",
    ),
    Fault(
        "hangs up at once",
        lambda world: (world.run(Listener(listeners.hang_up)), "-p"),
        "ADDRESS closes the connection at once: what listens there does not speak gRPC",
    ),
    Fault(
        "silent, plaintext",
        lambda world: (world.run(Listener(listeners.silence)), "-p"),
        "ADDRESS accepts connections but says nothing; is it a gRPC server?",
        timeout=SHORT,
        within_s=SILENT_S,
    ),
    Fault(
        "silent, TLS",
        lambda world: (world.run(Listener(listeners.silence)),),
        "ADDRESS accepts connections but says nothing; is it a gRPC server?",
        timeout=SHORT,
        within_s=SILENT_S,
    ),
    Fault(
        "silent, unverified TLS",
        lambda world: (world.run(Listener(listeners.silence)), "--insecure"),
        "ADDRESS accepts connections but says nothing; is it a gRPC server?",
        timeout=SHORT,
        within_s=SILENT_S,
    ),
    Fault(
        "proxy in the way, and not there",
        through_proxy(None),
        r"nothing listens at the proxy 127\.0\.0\.1:\d+ \(http_proxy\) .* or set"
        r" no_proxy=127\.0\.0\.1 to go past it",
    ),
    Fault(
        "proxy in the way, and unwilling",
        through_proxy(listeners.proxy_that_answers("403 Forbidden")),
        r"the proxy 127\.0\.0\.1:\d+ \(http_proxy\) makes no connection to ADDRESS \(403"
        r" Forbidden\); check it, or set no_proxy=127\.0\.0\.1",
    ),
    Fault(
        "proxy in the way, and silent",
        through_proxy(listeners.silence),
        r"the proxy 127\.0\.0\.1:\d+ \(http_proxy\) says nothing when asked for ADDRESS",
        timeout=SHORT,
        within_s=SILENT_S,
    ),
    Fault(
        "GOAWAY at once",
        lambda world: (
            world.run(Listener(listeners.goaway(b"overloaded", after_headers=False))),
            "-p",
        ),
        r"ADDRESS ends connections as soon as they are made \(GOAWAY: overloaded\)",
    ),
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
        "the server has no reflection, neither v1 nor v1alpha; give its schema with --protoset or",
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


@pytest.fixture
def world(
    tmp_path: Path,
    authority: Authority,
    server_pair: Pair,
    client_pair: Pair,
    strangers_root: Path,
    demo_server: str,
    free_port: int,
) -> Iterator[World]:
    """Everything that a row needs but Go."""
    with contextlib.ExitStack() as started:
        yield World(
            started, tmp_path, authority, server_pair, client_pair, strangers_root, demo_server,
            free_port,
        )  # fmt: skip


def check(fault: Fault, world: World, rpcx: Callable[..., Any], record: Any) -> None:
    """Meet the fault, and compare what is said, the exit status and the time."""
    target, *rest = fault.set_up(world)
    begun = time.monotonic()
    result = rpcx(fault.command, target, *rest, "--connect-timeout", fault.timeout, env=world.env)
    took_s = time.monotonic() - begun
    said = result.err.strip().splitlines()[-1] if result.err.strip() else ""
    record("fault", fault.name)
    record("said", said)
    record("code", result.code)
    record("seconds", f"{took_s:.2f}")
    assert result.code == fault.code, result
    assert re.search(fault.said.replace("ADDRESS", re.escape(target)), said), said
    assert "Traceback" not in result.err
    assert took_s < fault.within_s


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_a_fault_is_named(
    fault: Fault, world: World, rpcx: Callable[..., Any], record_property: Any
) -> None:
    """Each fault is told in its sentence, with its exit status, in time."""
    if "s_server" in fault.name and shutil.which("openssl") is None:
        pytest.skip("needs openssl")
    check(fault, world, rpcx, record_property)


GO_FAULTS = [
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
        "the server has no reflection, neither v1 nor v1alpha; give its schema with --protoset",
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
        "the server does not answer as gRPC does: .*; an answer without trailers comes from a web",
    ),
    Fault(
        "a web server that speaks HTTP/2 and finds nothing",
        lambda world: (world.web("-status", "404"), "-p"),
        "does not answer as gRPC does: .*; an answer with HTTP status 404 comes from a web server",
    ),
    Fault(
        "a web server that speaks HTTP/2 over TLS",
        lambda world: (
            world.web("-cert", str(world.server.certificate), "-key", str(world.server.key)),
            *world.ca,
        ),
        "the server does not answer as gRPC does: .*; an answer without trailers comes from a web",
    ),
    Fault(
        "a gateway whose server is gone",
        lambda world: (world.web("-status", "503"), HELLO, "-p", *world.hello_schema),
        "UNAVAILABLE: .*; an answer with HTTP status 503 comes from a web server or a proxy",
        code=78,
        command="call",
    ),
]  # fmt: skip


@pytest.mark.parametrize("fault", GO_FAULTS, ids=lambda fault: fault.name)
def test_a_fault_of_a_server_in_go_is_named(
    fault: Fault,
    world: World,
    rpcx: Callable[..., Any],
    record_property: Any,
    go_server: GoServer,
    go_binary: Any,
) -> None:
    """The same table, against what other people's servers do."""
    go_binary("webserver")
    world.go = go_server
    check(fault, world, rpcx, record_property)
