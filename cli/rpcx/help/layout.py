"""How `--help` is laid out: what a command does, its options under headings, examples."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from rpcx.config.option import Group

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_ARGUMENTS: Final = "Arguments"
_EXAMPLES: Final = "\n\nExamples:\n"
FOOTER: Final = "The manual: rpcx help, rpcx help environment, rpcx help exit-status."


def examples_of(description: str) -> list[str]:
    """Return the examples of a command, each one command line.

    Args:
        description: Its docstring, whose last paragraph may be `Examples:`.
    """
    return [line.strip() for line in description.partition(_EXAMPLES)[2].splitlines()]


def write_description(formatter: Any, description: str) -> None:
    """Write what a command does, without the examples."""
    formatter.write_paragraph()
    with formatter.indentation():
        formatter.write_text(description.partition(_EXAMPLES)[0])


def write_options(formatter: Any, context: Any, parameters: Iterable[Any], text: str) -> None:
    """Write arguments, then options under their headings, then examples and where to read on.

    Args:
        formatter: Typer's.
        context: Typer's.
        parameters: The arguments and options, as Typer has them.
        text: The docstring with the examples; empty for none.
    """
    sections: dict[str, list[tuple[str, str]]] = {one: [] for one in (_ARGUMENTS, *Group)}
    for parameter in parameters:
        record = parameter.get_help_record(context)
        if record is not None:
            argument = parameter.param_type_name == "argument"
            # Before Typer 0.26 `--help` is an option of click itself, which has no headings.
            panel = getattr(parameter, "rich_help_panel", None)
            heading = _ARGUMENTS if argument else panel or Group.MAIN
            sections[heading].append(record)
    for heading, rows in sections.items():
        if rows:
            with formatter.section(heading):
                formatter.write_dl(rows, col_max=24)
    if text:
        with formatter.section("Examples"):
            for line in examples_of(text):
                formatter.write(f"  {line}\n")


def write_commands(formatter: Any, summaries: Mapping[str, str]) -> None:
    """Write the commands with what they do."""
    with formatter.section("Commands"):
        formatter.write_dl(list(summaries.items()))
