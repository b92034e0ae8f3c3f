"""What people type by mistake, or as another tool has it: it works, or a sentence helps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

HELLO = "helloworld.Greeter/SayHello"
ECHO = "grpc.examples.echo.Echo/UnaryEcho"
FEATURES = "routeguide.RouteGuide/ListFeatures"


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """A folder with a request and plans."""
    (tmp_path / "req.json").write_text('{"name":"file"}')
    (tmp_path / "bad.toml").write_text(f'target = "demo"\nmethod = "{HELLO}"\ntotal = "many"\n')
    (tmp_path / "zero.toml").write_text(f'target = "demo"\nmethod = "{HELLO}"\n\nduration = "0s"\n')
    return tmp_path


@pytest.mark.parametrize(
    ("typed", "printed"),
    [
        (("demo", "list"), "helloworld.Greeter\n"),
        (("help", "call"), "Usage: rpcx call"),
        (("help",), "rpcx help TOPIC shows one of these pages"),
        (("call", f"demo/{HELLO}"), '{"message":"Hello "}'),
        (("list", "demo/helloworld.Greeter"), "SayHelloBidiStream"),
        (("describe", "demo/helloworld.HelloRequest"), "message HelloRequest {"),
        (("describe", "demo", ".helloworld.HelloRequest"), "message HelloRequest {"),
        (("describe", "demo"), "service RouteGuide {"),
        (
            ("describe", "demo", "grpc.health.v1.HealthCheckResponse.SERVING"),
            "enum ServingStatus {",
        ),
        (
            ("describe", "demo", "grpc.health.v1.HealthCheckResponse.ServingStatus.SERVING"),
            "enum ServingStatus {",
        ),
        (("call", "demo", HELLO, "-d", '[{"name":"a"},\n{"name":"b"}]'), "Hello b"),
        (("call", "demo", HELLO, "-D", "req.json"), "Hello file"),
        (("call", "demo", HELLO, "--max-time", "3"), "Hello"),
        (("describe", "demo", HELLO, "-msg-template"), "{"),
        (
            ("call", "demo", "routeguide.RouteGuide/GetFeature", "--template", "-d",
             '{"latitude":{{seq + 7}},"longitude":1}'),
            '"latitude":7',
        ),
    ],
)  # fmt: skip
def test_what_simply_works(
    rpcx: Callable[..., Any], files: Path, typed: tuple[str, ...], printed: str
) -> None:
    """What is plain is done."""
    result = rpcx(*typed, cwd=files)
    assert (result.code, printed in result.out) == (0, True), result.err


def test_an_at_sign_alone_is_standard_input(rpcx: Callable[..., Any]) -> None:
    """As grpcurl and ghz have it."""
    assert "Hello in" in rpcx("call", "demo", HELLO, "-d", "@", input='{"name":"in"}').out


def test_a_variable_for_another_command_is_no_error(rpcx: Callable[..., Any]) -> None:
    """`RPCX_OUTPUT` is of `call` and `stream`."""
    assert rpcx("list", "demo", env={"RPCX_OUTPUT": "record"}).code == 0


@pytest.mark.parametrize("port", [":1", "1"])
def test_a_port_alone_is_one_of_this_machine(rpcx: Callable[..., Any], port: str) -> None:
    """`:50051` and `50051` are localhost's."""
    assert "nothing listens at localhost:1 " in rpcx("call", port, HELLO, "-p").err


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        (("call", HELLO, "demo"), f"TARGET comes first: rpcx call demo {HELLO}"),
        (("stream", FEATURES, "h:1"), f"TARGET comes first: rpcx stream h:1 {FEATURES}"),
        (("list", "a.B", "h:1"), "TARGET comes first: rpcx list h:1 a.B"),
        (("describe", "a.B", ":1"), "TARGET comes first: rpcx describe :1 a.B"),
        (("stream", "demo"), "METHOD is missing: rpcx stream TARGET METHOD"),
        (("describe", "demo", "--example"), "--example needs a SYMBOL"),
        (("h:1", HELLO), f"to call a method write: rpcx call h:1 {HELLO}"),
        (("call", "demo", HELLO, "-d", "req.json"), "exists: write -d @req.json"),
        (("stream", "demo", FEATURES, "-d", "req.json"), "exists: write -d @req.json"),
        (("call", "demo", HELLO, "-d", "{“name”:“x”}"), "JSON takes straight quotes"),
        (("call", "demo", HELLO, "-d", "“x”"), "JSON takes straight quotes"),
        (("call", "demo", HELLO, "-d", 'name: "x"'), "add --input-format text"),
        (
            ("call", "demo", ECHO, "--template", "-d", '{"message":"{{.RequestNumber}}"}'),
            "{{.RequestNumber}} is ghz's, rpcx writes {{seq}}",
        ),
        (
            ("call", "demo", ECHO, "--template", "-d", '{"message":"{{randomInt 1 9}}"}'),
            "rpcx writes {{random_int(1, 9)}}",
        ),
        (
            ("call", "demo", ECHO, "--template", "-d", '{"message":{{uuid}}}'),
            "which is not a JSON value; put the template in quotes",
        ),
        (("call", "demo", HELLO, "-o", "out.json"), "a file is written by --report FILE"),
        (("call", "--plan", "bad.toml"), "(--plan 'bad.toml', line 3, total)"),
        (("call", "--plan", "zero.toml"), "(--plan 'zero.toml', line 4, duration)"),
        (
            ("call", "demo", FEATURES, "-d", '{"lo": {}}', "-n", "3", "-c", "2"),
            f"write: rpcx stream demo {FEATURES} -d '{{\"lo\": {{}}}}' -n 3\n",
        ),
        (
            ("stream", "demo", HELLO, "--senders", "1", "--linger=3s", "-q"),
            f"is a unary method; write: rpcx call demo {HELLO} -q\n",
        ),
    ],
)
def test_what_a_sentence_helps_with(
    rpcx: Callable[..., Any], files: Path, typed: tuple[str, ...], sentence: str
) -> None:
    """Nothing is sent, and the sentence has what works."""
    result = rpcx(*typed, cwd=files)
    assert result.code in {1, 2}
    assert result.out == ""
    assert sentence in result.err
    assert "Traceback" not in result.err


def test_insecure_is_not_plaintext(rpcx: Callable[..., Any], demo_server: str) -> None:
    """Ghz means plaintext by --insecure: a server without TLS is met with what to write."""
    result = rpcx("call", demo_server, HELLO, "--insecure")
    assert result.code == 1
    assert "answers in plaintext; write --plaintext in place of --insecure" in result.err
