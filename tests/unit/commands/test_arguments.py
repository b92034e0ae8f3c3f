"""The command line as people type it who know other tools."""

from __future__ import annotations

from typing import Any

import pytest
import typer

from rpcx.app import COMMANDS, app
from rpcx.commands.options.arguments import OTHERWISE, SAME, in_order, spelt
from rpcx.errors import UsageError

GROUP: Any = typer.main.get_command(app())
LONG = [
    (command, option)
    for command in COMMANDS
    for parameter in GROUP.commands[command].params
    for option in parameter.opts
    if option.startswith("--")
]


@pytest.mark.parametrize(("command", "option"), LONG, ids=" ".join)
def test_every_long_option_is_caught(command: str, option: str) -> None:
    """What is declared is what is checked: `-fail-if` is not `-f -a -i …`."""
    with pytest.raises(
        UsageError, match=f"{option[1:]} has one dash too few.* writes it {option}$"
    ):
        spelt([command, "TARGET", option[1:], "value"], GROUP)


def test_what_follows_an_option_is_its_value() -> None:
    """A value that looks like an option is none."""
    spelt(["call", "T", "M", "-d", "-name", "--fail-if", "-rps", "--", "-rps"], GROUP)


@pytest.mark.parametrize("dashes", ["-", "--"])
@pytest.mark.parametrize(("name", "ours"), SAME.items())
def test_what_means_the_same_is_taken(name: str, ours: str, dashes: str) -> None:
    """Options of grpcurl and ghz with another name, with a value behind them or after `=`."""
    [command] = [one for one, option in LONG if option == ours][:1]
    at = "@" if name in ("D", "data-file") else ""
    assert spelt([command, f"{dashes}{name}", "v"], GROUP) == [command, ours, f"{at}v"]
    assert spelt([command, f"{dashes}{name}=v"], GROUP) == [command, f"{ours}={at}v"]


@pytest.mark.parametrize("dashes", ["-", "--"])
@pytest.mark.parametrize("name", OTHERWISE)
def test_what_is_written_otherwise_is_named(name: str, dashes: str) -> None:
    """Other options of grpcurl and ghz are refused with what rpcx writes."""
    with pytest.raises(UsageError, match=f"{dashes}{name} is not an option of rpcx; it writes "):
        spelt(["call", "T", "M", f"{dashes}{name}", "v"], GROUP)


@pytest.mark.parametrize("name", [*OTHERWISE, *SAME])
def test_no_command_has_such_an_option_itself(name: str) -> None:
    """The table does not shadow what a command declares."""
    assert ("call", f"--{name}") not in LONG


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("H:1 list", "list H:1"),
        ("H:1 list p.S", "list H:1 p.S"),
        ("H:1 describe p.M", "describe H:1 p.M"),
        ("help", "help"),
        ("help load", "help load"),
        ("help call", "call --help"),
        ("call T M", "call T M"),
        ("--version", "--version"),
        ("", ""),
    ],
)
def test_the_command_comes_first(typed: str, meant: str) -> None:
    """What grpcurl's users type, and `help`, simply work."""
    assert in_order(typed.split(), COMMANDS) == meant.split()


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("H:1 p.S/M", "to call a method write: rpcx call H:1 p.S/M"),
        ("H:1 call p.S/M", "the command comes first: rpcx call H:1"),
    ],
)
def test_a_command_that_is_missing_is_named(typed: str, sentence: str) -> None:
    """The whole command line, where it is plain what is meant."""
    with pytest.raises(UsageError, match=sentence):
        in_order(typed.split(), COMMANDS)
