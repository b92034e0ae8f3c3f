"""`--help` and `rpcx help`: what they show, and that their examples run."""

from __future__ import annotations

import shlex
import signal
from typing import TYPE_CHECKING, Any

import pytest

from rpcx.commands.parsing import COMMANDS, all_commands
from rpcx.help.layout import examples_of

if TYPE_CHECKING:
    from collections.abc import Callable

ALL = all_commands()
EXAMPLES = [line for name in COMMANDS for line in examples_of(ALL.commands[name].help or "")]
SERVERS = [line for line in EXAMPLES if line.startswith("rpcx serve")]
SAVE = (
    "rpcx call demo helloworld.Greeter/SayHello -z 1200ms --interval 100ms -o none"
    " --report run.json && cp run.json a.json && cp run.json b.json && "
)
"""What makes the files that the examples of `report` read."""


@pytest.mark.parametrize("line", [line for line in EXAMPLES if line not in SERVERS])
def test_an_example_of_help_runs(line: str, shell_line: Callable[[str], Any]) -> None:
    """Each ends in exit status 0."""
    done = shell_line(SAVE + line if "rpcx report" in line else line)
    assert done.code == 0, done.err
    assert "Traceback" not in done.err


@pytest.mark.parametrize("line", SERVERS)
def test_an_example_of_serve_runs(line: str, rpcx_start: Callable[..., Any]) -> None:
    """Each prints its address, and ends at a signal."""
    server = rpcx_start(*shlex.split(line)[1:])
    assert server.read_line().startswith("127.0.0.1:")
    server.signal(signal.SIGTERM)
    assert server.wait() == 143


def test_help_is_the_same_on_a_terminal(rpcx: Callable[..., Any], rpcx_tty: Any) -> None:
    """No colour and no pager: what is read can be copied."""
    terminal = rpcx_tty("call", "--help", rows=24, columns=80)
    assert terminal.wait() == 0
    assert terminal.seen.replace(b"\r\n", b"\n").decode() == rpcx("call", "--help").out


@pytest.mark.parametrize("name", COMMANDS)
def test_help_of_a_command_has_two_spellings(rpcx: Callable[..., Any], name: str) -> None:
    """`rpcx help COMMAND` and `rpcx COMMAND -h`."""
    assert rpcx("help", name).out == rpcx(name, "-h").out
