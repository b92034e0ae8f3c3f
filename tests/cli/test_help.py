"""`--help` and `rpcx help`: what they show, and that their examples run."""

from __future__ import annotations

import re
import shlex
import signal
from typing import TYPE_CHECKING, Any

import pytest

from rpcx.commands.parsing import COMMANDS, all_commands
from rpcx.help.layout import examples_of

if TYPE_CHECKING:
    from collections.abc import Callable

HELLO = "helloworld.Greeter/SayHello"
BIDI = "helloworld.Greeter/SayHelloBidiStream"
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


def test_the_list_of_pages_fits_a_terminal(rpcx: Callable[..., Any]) -> None:
    """Each page is on one line of 80 columns."""
    lines = rpcx("help").lines
    assert all(len(line) <= 80 for line in lines)
    assert len(lines) < 24


def keys(
    value: Any, data: tuple[str, ...] = ("statuses", "status_latency_ms", "methods", "ends")
) -> set[str]:
    """Every key of a JSON document, without those that are statuses, methods and the like."""
    if isinstance(value, list):
        return {key for one in value for key in keys(one)}
    if not isinstance(value, dict):
        return set()
    inner = {
        key
        for name, one in value.items()
        for key in (keys([*one.values()]) if name in data else keys(one))
    }
    return inner | set(value)


@pytest.mark.parametrize(
    "arguments",
    [
        ("call", "demo?status=NOT_FOUND", HELLO, "-n", "3", "-o", "json", "--fail-if", "p50>9s"),
        ("stream", "demo", BIDI, "-d", "{}", "-n", "3", "--match", "order", "-o", "json"),
        ("stream", "demo", BIDI, "-d", "{}", "-o", "record", "--streams", "2"),
        ("call", "demo?status=NOT_FOUND", HELLO, "-o", "record"),
        (
            "call",
            "demo",
            HELLO,
            "-H",
            "rpcx-header-a: b",
            "-H",
            "rpcx-trailer-b: c",
            "-o",
            "record",
        ),
    ],
)
def test_every_key_of_the_json_is_in_the_manual(
    rpcx: Callable[..., Any], arguments: tuple[str, ...]
) -> None:
    """The page names each key of summaries and records."""
    page = rpcx("help", "json").out
    known = set(re.findall(r"[\w.]+", " ".join(re.findall(r"`([^`]*)`", page))))
    for document in rpcx(*arguments).documents:
        found = document if "message" not in document else document | {"message": None}
        shown = {name: one for name, one in found.items() if name not in ("response", "error")}
        assert keys(shown) | set(found) <= known
