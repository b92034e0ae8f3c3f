"""`--plan`: options in a file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

HELLO = "helloworld.Greeter/SayHello"
ECHO = "grpc.examples.echo.Echo/UnaryEcho"


@pytest.fixture
def plan(tmp_path: Path) -> Callable[[str], str]:
    """A function that writes a run file and says where it is."""

    def write(text: str) -> str:
        path = tmp_path / "run.toml"
        path.write_text(text)
        return str(path)

    return write


def test_a_file_says_what_the_options_say(
    rpcx: Callable[..., Any], demo_server: str, plan: Callable[[str], str]
) -> None:
    """Arguments, options, flags, repeatable ones, and methods with what is theirs alone."""
    path = plan(f"""
        target = "{demo_server}"
        plaintext = true
        total = 6
        concurrency = 2
        output = "record"
        template = true
        header = ["rpcx-header-run: all"]

        [[call]]
        method = "{HELLO}"
        weight = 2
        data = {{name = "n{{{{seq}}}}"}}
        header = ["rpcx-trailer-own: {{{{seq}}}}"]

        [[call]]
        method = "{ECHO}"
        data = '{{"message":"m"}}'
        timeout = "10s"
    """)
    result = rpcx("call", "--plan", path)
    assert (result.code, "failed 0" in result.err) == (0, True)
    records = sorted(result.documents, key=lambda record: record["seq"])
    assert [record["method"] for record in records] == [HELLO, ECHO, HELLO] * 2
    assert records[2]["response"] == {"message": "Hello n2"}
    assert records[2]["trailers"] == [["own", "2"]]
    assert all(record["headers"] == [["run", "all"]] for record in records)


def test_what_is_typed_wins(
    rpcx: Callable[..., Any], demo_server: str, plan: Callable[[str], str]
) -> None:
    """And so does the environment."""
    path = plan(f'method = "{HELLO}"\ntotal = 5\noutput = "record"\nplaintext = true\n')
    result = rpcx("call", demo_server, "--plan", path, "-n", "2", env={"RPCX_OUTPUT": "json"})
    assert result.json["calls"]["due"] == 2


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("totl = 5", "has 'totl'; did you mean total?"),
        ("call = [{method='a', wait=1}]", "has 'wait'; a call has method, data, weight"),
        ("call = [{data='a'}]", "names no method"),
        ("total = ", "is not TOML"),
        ('total = "many"', "'many' is not a valid int"),
    ],
)
def test_a_file_that_is_none(
    rpcx: Callable[..., Any], plan: Callable[[str], str], text: str, words: str
) -> None:
    """One sentence, exit status 2, before anything is connected."""
    result = rpcx("call", "127.0.0.1:1", "--plan", plan(text))
    assert result.code == 2
    assert words in result.err
    assert result.err.count("\n") == 1


def test_a_file_that_is_not_there(rpcx: Callable[..., Any]) -> None:
    """The sentence quotes the path."""
    result = rpcx("call", "demo", HELLO, "--plan", "/nowhere/run.toml")
    assert (result.code, "'/nowhere/run.toml' cannot be read" in result.err) == (2, True)
