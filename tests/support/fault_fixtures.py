"""Faults to meet: a row of the table, the world that it is set up in, and how it is checked."""

from __future__ import annotations

import contextlib
import json
import re
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
from byte_counter import ByteCounter

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from certificates import Authority, Pair
    from go_fixtures import GoServer

AT_ONCE_S = 12.0
"""Start-up and all, on a machine that does much else: alone it takes some 0.4 s. It is below
the 20 s after which gRPC itself gives up a handshake, and far below the row's timeout."""

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
SILENT_S = 1.0 + AT_ONCE_S


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
        code: The exit status, or those that it may be.
        timeout: `--connect-timeout`.
        within_s: How soon it has to be said.
        command: The command.
    """

    name: str
    set_up: Callable[[World], tuple[str, ...]]
    said: str
    code: int | tuple[int, ...] = 1
    timeout: str = FAR_AWAY
    within_s: float = AT_ONCE_S
    command: str = "list"


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


@pytest.fixture
def meet(
    world: World, rpcx: Callable[..., Any], record_property: Callable[[str, object], None]
) -> Callable[[Fault], None]:
    """A function that meets a fault: what is said, the exit status and the time are compared."""

    def check(fault: Fault) -> None:
        target, *rest = fault.set_up(world)
        begun = time.monotonic()
        result = rpcx(
            fault.command, target, *rest, "--connect-timeout", fault.timeout, env=world.env
        )
        took_s = time.monotonic() - begun
        said = result.err.strip().splitlines()[-1] if result.err.strip() else ""
        record_property("fault", fault.name)
        record_property("said", said)
        record_property("code", result.code)
        record_property("seconds", f"{took_s:.2f}")
        codes = fault.code if isinstance(fault.code, tuple) else (fault.code,)
        assert result.code in codes, result
        assert re.search(fault.said.replace("ADDRESS", re.escape(target)), said), said
        assert "Traceback" not in result.err
        assert took_s < fault.within_s

    return check


@pytest.fixture
def meet_go(
    world: World, meet: Callable[[Fault], None], go_server: GoServer, go_binary: Any
) -> Callable[[Fault], None]:
    """The same where the world has servers in Go."""
    go_binary("webserver")
    world.go = go_server
    return meet
