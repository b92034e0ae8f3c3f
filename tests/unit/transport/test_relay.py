"""--insecure: gRPC through a relay that speaks unverified TLS."""

from __future__ import annotations

import stat
from concurrent import futures
from pathlib import Path
from typing import TYPE_CHECKING, Any

import grpc
import pytest
from fetching import until_outcome

from rpcx.results import Outcome, Status
from rpcx.target.target import Target
from rpcx.target.tls import Tls
from rpcx.transport import open_transport
from rpcx.transport.relay import Relay

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from certificates import Authority, Pair

    from rpcx.transport.protocol import Transport

DEADLINE_S = 30.0


class Mirror(grpc.GenericRpcHandler):
    """Sends back what it gets, and says by which name it was called and by whom."""

    def service(self, details: grpc.HandlerCallDetails) -> Any:
        """`/Echo` sends it back; `/Whom` says who."""
        return grpc.unary_unary_rpc_method_handler(
            (lambda request, _: request) if details.method == "/t/Echo" else self._whom
        )

    def _whom(self, _request: bytes, context: Any) -> bytes:
        names = context.auth_context().get("x509_common_name", [b"nobody"])
        return bytes(names[0])


@pytest.fixture
def server() -> Iterator[Callable[..., Any]]:
    """A function that starts a TLS server with a certificate; it gives server and port."""
    running = []

    def start(pair: Pair, clients: Path | None = None) -> tuple[grpc.Server, int]:
        one = grpc.server(
            futures.ThreadPoolExecutor(2),
            handlers=[Mirror()],
            options=[("grpc.max_receive_message_length", -1), ("grpc.so_reuseport", 0)],
        )
        credentials = grpc.ssl_server_credentials(
            [(pair.key.read_bytes(), pair.certificate.read_bytes())],
            clients.read_bytes() if clients else None,
            clients is not None,
        )
        port = one.add_secure_port("127.0.0.1:0", credentials)
        one.start()
        running.append(one)
        return one, port

    yield start
    for one in running:
        one.stop(None).wait()


@pytest.fixture(params=["core", "public"])
def reached(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., Transport]]:
    """A function from a port and TLS settings to a connected transport behind a relay."""
    monkeypatch.setenv("RPCX_TRANSPORT", request.param)
    opened: list[tuple[Relay, Transport]] = []

    def reach(port: int, **fields: Any) -> Transport:
        address = f"localhost:{port}"
        relay = Relay(Target(address, address, Tls(verified=False, **fields)))
        relay.__enter__()
        transport = open_transport(relay.target)
        opened.append((relay, transport))
        assert transport.connect(DEADLINE_S, lambda: True)
        return transport

    yield reach
    for relay, transport in opened:
        transport.close()
        relay.__exit__(None, None, None)


def call(transport: Transport, method: str, request: bytes = b"hello") -> Outcome:
    """One call, to its end."""
    transport.unary(f"/t/{method}", ()).start("tag", request, DEADLINE_S)
    return until_outcome(transport)


@pytest.mark.parametrize("kind", ["expired", "nameless", "of another", "expired and nameless"])
def test_any_certificate_will_do(
    reached: Callable[..., Transport], server: Any, authority: Authority, kind: str
) -> None:
    """What gRPC refuses even where it trusts the certificate itself."""
    names = {"expired": ("localhost",), "of another": ("example.com",)}.get(kind, ())
    pair = authority.issue(kind, names, days=-1 if "expired" in kind else 30)
    _, port = server(pair)
    assert call(reached(port), "Echo").message == b"hello"


def test_a_client_certificate_goes_along(
    reached: Callable[..., Transport],
    server: Any,
    authority: Authority,
    server_pair: Pair,
    client_pair: Pair,
) -> None:
    """The server asks for one and sees it."""
    _, port = server(server_pair, clients=authority.certificate)
    identity = {
        "certificate": client_pair.certificate.read_bytes(),
        "key": client_pair.key.read_bytes(),
    }
    assert call(reached(port, **identity), "Whom").message == b"client"


def test_large_messages_go_both_ways(
    reached: Callable[..., Transport], server: Any, server_pair: Pair
) -> None:
    """More than any buffer on the way holds arrives whole."""
    _, port = server(server_pair)
    transport = reached(port)
    message = bytes(range(256)) * 12_000  # 3 MB: below gRPC's 4 MiB
    assert call(transport, "Echo", message).message == message


def test_the_death_of_the_server_is_seen(
    reached: Callable[..., Transport], server: Any, server_pair: Pair
) -> None:
    """Where the server's side of the relay ends, gRPC's does."""
    one, port = server(server_pair)
    transport = reached(port)
    assert call(transport, "Echo").status is Status.OK
    one.stop(None).wait()
    transport.unary("/t/Echo", ()).start("tag", b"", 0.5)
    outcome = until_outcome(transport)
    assert outcome.status in {Status.UNAVAILABLE, Status.DEADLINE_EXCEEDED}


def test_only_this_user_can_enter() -> None:
    """The socket is in a directory of mode 0700, and both are gone at the end."""
    with Relay(Target("h:1", "h:1", Tls(verified=False))) as relay:
        path = Path(relay.target.address.removeprefix("unix:"))
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
        assert path.is_socket()
    assert not path.parent.exists()


def test_the_server_is_called_by_its_own_name() -> None:
    """gRPC is told the authority and the scheme that it can't know from a socket."""  # noqa: D403 -- its name
    with Relay(Target("dns:///host:1", "dns:///host:1", Tls(verified=False))) as relay:
        channel = relay.target.channel
    assert channel.authority == "host:1"
    assert ("grpc.http2_scheme", "https") in channel.arguments


@pytest.mark.parametrize(
    ("address", "authority"),
    [
        ("host:1", "host:1"),
        ("ipv4:127.0.0.1:1,127.0.0.2:1", "127.0.0.1:1"),
        ("[::1]:1", "[::1]:1"),
        ("dns:host", "host:443"),
    ],
)
def test_authority(address: str, authority: str) -> None:
    """It is host and port, whatever the form of the address."""
    with Relay(Target(address, address, Tls(verified=False))) as relay:
        assert relay.target.channel.authority == authority


def test_a_long_temporary_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A socket's path is short even where TMPDIR is not."""
    long = tmp_path / ("x" * 100)
    long.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(long))
    with Relay(Target("h:1", "h:1", Tls(verified=False))) as relay:
        assert len(relay.target.address) < 107


def test_nobody_there_ends_the_attempt(free_port: int) -> None:
    """A server that is not there is told at once, not after a while."""
    address = f"127.0.0.1:{free_port}"
    with Relay(Target(address, address, Tls(verified=False))) as relay:
        transport = open_transport(relay.target)
        assert not transport.connect(DEADLINE_S, lambda: True)
        transport.close()
