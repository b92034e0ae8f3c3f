"""Long options with one dash are refused, whichever option of whichever command it is."""

from __future__ import annotations

from typing import Any

import pytest
import typer

from rpcx.app import COMMANDS, app
from rpcx.commands.arguments import check_single_dash
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
        check_single_dash([command, "TARGET", option[1:], "value"], GROUP)


def test_what_follows_an_option_is_its_value() -> None:
    """A value that looks like an option is none."""
    check_single_dash(["call", "T", "M", "-d", "-name", "--fail-if", "-rps", "--", "-rps"], GROUP)


def test_options_of_other_tools_are_named() -> None:
    """A `-max-time` of grpcurl's is told what rpcx writes."""
    with pytest.raises(
        UsageError, match="-max-time has one dash too few; rpcx writes it --timeout"
    ):
        check_single_dash(["call", "T", "M", "-max-time", "3"], GROUP)
