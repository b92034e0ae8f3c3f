"""Option groups: records whose fields Typer sees as options."""

from __future__ import annotations

import inspect
from typing import Annotated, NamedTuple

import typer
from typer.testing import CliRunner

from rpcx.commands.options.groups import with_option_groups


class Colours(NamedTuple):
    """A group of two."""

    front: Annotated[str, typer.Option("--front", envvar="TEST_FRONT")] = "red"
    back: Annotated[list[str] | None, typer.Option("--back")] = None


seen: list[tuple[str, int, Colours]] = []


@with_option_groups
def paint(
    wall: Annotated[str, typer.Argument()],
    coats: Annotated[int, typer.Option("--coats")] = 1,
    *,
    colours: Colours,
) -> int:
    """Paint a wall."""
    seen.append((wall, coats, colours))
    return 0


app = typer.Typer(rich_markup_mode=None)
app.command()(paint)


def painted(*arguments: str, env: dict[str, str] | None = None) -> tuple[str, int, Colours]:
    """What the command was called with."""
    seen.clear()
    done = CliRunner().invoke(app, list(arguments), env=env)
    assert not done.exception, done.output
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
    assert painted("north", env={"TEST_FRONT": "blue"})[2].front == "blue"


def test_the_group_itself_is_no_option() -> None:
    """Only its fields are parameters, and the command keeps its name and description."""
    assert list(inspect.signature(paint).parameters) == ["wall", "coats", "front", "back"]
    assert (paint.__name__, paint.__doc__) == ("paint", "Paint a wall.")
