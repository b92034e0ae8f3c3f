"""What cannot be: one clear sentence, the right exit status, and no traceback."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from port_fixtures import TLS

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

HELLO = "helloworld.Greeter/SayHello"
ECHO = "grpc.examples.echo.Echo/UnaryEcho"


def sentence(result: Any, code: int = 1) -> str:
    """The one sentence on standard error, where there is nothing else."""
    assert result.code == code, result
    assert result.out == ""
    [line] = result.err.splitlines()
    assert line.startswith("rpcx: ")
    return str(line.removeprefix("rpcx: "))


class TestConnection:
    """Servers that are not there, or are something else."""

    @pytest.mark.parametrize(
        "command", [("call", HELLO), ("stream", HELLO), ("list",), ("describe", HELLO)]
    )
    def test_nobody_listens(
        self, rpcx: Callable[..., Any], free_port: int, command: tuple[str, ...]
    ) -> None:
        """Every command says so at once, whatever the connect timeout."""
        name, *rest = command
        address = f"127.0.0.1:{free_port}"
        told = sentence(rpcx(name, "-p", address, *rest, "--connect-timeout", "50s", timeout=20))
        assert told.startswith(f"nothing listens at {address} (connection refused); start")

    def test_tls_against_plaintext(self, rpcx: Callable[..., Any], demo_server: str) -> None:
        """TLS is the default: a plaintext server is told from a broken one."""
        told = sentence(rpcx("call", demo_server, HELLO))
        assert told == (
            f"tls handshake failed: {demo_server} answers in plaintext; add --plaintext"
        )

    def test_plaintext_against_tls(self, rpcx: Callable[..., Any], tls_port: int) -> None:
        """The reverse."""
        told = sentence(rpcx("call", "-p", f"127.0.0.1:{tls_port}", HELLO))
        assert told == f"127.0.0.1:{tls_port} speaks TLS; leave out --plaintext (and http://)"

    def test_certificate_of_a_stranger(self, rpcx: Callable[..., Any], tls_port: int) -> None:
        """A certificate that nobody vouches for is not trusted."""
        told = sentence(rpcx("call", f"127.0.0.1:{tls_port}", HELLO))
        assert told.startswith(f"the certificate of 127.0.0.1:{tls_port} is not trusted: self")

    def test_tls_works(self, rpcx: Callable[..., Any], tls_port: int) -> None:
        """With a root that vouches for it the server is reached: it lacks reflection only."""
        env = {"GRPC_DEFAULT_SSL_ROOTS_FILE_PATH": str(TLS / "certificate.pem")}
        told = sentence(rpcx("call", f"localhost:{tls_port}", HELLO, env=env))
        assert "has no reflection" in told

    def test_web_server(self, rpcx: Callable[..., Any], http_port: int) -> None:
        """A port that speaks HTTP/1.1 is named as such."""
        told = sentence(rpcx("call", "-p", f"127.0.0.1:{http_port}", HELLO))
        assert told.startswith(f"127.0.0.1:{http_port} is an HTTP/1.1 server, not a gRPC one")

    @pytest.mark.parametrize("plaintext", [True, False])
    def test_silent_port(self, rpcx: Callable[..., Any], silent_port: int, plaintext: bool) -> None:
        """A port that says nothing is given up after the connect timeout."""
        options = ["-p"] if plaintext else []
        address = f"127.0.0.1:{silent_port}"
        told = sentence(rpcx("list", *options, address, "--connect-timeout", "300ms"))
        assert told == f"{address} accepts connections but says nothing; is it a gRPC server?"

    def test_name_that_does_not_resolve(self, rpcx: Callable[..., Any]) -> None:
        """A host that is nowhere is quoted (RFC 6761 reserves .invalid)."""
        told = sentence(rpcx("list", "-p", "nowhere.invalid:50051"))
        assert told.startswith("the name 'nowhere.invalid' does not resolve")

    def test_socket_that_is_not_there(self, rpcx: Callable[..., Any], tmp_path: Path) -> None:
        """The path of a Unix socket is quoted."""
        told = sentence(rpcx("list", f"unix:{tmp_path}/none.sock"))
        assert told == (
            f"there is no socket '{tmp_path}/none.sock'; start the server, or check the path"
        )


class TestNames:
    """Services and methods that are not there."""

    def test_unknown_service(self, rpcx: Callable[..., Any], demo_server: str) -> None:
        """The nearest is named."""
        told = sentence(rpcx("call", "-p", demo_server, "helloworld.Greter/SayHello"))
        assert "helloworld.Greter" in told
        assert "did you mean helloworld.Greeter" in told

    def test_unknown_method(self, rpcx: Callable[..., Any], demo_server: str) -> None:
        """The nearest of that service is named."""
        told = sentence(rpcx("call", "-p", demo_server, "helloworld.Greeter/SayHelo"))
        assert "SayHelo" in told
        assert "did you mean SayHello" in told

    def test_nothing_like_a_method(self, rpcx: Callable[..., Any], demo_server: str) -> None:
        """How to write one is said, with the services there are."""
        told = sentence(rpcx("call", "-p", demo_server, "hello"))
        assert "package.Service/Method" in told
        assert "helloworld.Greeter" in told

    def test_a_service_alone(self, rpcx: Callable[..., Any], demo_server: str) -> None:
        """A service without its method is no method."""
        told = sentence(rpcx("call", "-p", demo_server, "helloworld.Greeter"))
        assert "Greeter" in told


class TestData:
    """Documents that are no request."""

    def test_unknown_field(self, rpcx: Callable[..., Any], demo_server: str) -> None:
        """The field is named beside the fields there are."""
        told = sentence(rpcx("call", "-p", demo_server, HELLO, "-d", '{"nope":1}'))
        assert '"nope" is no field of helloworld.HelloRequest; its only field is name' in told

    def test_field_path(self, rpcx: Callable[..., Any], demo_server: str) -> None:
        """Deep inside a message the field is named with its path."""
        data = '{"lo":{"latitude":1,"longitud":2}}'
        told = sentence(
            rpcx("stream", "-p", demo_server, "routeguide.RouteGuide/ListFeatures", "-d", data)
        )
        assert "longitud" in told
        assert "lo" in told.partition("longitud")[0]
        assert "latitude, longitude" in told

    @pytest.mark.parametrize(
        ("data", "place"),
        [
            ('{"name":\n "a" "b"}', "line 2, column 6"),
            ('{"name":"a"}\n\n  {"name":}', "line 3, column 11"),
            ("{name:1}", "line 1, column 2"),
            ("hello", "line 1, column 1"),
            ('{"name":"a"', "cut off"),
            ('{"name":"a}', "a string is not closed"),
        ],
    )
    def test_malformed_json(
        self, rpcx: Callable[..., Any], demo_server: str, data: str, place: str
    ) -> None:
        """The place is told by line and column, and no call of that document is made."""
        result = rpcx("call", "-p", demo_server, HELLO, "-d", data, "-o", "none")
        assert place in sentence(result)

    @pytest.mark.parametrize(
        ("data", "expected"),
        [
            ('{"name":1}', "field name: expected a string, found the number 1"),
            ('{"name":null,"x":1}', '"x" is no field'),
            ('[["name"]]', "an array"),
            ('["name"]', 'the string "name"'),
            ('"name"', 'the string "name"'),
            ("1", "the number 1"),
        ],
    )
    def test_wrong_type(
        self, rpcx: Callable[..., Any], demo_server: str, data: str, expected: str
    ) -> None:
        """What was expected where, and what was there."""
        assert expected in sentence(rpcx("call", "-p", demo_server, HELLO, "-d", data))

    @pytest.mark.parametrize("form", ["stdin", "file", "argument"])
    def test_no_utf_8(
        self, rpcx: Callable[..., Any], demo_server: str, tmp_path: Path, form: str
    ) -> None:
        """Bytes that are no text are told with their place."""
        rubbish = b'{"name":"a\xff"}'
        path = tmp_path / "rubbish.json"
        path.write_bytes(rubbish)
        data = {"stdin": "@-", "file": f"@{path}", "argument": os.fsdecode(rubbish)}[form]
        told = sentence(rpcx("call", "-p", demo_server, HELLO, "-d", data, input=rubbish))
        assert "line 1, column 11: byte 0xff is no UTF-8" in told

    def test_empty_input(self, rpcx: Callable[..., Any], demo_server: str) -> None:
        """No document at all is no request."""
        told = sentence(rpcx("call", "-p", demo_server, HELLO, "-d", "@-"))
        assert told == ("standard input ended without a document; give at least one, such as {}")
        told = sentence(rpcx("call", "-p", demo_server, HELLO, "-d", " "))
        assert told == "-d has no document; give at least one, such as {}"

    def test_file_that_is_not_there(self, rpcx: Callable[..., Any], demo_server: str) -> None:
        """What was typed is quoted, with the reason."""
        told = sentence(rpcx("call", "-p", demo_server, HELLO, "-d", "@/no/such/file"))
        assert told.startswith("-d '@/no/such/file' cannot be read: No such file or directory")


class TestUsage:
    """Command lines that cannot be."""

    @pytest.mark.parametrize(
        ("command", "told"),
        [
            (
                "call -plaintext h:1 a.B/C",
                "-plaintext has one dash too few; write --plaintext",
            ),
            ("call demo a.B/C -proto x", "-proto has one dash too few; write --proto"),
            (
                "call demo a.B/C -rpc-header 3",
                "-rpc-header is not an option of rpcx; use -H 'key: value' for calls",
            ),
            ("call demo a.B/C -H nocolon", "-H 'nocolon' has no colon; write 'key: value'"),
            ("call demo?dely=1 a.B/C", "'dely' is not a setting of the demo server"),
            (
                "call localhost a.B/C",
                "'localhost' is not a target; the port is missing: localhost:50051",
            ),
            ("call https://h:1 -p a.B/C", "'https://h:1' asks for TLS and --plaintext for none"),
            ("call demo", "METHOD is missing: give METHOD, or one or more --call"),
            ("call demo a.B/C --zzyzx", "No such option: --zzyzx; see rpcx call --help"),
            ("cal demo a.B/C", "No such command 'cal'"),
            ("list demo --connect-timeout x", "--connect-timeout: 'x' is no duration"),
        ],
    )
    def test_usage_errors(self, rpcx: Callable[..., Any], command: str, told: str) -> None:
        """Exit status 2 before anything is started, with what would work."""
        assert told in sentence(rpcx(*command.split()), 2)

    def test_data_may_look_like_an_option(self, rpcx: Callable[..., Any], demo_server: str) -> None:
        """The value of -d or -H is never taken for a long option with one dash."""
        told = sentence(rpcx("call", "-p", demo_server, HELLO, "-d", "-plaintext"))
        assert "line 1, column 1" in told

    def test_no_arguments_is_help(self, rpcx: Callable[..., Any]) -> None:
        """`rpcx` alone shows what there is."""
        result = rpcx()
        assert result.code == 2
        assert "Usage: rpcx" in result.out + result.err


class TestStandardStreams:
    """Streams that are closed, full or gone."""

    @pytest.mark.parametrize(
        "arguments",
        [
            ("call", HELLO, "-n", "1000000", "-c", "10"),
            ("call", HELLO, "-n", "1000000", "-c", "10", "-o", "record"),
            ("stream", "grpc.examples.echo.Echo/BidirectionalStreamingEcho",
             "-d", '{"message":"x"}', "-n", "1000000"),
        ],
    )  # fmt: skip
    def test_a_reader_that_has_enough(
        self, rpcx_start: Callable[..., Any], demo_server: str, arguments: tuple[str, ...]
    ) -> None:
        """`| head -1` ends the run quietly with 141."""
        command, *rest = arguments
        run = rpcx_start(command, "-p", demo_server, *rest)
        run.read_line()
        run.close_output()
        assert run.wait() == 141
        assert run.err == ""

    @pytest.mark.parametrize(
        "arguments",
        [
            ("list",),
            ("call", HELLO),
            ("call", HELLO, "-o", "json"),
            ("call", HELLO, "-o", "summary"),
        ],
    )
    def test_a_reader_that_was_never_there(
        self, rpcx_start: Callable[..., Any], demo_server: str, arguments: tuple[str, ...]
    ) -> None:
        """The same where even the first line finds nobody."""
        command, *rest = arguments
        run = rpcx_start(command, "-p", demo_server, *rest)
        run.close_output()
        assert run.wait() == 141
        assert run.err == ""

    @pytest.mark.parametrize(
        "arguments", [("list",), ("call", HELLO, "-n", "9"), ("call", HELLO, "-o", "json")]
    )
    def test_a_full_disk(
        self, rpcx_env: dict[str, str], demo_server: str, arguments: tuple[str, ...]
    ) -> None:
        """What cannot be written is said in a sentence, with exit status 1."""
        command, *rest = arguments
        with open("/dev/full", "wb") as full:  # noqa: PTH123 - a device
            done = subprocess.run(
                [sys.executable, "-m", "rpcx", command, "-p", demo_server, *rest],
                stdout=full, stderr=subprocess.PIPE, env=rpcx_env, text=True, check=False,
            )  # fmt: skip
        assert done.returncode == 1
        assert done.stderr == ("rpcx: standard output cannot be written: No space left on device\n")

    @pytest.mark.parametrize(
        ("closed", "code"), [("0<&-", 1), ("1>&-", 0), ("2>&-", 1), ("0<&- 1>&- 2>&-", 1)]
    )
    def test_closed_streams(
        self, rpcx_env: dict[str, str], demo_server: str, closed: str, code: int
    ) -> None:
        """A closed descriptor is as good as /dev/null, and never a socket that gets our output."""
        data = "@-" if code else "{}"
        command = f'exec "$0" -m rpcx call -p {demo_server} {HELLO} -d {data} {closed}'
        done = subprocess.run(
            ["sh", "-c", command, sys.executable],
            stdin=subprocess.DEVNULL, capture_output=True, env=rpcx_env, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == code
        assert done.stdout == ""
        assert "Traceback" not in done.stderr


@pytest.fixture
def rpcx_env() -> dict[str, str]:
    """The environment without RPCX_ variables."""
    return {key: value for key, value in os.environ.items() if not key.startswith("RPCX_")}
