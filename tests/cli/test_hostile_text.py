"""What a server sends is data: never markup, never something that a terminal obeys."""

from __future__ import annotations

import base64
import json
import re
from concurrent import futures
from typing import TYPE_CHECKING, Any

import grpc
import pytest
from grpc_reflection.v1alpha import reflection_pb2

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ECHO = "grpc.examples.echo.Echo/UnaryEcho"
BIDI = "grpc.examples.echo.Echo/BidirectionalStreamingEcho"

HOSTILE = (
    "[/x] [bold red]no markup[/bold red] :smile: \x1b]0;title\x07 \x1b[2J\x1b[31m"
    " \x9b31m \x85 \x08\x7f \u202egnp.exe \u2066 \ufeff \u2028 end"
)
OBEYED = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\u2028\ufeff]")
"""What must not reach a screen; tabs and line ends may."""

OURS = re.compile(
    r"\x1b\[\d+(;\d+)*m"  # colour
    r"|\x1b\[\?25[lh]|\x1b\[\d+F|\x1b\[J"  # the panel
)


def as_header(text: str) -> tuple[str, str]:
    """The option that makes the demo fail with this status message."""
    encoded = base64.b64encode(text.encode()).decode()
    return "-H", f"rpcx-status-message-bin: {encoded}"


def on_screen(terminal: Any) -> str:
    """What a terminal was sent, without the few sequences that are rpcx's own."""
    return OURS.sub("", terminal.seen.decode().replace("\r\n", "\n"))


@pytest.mark.parametrize("form", ["message", "record", "json"])
def test_message_on_a_terminal(rpcx_tty: Callable[..., Any], demo_server: str, form: str) -> None:
    """A response is shown whole, its control characters escaped."""
    terminal = rpcx_tty(
        "call", "-p", demo_server, ECHO, "-d", json.dumps({"message": HOSTILE}), "-o", form
    )
    assert terminal.wait() == 0
    shown = on_screen(terminal)
    assert not OBEYED.search(shown)
    if form != "json":
        found = json.loads(shown)
        message = found["response"] if form == "record" else found
        assert message == {"message": HOSTILE}
        assert "[/x] [bold red]no markup[/bold red] :smile:" in shown


def test_message_in_a_pipe(rpcx: Callable[..., Any], demo_server: str) -> None:
    """A program reads back exactly what was sent."""
    result = rpcx("call", "-p", demo_server, ECHO, "-d", json.dumps({"message": HOSTILE}))
    assert result.json == {"message": HOSTILE}


def test_messages_of_a_stream_on_a_terminal(rpcx_tty: Callable[..., Any], demo_server: str) -> None:
    """The same for what a stream brings."""
    terminal = rpcx_tty(
        "stream", "-p", demo_server, BIDI, "-d", json.dumps({"message": HOSTILE}), "-o", "record"
    )
    assert terminal.wait() == 0
    assert not OBEYED.search(on_screen(terminal))


@pytest.mark.parametrize("form", ["message", "record", "summary"])
@pytest.mark.parametrize("command", [("call", ECHO), ("stream", BIDI, "-d", "{}")])
def test_status_text_on_a_terminal(
    rpcx_tty: Callable[..., Any], demo_server: str, command: tuple[str, ...], form: str
) -> None:
    """The words of a failure are shown as they are, on one line, obeyed by nobody."""
    name, *rest = command
    terminal = rpcx_tty(
        name, "-p", demo_server, *rest, "-o", form,
        "-H", "rpcx-status: NOT_FOUND", *as_header(HOSTILE),
    )  # fmt: skip
    assert terminal.wait() == 69
    shown = on_screen(terminal)
    assert not OBEYED.search(shown)
    assert "Traceback" not in shown
    if form != "summary":
        assert "[/x] [bold red]no markup[/bold red] :smile:" in shown


def test_status_text_in_a_pipe(rpcx: Callable[..., Any], demo_server: str) -> None:
    """In a record it is exact; on standard error it is safe there too."""
    options = ("-H", "rpcx-status: NOT_FOUND", *as_header(HOSTILE))
    record = rpcx("call", "-p", demo_server, ECHO, *options, "-o", "record").json
    assert record["error"]["message"] == HOSTILE
    told = rpcx("call", "-p", demo_server, ECHO, *options).err
    assert not OBEYED.search(told)
    assert told.startswith("rpcx: NOT_FOUND: [/x] [bold red]no markup")


def test_metadata_on_a_terminal(rpcx_tty: Callable[..., Any], demo_server: str) -> None:
    """Headers and trailers of the server are data too; -bin values are in base64."""
    hostile = base64.b64encode(HOSTILE.encode()).decode()
    terminal = rpcx_tty(
        "call", "-p", demo_server, ECHO, "-o", "record",
        "-H", "rpcx-header-x-a: [/x] [red]", "-H", f"rpcx-trailer-x-b-bin: {hostile}",
    )  # fmt: skip
    assert terminal.wait() == 0
    record = json.loads(on_screen(terminal))
    assert record["headers"] == [["x-a", "[/x] [red]"]]
    assert record["trailers"] == [["x-b-bin", hostile]]


def test_a_mebibyte_of_message(
    rpcx_tty: Callable[..., Any], demo_server: str, tmp_path: Any
) -> None:
    """A long message is shown whole, on a terminal as in a pipe."""
    path = tmp_path / "large.json"
    path.write_text(json.dumps({"message": "[/x]" * 262_144}))
    terminal = rpcx_tty("call", "-p", demo_server, ECHO, "-d", f"@{path}")
    assert terminal.wait() == 0
    assert len(json.loads(on_screen(terminal))["message"]) == 1_048_576


def test_long_status_text_is_cut_in_a_sentence(rpcx: Callable[..., Any], demo_server: str) -> None:
    """A sentence stays one; the record has the whole text."""
    options = ("-H", "rpcx-status: ABORTED", *as_header("long " * 500))
    told = rpcx("call", "-p", demo_server, ECHO, *options).err.splitlines()[0]
    assert told.endswith("(2,300 more characters)")
    record = rpcx("call", "-p", demo_server, ECHO, *options, "-o", "record").json
    assert record["error"]["message"] == "long " * 500


def test_hostile_request_in_a_refusal(rpcx: Callable[..., Any], demo_server: str) -> None:
    """What a sentence quotes of the data is safe as well."""
    data = json.dumps({HOSTILE: 1})
    result = rpcx("call", "-p", demo_server, ECHO, "-d", data)
    assert result.code == 1
    assert not OBEYED.search(result.err)
    assert "[/x]" in result.err


class HostileReflection(grpc.GenericRpcHandler):
    """Reflection of a server whose names are hostile."""

    def __init__(self, names: list[str]) -> None:
        self._names = names

    def service(self, details: grpc.HandlerCallDetails) -> Any:
        """Reflection v1 is all there is."""
        if not details.method.startswith("/grpc.reflection.v1.ServerReflection/"):
            return None
        return grpc.stream_stream_rpc_method_handler(
            self._answer,
            reflection_pb2.ServerReflectionRequest.FromString,
            reflection_pb2.ServerReflectionResponse.SerializeToString,
        )

    def _answer(self, requests: Iterator[Any], _context: grpc.ServicerContext) -> Iterator[Any]:
        for request in requests:
            answer = reflection_pb2.ServerReflectionResponse()
            if request.WhichOneof("message_request") == "list_services":
                for name in self._names:
                    answer.list_services_response.service.add(name=name)
            else:
                answer.error_response.error_code = 13
                answer.error_response.error_message = HOSTILE
            yield answer


@pytest.fixture
def hostile_server() -> Iterator[Callable[[list[str]], str]]:
    """A function from names to the address of a server whose services are so called."""
    servers = []

    def start(names: list[str]) -> str:
        server = grpc.server(futures.ThreadPoolExecutor(2), handlers=[HostileReflection(names)])
        port = server.add_insecure_port("127.0.0.1:0")
        server.start()
        servers.append(server)
        return f"127.0.0.1:{port}"

    yield start
    for server in servers:
        server.stop(None).wait()


def test_names_on_a_terminal(
    rpcx_tty: Callable[..., Any], hostile_server: Callable[[list[str]], str]
) -> None:
    """A service may call itself what it likes: `list` shows it, one a line."""
    terminal = rpcx_tty("list", "-p", hostile_server(["a.Good", HOSTILE, "[/x]"]))
    assert terminal.wait() == 0
    shown = on_screen(terminal)
    assert not OBEYED.search(shown)
    first, second, third = shown.splitlines()
    assert (first, third) == ("a.Good", "[/x]")
    assert second.startswith("[/x] [bold red]no markup")


def test_names_in_json(
    rpcx: Callable[..., Any], hostile_server: Callable[[list[str]], str]
) -> None:
    """In JSON they are exact."""
    result = rpcx("list", "-p", hostile_server([HOSTILE]), "-o", "json")
    assert result.json[0]["service"] == HOSTILE


@pytest.mark.parametrize(
    "command", [("call", "a.Good/M"), ("describe", "a.Good"), ("list", "a.Good")]
)
def test_reflection_that_fails_with_hostile_words(
    rpcx: Callable[..., Any],
    hostile_server: Callable[[list[str]], str],
    command: tuple[str, ...],
) -> None:
    """What reflection says in place of an answer is quoted safely, in one line."""
    name, *rest = command
    result = rpcx(name, "-p", hostile_server(["a.Good"]), *rest)
    assert result.code == 1
    assert not OBEYED.search(result.err)
    assert len(result.err.splitlines()) == 1
    assert "[/x] [bold red]no markup" in result.err


def test_many_and_long_names_make_no_endless_sentence(
    rpcx: Callable[..., Any], hostile_server: Callable[[list[str]], str]
) -> None:
    """A name of 100,000 characters among 1,000 is cut where a sentence would quote it."""
    names = ["x" * 100_000] + [f"a.S{number}" for number in range(1000)]
    result = rpcx("call", "-p", hostile_server(names), "nothing")
    assert result.code == 1
    assert len(result.err) < 3000
