"""The command line as people type it who know other tools."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from rpcx.commands.options.arguments import OTHERWISE, in_order, spelt
from rpcx.commands.parsing import COMMANDS, all_commands
from rpcx.errors import UsageError

if TYPE_CHECKING:
    from rpcx.config.option import Option

GROUP = all_commands()
OPTIONS = {name: GROUP.options_of(name) for name in COMMANDS}
LONG = [(name, long) for name in COMMANDS for option in OPTIONS[name] for long in option.names[-1:]]
FOREIGN = [
    (command, name, option)
    for command in COMMANDS
    for option in OPTIONS[command]
    for name in (*option.also, *option.also_file)
]


@pytest.mark.parametrize(("command", "option"), LONG, ids=" ".join)
def test_every_long_option_is_caught(command: str, option: str) -> None:
    """What is declared is what is checked: `-fail-if` is not `-f -a -i …`."""
    with pytest.raises(UsageError, match=f"{option[1:]} has one dash too few.* write {option}$"):
        spelt([command, "TARGET", option[1:], "value"], OPTIONS[command])


def test_what_follows_an_option_is_its_value() -> None:
    """A value that looks like an option is none."""
    spelt(["call", "T", "M", "-d", "-name", "--fail-if", "-rps", "--", "-rps"], OPTIONS["call"])


@pytest.mark.parametrize("dashes", ["-", "--"])
@pytest.mark.parametrize(("command", "name", "option"), FOREIGN)
def test_what_means_the_same_is_taken(command: str, name: str, option: Option, dashes: str) -> None:
    """Options of grpcurl and ghz with another name, with a value after them or after `=`."""
    at = "@" if name in option.also_file else ""
    typed = f"{dashes}{name}"
    assert spelt([command, typed, "v"], OPTIONS[command]) == [command, option.name, f"{at}v"]
    assert spelt([command, f"{typed}=v"], OPTIONS[command]) == [command, f"{option.name}={at}v"]


@pytest.mark.parametrize("dashes", ["-", "--"])
@pytest.mark.parametrize("name", OTHERWISE)
def test_what_is_written_otherwise_is_named(name: str, dashes: str) -> None:
    """Other options of grpcurl and ghz are refused with what rpcx writes."""
    with pytest.raises(
        UsageError, match=f"{dashes}{name} is not an option of rpcx; (use|leave it out)"
    ):
        spelt(["call", "T", "M", f"{dashes}{name}", "v"], OPTIONS["call"])


@pytest.mark.parametrize("name", OTHERWISE)
def test_what_is_written_instead_exists(name: str) -> None:
    """The sentences name options that `call`, `stream` or `list` have."""
    there = {one for command in COMMANDS for option in OPTIONS[command] for one in option.names}
    assert set(re.findall(r"(?<![\w-])--?[a-z][a-z-]*", OTHERWISE[name])) <= there


@pytest.mark.parametrize("name", [*OTHERWISE, *(name for _, name, _ in FOREIGN)])
def test_no_command_has_such_an_option_itself(name: str) -> None:
    """What a foreign name means does not shadow what a command declares."""
    assert ("call", f"--{name}") not in LONG


def test_an_unknown_name_with_one_dash_is_shown_whole() -> None:
    """Not only its first letter, as if it were a short option."""
    with pytest.raises(UsageError, match="-foo is not an option; see rpcx call --help"):
        spelt(["call", "T", "M", "-foo"], OPTIONS["call"])


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
