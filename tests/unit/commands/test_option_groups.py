"""Option groups: records whose fields Typer sees as options."""

from __future__ import annotations

import inspect
from typing import Annotated, Any, NamedTuple

import pytest

from rpcx.commands.options.groups import with_option_groups
from rpcx.commands.parsing import made
from rpcx.config.option import Argument, Option


class Colours(NamedTuple):
    """A group of two."""

    front: Annotated[str, Option("Colour of the front.", "COLOUR")] = "red"
    back: Annotated[list[str] | None, Option("Colour of the back.", "COLOUR", short="-b")] = None


seen: list[tuple[str, int, Colours]] = []


@with_option_groups
def paint(
    wall: Annotated[str, Argument("WALL", "Which.")],
    coats: Annotated[int, Option("Number of coats.", "N")] = 1,
    *,
    colours: Colours,
) -> int:
    """Paint a wall."""
    seen.append((wall, coats, colours))
    return 0


def painted(*arguments: str, env: dict[str, str] | None = None) -> tuple[str, int, Colours]:
    """What the command was called with."""
    seen.clear()
    command: Any = made("paint", paint)
    with pytest.MonkeyPatch.context() as patch:
        for name, value in (env or {}).items():
            patch.setenv(name, value)
        command(args=list(arguments), standalone_mode=False)
    return seen[0]


def test_fields_are_options_with_their_defaults() -> None:
    """A field that is not given has its default, one that is given its value."""
    assert painted("north") == ("north", 1, Colours())
    assert painted("north", "--back", "a", "--back", "b", "--coats", "2") == (
        "north",
        2,
        Colours(back=["a", "b"]),
    )


def test_fields_keep_their_environment_variables() -> None:
    """What Typer knows of an option it knows of a field."""
    assert painted("north", env={"RPCX_FRONT": "blue"})[2].front == "blue"


def test_a_repeatable_field_has_a_value_a_line() -> None:
    """Values may have spaces; what is typed replaces them."""
    env = {"RPCX_BACK": "light green\n\nred\n"}
    assert painted("north", env=env)[2].back == ["light green", "red"]
    assert painted("north", "-b", "blue", env=env)[2].back == ["blue"]


def test_an_empty_variable_says_nothing() -> None:
    """As where it is not set."""
    assert painted("north", env={"RPCX_FRONT": "", "RPCX_BACK": " \n"})[2] == Colours()


def test_the_group_itself_is_no_option() -> None:
    """Only its fields are parameters, and the command keeps its name and description."""
    assert list(inspect.signature(paint).parameters) == ["wall", "coats", "front", "back"]
    assert (paint.__name__, paint.__doc__) == ("paint", "Paint a wall.")
