"""Every way to a server: names, sockets, proxies, TLS with whatever vouches for either side."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
import time
from typing import TYPE_CHECKING, Any

import grpc
import listeners
import pytest
from byte_counter import ByteCounter
from certificates import encrypted
from listeners import Listener

from rpcx import __version__

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from certificates import Authority, Pair
    from go_fixtures import GoServer

HELLO = "helloworld.Greeter/SayHello"
ECHO = "grpc.examples.echo.Echo/UnaryEcho"
ADA = ("-d", '{"name":"Ada"}')
GREETING = {"message": "Hello Ada"}


class Forward:
    """Something that listens and passes what comes on to a port of the loopback.

    Args:
        listener: A socket that listens.
        port: Where to.
    """

    def __init__(self, listener: socket.socket, port: int) -> None:
        self._listener = listener
        self._port = port

    def __enter__(self) -> None:
        threading.Thread(target=self._accept, daemon=True).start()

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                threading.Thread(target=self._handle, args=(connection,), daemon=True).start()

    def _handle(self, connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):
            listeners.pass_on_to(f":{self._port}", connection)


def port_of(address: str) -> int:
    """The port of an address."""
    return int(address.rpartition(":")[2])


@pytest.fixture
def listening(demo_server: str) -> Iterator[Callable[[int, Any], socket.socket]]:
    """A function that puts the demo server behind another socket of a family and an address."""
    with contextlib.ExitStack() as running:

        def listen(family: int, address: Any) -> socket.socket:
            listener = socket.socket(family, socket.SOCK_STREAM)
            listener.bind(address)
            listener.listen()
            running.enter_context(Forward(listener, port_of(demo_server)))
            return listener

        yield listen


class TestNames:
    """The forms of TARGET, each against the demo server."""

    @pytest.mark.parametrize("form", ["127.0.0.1:{}", "localhost:{}", "dns:///localhost:{}",
                                      "ipv4:127.0.0.1:{}", "http://127.0.0.1:{}"])  # fmt: skip
    def test_hosts(self, rpcx: Callable[..., Any], demo_server: str, form: str) -> None:
        """Whatever the name, it is the same server."""
        target = form.format(port_of(demo_server))
        result = rpcx("call", target, "-p", HELLO, *ADA)
        assert (result.code, result.json) == (0, GREETING)

    def test_the_second_of_two_addresses(
        self, rpcx: Callable[..., Any], demo_server: str, free_port: int
    ) -> None:
        """Where nothing listens at the first address, the next one is tried."""
        target = f"ipv4:127.0.0.1:{free_port},127.0.0.1:{port_of(demo_server)}"
        assert rpcx("call", "-p", target, HELLO, *ADA).json == GREETING

    @pytest.mark.parametrize("form", ["[::1]:{}", "ipv6:[::1]:{}", "http://[::1]:{}"])
    def test_ipv6(self, rpcx: Callable[..., Any], listening: Any, form: str) -> None:
        """An IPv6 address goes in brackets."""
        try:
            port = listening(socket.AF_INET6, ("::1", 0)).getsockname()[1]
        except OSError:
            pytest.skip("this machine has no IPv6")
        assert rpcx("call", "-p", form.format(port), HELLO, *ADA).json == GREETING

    def test_a_name_of_which_one_address_answers(
        self, rpcx: Callable[..., Any], listening: Any
    ) -> None:
        """`localhost` is two addresses on most machines; the server may listen at either."""
        listener = listening(socket.AF_INET, ("127.0.0.1", 0))
        target = f"localhost:{listener.getsockname()[1]}"
        assert rpcx("call", "-p", target, HELLO, *ADA).json == GREETING

    @pytest.mark.parametrize("form", ["unix:{}", "unix://{}"])
    def test_unix_socket(
        self, rpcx: Callable[..., Any], listening: Any, tmp_path: Path, form: str
    ) -> None:
        """A socket in the file system, in plaintext by default."""
        listening(socket.AF_UNIX, str(tmp_path / "s"))
        assert rpcx("call", form.format(tmp_path / "s"), HELLO, *ADA).json == GREETING

    def test_abstract_socket(
        self, rpcx: Callable[..., Any], listening: Any, tmp_path: Path
    ) -> None:
        """A socket that is nowhere in the file system."""
        name = f"rpcx-{tmp_path.name}-{time.monotonic_ns()}"
        listening(socket.AF_UNIX, f"\0{name}")
        assert rpcx("call", f"unix-abstract:{name}", HELLO, *ADA).json == GREETING

    @pytest.mark.parametrize("secured", [False, True])
    def test_a_server_that_hangs_up_at_first(
        self,
        rpcx: Callable[..., Any],
        demo_server: str,
        authority: Authority,
        server_pair: Pair,
        secured: bool,
    ) -> None:
        """A connection that is closed without a word is tried once more: the next may serve."""
        with contextlib.ExitStack() as running:
            behind = demo_server
            if secured:
                behind = running.enter_context(listeners.grpc_server(pair=server_pair))
            once = threading.Lock()

            def serve(connection: socket.socket) -> None:
                if not once.acquire(blocking=False):
                    listeners.pass_on_to(behind, connection)

            front = running.enter_context(Listener(serve))
            options = ("--cacert", str(authority.certificate)) if secured else ("-p",)
            result = rpcx("list", front.address, *options)
        assert ("has no reflection" in result.err) if secured else (result.code == 0), result

    def test_a_server_that_comes_later(self, rpcx_start: Callable[..., Any]) -> None:
        """--wait-for-ready waits for it, as long as --connect-timeout lets it."""
        with socket.create_server(("127.0.0.1", 0)) as listener:
            port = listener.getsockname()[1]
        run = rpcx_start(
            "call", "-p", f"127.0.0.1:{port}", HELLO, *ADA, "--wait-for-ready",
            "--connect-timeout", "40s",
        )  # fmt: skip
        server = rpcx_start("serve", "--port", str(port))
        server.read_until(str(port).encode())
        assert run.wait() == 0
        assert b"Hello Ada" in run.seen


class TestTls:
    """Certificates of either side, against grpc-go."""

    @pytest.fixture
    def address(self, go_server: GoServer, server_pair: Pair) -> Iterator[str]:
        """An echo server over TLS for localhost."""
        with go_server(
            "echoserver", "-cert", str(server_pair.certificate), "-key", str(server_pair.key)
        ) as address:
            yield address

    @pytest.fixture
    def mutual(self, go_server: GoServer, server_pair: Pair, authority: Authority) -> Iterator[str]:
        """One that wants a client certificate."""
        with go_server(
            "echoserver", "-cert", str(server_pair.certificate), "-key", str(server_pair.key),
            "-client-ca", str(authority.certificate),
        ) as address:  # fmt: skip
            yield address

    @pytest.fixture
    def elsewhere(self, go_server: GoServer, authority: Authority) -> Iterator[str]:
        """One whose certificate is for api.example.com."""
        pair = authority.issue("elsewhere", ("api.example.com",))
        with go_server(
            "echoserver", "-cert", str(pair.certificate), "-key", str(pair.key)
        ) as address:
            yield address

    @pytest.mark.parametrize("form", ["{}", "https://{}", "dns:///{}"])
    def test_an_authority_of_ones_own(
        self, rpcx: Callable[..., Any], address: str, authority: Authority, form: str
    ) -> None:
        """--cacert is all it takes."""
        target = form.format(address)
        result = rpcx("call", target, HELLO, *ADA, "--cacert", str(authority.certificate))
        assert (result.code, result.json, result.err) == (0, GREETING, "")

    def test_the_roots_of_the_environment(
        self, rpcx: Callable[..., Any], address: str, authority: Authority
    ) -> None:
        """SSL_CERT_FILE stands in for those of the system, as with OpenSSL, curl and Go."""
        env = {
            "SSL_CERT_FILE": str(authority.certificate),
            "GRPC_DEFAULT_SSL_ROOTS_FILE_PATH": "",  # would come first
        }
        assert rpcx("call", address, HELLO, *ADA, env=env).json == GREETING

    @pytest.mark.parametrize("verified", [True, False])
    @pytest.mark.parametrize("password", [None, "environment", "file"])
    def test_mutual_tls(
        self,
        rpcx: Callable[..., Any],
        mutual: str,
        authority: Authority,
        client_pair: Pair,
        tmp_path: Path,
        password: str | None,
        verified: bool,
    ) -> None:
        """A client certificate, with a key that may be encrypted, also where nobody is verified."""
        key, env, more = client_pair.key, {}, []
        if password is not None:
            key = tmp_path / "encrypted.key"
            key.write_bytes(encrypted(client_pair.key.read_bytes(), b"open sesame"))
        if password == "environment":  # noqa: S105 -- where it comes from
            env = {"RPCX_KEY_PASSWORD": "open sesame"}
        if password == "file":  # noqa: S105 -- where it comes from
            (tmp_path / "password").write_text("open sesame\n")
            more = ["--key-password-file", str(tmp_path / "password")]
        trust = ["--cacert", str(authority.certificate)] if verified else ["--insecure"]
        result = rpcx(
            "call", mutual, HELLO, *ADA, *trust, *more,
            "--cert", str(client_pair.certificate), "--key", str(key), env=env,
        )  # fmt: skip
        assert (result.code, result.json) == (0, GREETING), result.err

    @pytest.mark.parametrize("option", ["--authority", "--servername"])
    def test_another_name(
        self, rpcx: Callable[..., Any], elsewhere: str, authority: Authority, option: str
    ) -> None:
        """The certificate is checked for the name that was given."""
        trust = ("--cacert", str(authority.certificate))
        assert rpcx("call", elsewhere, HELLO, *ADA, *trust).code == 1
        result = rpcx("call", elsewhere, HELLO, *ADA, *trust, option, "api.example.com")
        assert (result.code, result.json) == (0, GREETING), result.err
        assert rpcx("call", elsewhere, HELLO, *ADA, *trust, option, "other.example.com").code == 1

    def test_an_international_name(
        self, rpcx: Callable[..., Any], go_server: GoServer, authority: Authority
    ) -> None:
        """The certificate is checked for the ASCII form of a name such as bücher.example."""
        pair = authority.issue("international", ("xn--bcher-kva.example",))
        trust = ("--cacert", str(authority.certificate))
        flags = ("-cert", str(pair.certificate), "-key", str(pair.key))
        with go_server("echoserver", *flags) as address:
            for option in ("--authority", "--servername"):
                result = rpcx("call", address, HELLO, *ADA, *trust, option, "bücher.example")
                assert (result.code, result.json) == (0, GREETING), result.err

    def test_nobody_vouches(self, rpcx: Callable[..., Any], elsewhere: str) -> None:
        """--insecure reaches it all the same, and warns."""
        result = rpcx("call", elsewhere, HELLO, *ADA, "--insecure")
        assert (result.code, result.json) == (0, GREETING)
        assert f"--insecure: the certificate of {elsewhere} was not verified" in result.err

    def test_a_load_over_unverified_tls(self, rpcx: Callable[..., Any], elsewhere: str) -> None:
        """Many calls at once and large messages pass the relay, and all come back."""
        data = json.dumps({"message": "x" * 20_000})
        result = rpcx(
            "call", elsewhere, ECHO, "-d", data, "--insecure", "-n", "500", "-c", "20", "-o", "json"
        )
        assert result.json["calls"]["ok"] == 500
        assert result.json["bytes"]["received_bytes"] == 500 * 20_004

    @pytest.mark.parametrize("transport", ["wire", "grpc"])
    def test_reflection_is_never_compressed(
        self, rpcx: Callable[..., Any], go_server: Any, transport: str
    ) -> None:
        """A server that takes no gzip is asked all the same, and refuses what was asked for."""
        with go_server("reflection") as target:
            result = rpcx(
                "call", "-p", target, HELLO, "--compression", "gzip",
                env={"RPCX_TRANSPORT": transport},
            )  # fmt: skip
        assert result.code == 64 + 12
        assert "Decompressor is not installed" in result.err
        assert "no reflection" not in result.err

    @pytest.mark.parametrize("compression", ["gzip", "identity"])
    def test_compression(self, rpcx: Callable[..., Any], go_echo: str, compression: str) -> None:
        """Gzip is on the wire both ways where it was asked for, and only there."""
        data = json.dumps({"message": "x" * 100_000})
        with ByteCounter(port_of(go_echo)) as counter:
            target = f"127.0.0.1:{counter.port}"
            result = rpcx("call", "-p", target, ECHO, "-d", data, "--compression", compression)
            assert result.json == {"message": "x" * 100_000}
            small = compression == "gzip"
            assert (counter.sent < 20_000) == small
            assert (counter.received < 20_000) == small


class TestProxies:
    """HTTP proxies, as grpcio honours them."""

    def test_through_a_proxy(self, rpcx: Callable[..., Any], demo_server: str) -> None:
        """What http_proxy names makes the tunnel, and -v says so."""
        with Listener(listeners.proxy) as proxy:
            env = {"http_proxy": f"http://{proxy.address}"}
            result = rpcx("call", "-v", "-p", demo_server, HELLO, *ADA, env=env)
        assert result.json == GREETING
        assert f"the proxy {proxy.address} (http_proxy) connects to {demo_server}" in result.err

    def test_unverified_tls_through_a_proxy(
        self, rpcx: Callable[..., Any], server_pair: Pair
    ) -> None:
        """The relay goes the same way, and reaches the server, which has no reflection."""
        with (
            Listener(listeners.proxy) as proxy,
            listeners.grpc_server(pair=server_pair) as address,
        ):
            env = {"https_proxy": f"http://{proxy.address}"}
            result = rpcx("list", "--insecure", address, env=env)
        assert "has no reflection" in result.err

    @pytest.mark.parametrize("past", ["127.0.0.1", "127.0.0.0/8", "example.com,.0.0.1"])
    def test_past_a_proxy(
        self, rpcx: Callable[..., Any], demo_server: str, free_port: int, past: str
    ) -> None:
        """no_proxy has names, their endings and networks."""
        env = {"http_proxy": f"http://127.0.0.1:{free_port}", "no_proxy": past}
        assert rpcx("call", "-p", demo_server, HELLO, *ADA, env=env).json == GREETING


class TestServiceConfig:
    """What gRPC does by itself where it is told to."""

    def test_retries(
        self, rpcx: Callable[..., Any], demo_with: Callable[..., str], tmp_path: Path
    ) -> None:
        """A retryPolicy makes attempts that a single call is not."""
        config = tmp_path / "config.json"
        policy = {
            "maxAttempts": 3, "initialBackoff": "0.01s", "maxBackoff": "0.01s",
            "backoffMultiplier": 1, "retryableStatusCodes": ["UNAVAILABLE"],
        }  # fmt: skip
        config.write_text(json.dumps({"methodConfig": [{"name": [{}], "retryPolicy": policy}]}))
        address = demo_with()
        failing = ("call", "-p", address, HELLO, "-H", "rpcx-status: UNAVAILABLE")
        stats = ("call", "-p", address, "rpcx.demo.Stats/Reset")
        assert rpcx(*failing).code == 78
        assert int(rpcx(*stats).json["total"]["started"]) == 1
        assert rpcx(*failing, "--service-config", str(config)).code == 78
        assert int(rpcx(*stats).json["total"]["started"]) == 3

    def test_balancing(
        self, rpcx: Callable[..., Any], demo_with: Callable[..., str], tmp_path: Path
    ) -> None:
        """round_robin sends the calls of one channel to all the addresses there are."""
        config = tmp_path / "config.json"
        config.write_text(json.dumps({"loadBalancingConfig": [{"round_robin": {}}]}))
        servers = [demo_with(), demo_with()]
        done = rpcx(
            "call", "-p", f"ipv4:{','.join(servers)}", HELLO, "-n", "40", "-c", "4", "-o", "json",
            "--service-config", str(config),
        )  # fmt: skip
        assert done.json["calls"]["ok"] == 40
        shares = [
            int(rpcx("call", "-p", one, "rpcx.demo.Stats/Get").json["total"]["started"])
            for one in servers
        ]
        assert sum(shares) == 40
        assert min(shares) > 5


class WhoAreYou(grpc.GenericRpcHandler):
    """Ends every call with the client's user agent in its status text."""

    def service(self, details: grpc.HandlerCallDetails) -> Any:
        """The same for every method."""
        agent = dict(details.invocation_metadata or ())["user-agent"]

        def tell(_request: bytes, context: grpc.ServicerContext) -> bytes:
            context.abort(grpc.StatusCode.NOT_FOUND, f"you are {agent!r}")

        return grpc.unary_unary_rpc_method_handler(tell)


@pytest.mark.parametrize(
    ("options", "agent"),
    [
        ((), f"rpcx/{__version__}'"),
        (("--user-agent", "probe/7"), f"probe/7 rpcx/{__version__}'"),
        (("--channel-arg", "grpc.primary_user_agent=mine"), "mine grpc-python/"),
    ],
)
def test_user_agent(
    rpcx: Callable[..., Any], tmp_path: Path, options: tuple[str, ...], agent: str
) -> None:
    """Servers see who calls; a channel argument by gRPC's own name wins over everything."""
    (tmp_path / "t.proto").write_text(
        'syntax = "proto3"; package t; message M {} service S { rpc C(M) returns (M); }'
    )
    with listeners.grpc_server([WhoAreYou()]) as address:
        schema = ("--proto", str(tmp_path / "t.proto"), "--import-path", str(tmp_path))
        result = rpcx("call", "-p", address, "t.S/C", *schema, *options)
    assert f"you are '{agent}" in result.err
