"""A person types messages at a prompt, on a pseudo-terminal."""

from __future__ import annotations

import json
import re
import signal
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

HELLO = "helloworld.Greeter/SayHello"
BIDI = "grpc.examples.echo.Echo/BidirectionalStreamingEcho"
HINT = rb"Ctrl-D closes"
CTRL_C, CTRL_D, CTRL_U = "\x03", "\x04", "\x15"


def test_typed_lines_are_sent_and_replies_printed(
    rpcx_tty: Callable[..., Any], demo_server: str
) -> None:
    """Each line when it is entered, each reply when it comes; at the end, how it ended."""
    terminal = rpcx_tty("stream", "-p", demo_server, BIDI)
    for word in ("one", "two"):
        terminal.read_until(HINT)
        terminal.send(f'{{"message":"{word}"}}\r')
        terminal.read_until(rb'"message"\S*: \S*"' + word.encode() + rb'"')
    terminal.send(CTRL_D)
    assert terminal.wait() == 0
    assert "WARNING" not in terminal.plain
    assert re.search(
        r"rpcx: OK after \d\.\d s: 2 sent, 2 received; ended by server\s*$", terminal.plain
    )


def test_a_reply_leaves_a_line_that_is_being_typed_alone(
    rpcx_tty: Callable[..., Any], demo_server: str
) -> None:
    """It is printed above, and the line can be gone on with."""
    terminal = rpcx_tty("stream", "-p", demo_server, BIDI, "-H", "rpcx-delay: 700ms")
    terminal.read_until(HINT)
    terminal.send('{"message":"first"}\r{"mess')
    terminal.read_until(rb'"message"\S*: \S*"first"')
    terminal.read_until(rb'> (\x1b\[[0-9;?]*[A-Za-z])*{"mess')
    terminal.send('age":"second"}\r' + CTRL_D)
    terminal.read_until(rb'"message"\S*: \S*"second"')
    assert terminal.wait() == 0


def test_a_line_that_is_no_message_stays_to_be_mended(
    rpcx_tty: Callable[..., Any], demo_server: str
) -> None:
    """It is told why, nothing is sent, and the conversation goes on."""
    terminal = rpcx_tty("stream", "-p", demo_server, BIDI, columns=120)
    terminal.read_until(HINT)
    terminal.send('{"massage":"x"}\r')
    terminal.read_until(rb"did you mean message")
    terminal.send(CTRL_U + '{"message":"mended"}\r')
    terminal.read_until(rb'"message"\S*: \S*"mended"')
    terminal.send(CTRL_D)
    assert terminal.wait() == 0


def test_a_stream_that_ends_takes_the_prompt_away(
    rpcx_tty: Callable[..., Any], demo_server: str
) -> None:
    """The deadline, the server's status and Ctrl-C end the command while a line is typed."""
    for args, keys, code in (
        (["-t", "1s"], "", 68),
        (["-H", "rpcx-status: ABORTED"], '{"message":"x"}\r', 74),
        ([], CTRL_C, 130),
    ):
        terminal = rpcx_tty("stream", "-p", demo_server, BIDI, *args)
        terminal.read_until(HINT)
        terminal.send(keys + '{"mess' if keys != CTRL_C else '{"mess' + keys)
        assert terminal.wait() == code


def test_there_is_no_prompt_where_nobody_types(
    rpcx_tty: Callable[..., Any], demo_server: str, tmp_path: Path
) -> None:
    """Standard input or output in a file, or data given: plain lines."""
    (tmp_path / "in").write_text('{"message":"a"}')
    for files, args in (
        ({"stdin": tmp_path / "in"}, []),
        ({"stdin": tmp_path / "in", "stdout": tmp_path / "out"}, []),
        ({}, ["-d", '{"message":"a"}']),
    ):
        terminal = rpcx_tty("stream", "-p", demo_server, BIDI, *args, **files)
        assert terminal.wait() == 0
        assert "> " not in terminal.plain


@pytest.mark.parametrize("nohup", [False, True])
def test_a_terminal_that_goes_away_ends_it(
    rpcx_tty: Callable[..., Any], demo_server: str, nohup: bool
) -> None:
    """A closed window is a SIGHUP, and an end of input and output, which may come first."""
    terminal = rpcx_tty("stream", "-p", demo_server, BIDI, nohup=nohup)
    terminal.read_until(HINT)
    terminal.hang_up()
    assert terminal.wait() == 129


@pytest.mark.parametrize("nohup", [False, True])
@pytest.mark.parametrize("command", [("call", HELLO, "-n", "9"), ("stream", BIDI)])
def test_its_end_is_not_the_end_of_the_data(
    rpcx_tty: Callable[..., Any],
    demo_server: str,
    tmp_path: Path,
    command: tuple[str, ...],
    nohup: bool,
) -> None:
    """Where lines are read without a prompt, a terminal that goes away is no success either."""
    name, *rest = command
    out = tmp_path / "out"
    terminal = rpcx_tty(name, "-p", demo_server, *rest, "-d", "@-", stdout=out, nohup=nohup)
    terminal.send("{}\n")
    while not out.exists() or b"\n" not in out.read_bytes():
        assert terminal.poll() is None, terminal.plain
    terminal.hang_up()
    assert terminal.wait() == 129


@pytest.mark.parametrize("nohup", [False, True])
def test_its_end_is_no_lost_report(
    rpcx_tty: Callable[..., Any], demo_server: str, tmp_path: Path, nohup: bool
) -> None:
    """Where results can be printed no more, what was done is in the report."""
    report = tmp_path / "run.json"
    terminal = rpcx_tty(
        "call", "-p", demo_server, HELLO, "-z", "300s", "-o", "record", "--report", str(report),
        nohup=nohup,
    )  # fmt: skip
    terminal.read_until(rb'"seq"\S*: \S*20')
    terminal.hang_up()
    assert terminal.wait() == 129
    found = json.loads(report.read_bytes())
    assert found["end_reason"] in ("interrupted", "output_closed")
    assert found["calls"]["ok"] >= 20


@pytest.mark.parametrize(
    "number", [signal.SIGHUP, signal.SIGINT, signal.SIGTERM, signal.SIGQUIT, signal.SIGUSR1]
)
def test_a_signal_leaves_the_terminal_as_it_was(
    rpcx_tty: Callable[..., Any], demo_server: str, number: int
) -> None:
    """The shell that comes back reads lines and echoes."""
    terminal = rpcx_tty("stream", "-p", demo_server, BIDI)
    terminal.read_until(HINT)
    assert not terminal.is_canonical
    terminal.signal(number)
    code = terminal.wait()
    assert terminal.is_canonical
    assert code == 128 + number
