"""The commands as Typer sees them: their list, and what happens around each.

A command is loaded when it is asked for: declaring the options of all commands takes longer than
most calls.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Annotated, Any, Final, NamedTuple

import typer
from typer.core import TyperCommand, TyperGroup

from rpcx import __version__
from rpcx.commands.options.groups import with_option_groups
from rpcx.config.defaults import of_environment, origin
from rpcx.config.option import Option, Variable
from rpcx.errors import UsageError
from rpcx.help.layout import FOOTER, write_commands, write_description, write_options

if TYPE_CHECKING:
    from rpcx.commands.options.groups import Command


class Entry(NamedTuple):
    """A command.

    Attributes:
        place: Where in `rpcx.commands` it is.
        summary: What it does: the first line of its docstring.
    """

    place: str
    summary: str


COMMANDS: Final = {
    "list": Entry(
        "list_command.list_services",
        "List the services of a server, or the methods of one service.",
    ),
    "describe": Entry(
        "describe.describe", "Show the definition of a service, message, enum, field or file."
    ),
    "call": Entry("call.command.call", "Make unary calls, one or many, over one shared channel."),
    "stream": Entry(
        "stream.command.stream", "Drive streams with independent send and receive workers."
    ),
    "report": Entry("report.report", "Show a saved run, merge several, or compare two."),
    "serve": Entry("serve.serve", "Run the demo server in the foreground."),
    "completion": Entry("completion.completion", "Print the completion script of a shell."),
    "help": Entry("help.help_", "Show a page of the manual, or list the pages."),
}

_SETTINGS: Final = {"help_option_names": ["-h", "--help"], "max_content_width": 100}
_NAMES: Final = re.compile(r"(?<![\w-])--?[a-z][a-z-]*")


class OneCommand(TyperCommand):
    """A command whose options have defaults from the environment and from a plan.

    Attributes:
        options: Its options by their keys.
    """

    options: Mapping[str, Option]

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parse what was typed, with the environment as defaults."""
        if not ctx.resilient_parsing:
            ctx.default_map = of_environment(self.options.values())
        return super().parse_args(ctx, args)

    def invoke(self, ctx: Any) -> Any:
        """Run the command; an error about a value that was not typed names its origin."""
        try:
            return super().invoke(ctx)
        except UsageError as error:
            place = self.origin(ctx, _NAMES.findall(str(error)))
            if place:
                error.args = (f"{error}{place}",)
            raise

    def origin(self, ctx: Any, names: list[str]) -> str:
        """Return where the value of an option came from, to end a sentence with.

        Args:
            ctx: Typer's context.
            names: Names of options; the first one whose value was not typed counts.
        """
        for name in names:
            for key, option in self.options.items():
                if name in option.names and key in (ctx.default_map or {}):
                    source = ctx.get_parameter_source(key)
                    if source is None or source.name == "DEFAULT_MAP":
                        return origin(option, ctx.params.get("plan"))
        return ""

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        """Return the words of the usage line; Typer puts what is required into braces."""
        return [piece.strip("{}") for piece in super().collect_usage_pieces(ctx)]

    def format_help_text(self, ctx: Any, formatter: Any) -> None:
        """Write what the command does."""
        del ctx
        write_description(formatter, self.help or "")

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Write the arguments, the options under their headings, and the examples."""
        write_options(formatter, ctx, self.get_params(ctx), self.help or "")


class AllCommands(TyperGroup):
    """Every command, loaded when it is asked for.

    Attributes:
        options: The options that come before a command.
    """

    options: Mapping[str, Option]

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.commands: Any = _OnDemand()
        self.options = _main.options

    def list_commands(self, ctx: Any) -> list[str]:
        """Return the names, without loading any."""
        del ctx
        return list(self.commands)

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Write the options and the commands."""
        write_options(formatter, ctx, self.get_params(ctx), "")
        write_commands(formatter, {name: entry.summary for name, entry in COMMANDS.items()})

    def options_of(self, *names: str) -> list[Option]:
        """Return the options of these commands and of all; what is not a command adds none."""
        known = [self.commands[name] for name in names if name in self.commands]
        return [option for one in (self, *known) for option in one.options.values()]


class _OnDemand(Mapping[str, OneCommand]):
    """The commands by their names."""

    def __init__(self) -> None:
        self._loaded: dict[str, OneCommand] = {}

    def __getitem__(self, name: str) -> OneCommand:
        entry = COMMANDS[name]
        if name not in self._loaded:
            module, _, function = entry.place.rpartition(".")
            command = getattr(import_module(f"rpcx.commands.{module}"), function)
            self._loaded[name] = made(name, command)
        return self._loaded[name]

    def __iter__(self) -> Iterator[str]:
        return iter(COMMANDS)

    def __len__(self) -> int:
        return len(COMMANDS)


def made(name: str, command: Command) -> OneCommand:
    """Return what parses a command line for one command."""
    app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)
    app.command(name, cls=OneCommand, epilog=FOOTER, context_settings=_SETTINGS)(command)
    made: Any = typer.main.get_command(app)
    made.options = command.options
    return made  # type: ignore[no-any-return] # of the class that was named


def _print_version(value: bool) -> None:
    if value:
        typer.echo(f"rpcx {__version__}")
        raise typer.Exit


@with_option_groups
def _main(
    *,
    version: Annotated[  # noqa: ARG001 -- its callback has read it
        bool,
        Option(
            "Print the version.",
            variable_is=Variable.NONE,
            parsing={"callback": _print_version, "is_eager": True},
        ),
    ] = False,
) -> int:
    """Exercise gRPC servers: list what they offer, call them concurrently, drive streams."""
    return 0


def all_commands() -> AllCommands:
    """Return what parses the command line."""
    app = typer.Typer(
        name="rpcx",
        cls=AllCommands,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        add_completion=False,
        no_args_is_help=True,
        epilog=FOOTER,
        context_settings=_SETTINGS,
    )
    app.callback(cls=AllCommands)(_main)
    made: Any = typer.main.get_command(app)
    return made  # type: ignore[no-any-return] # of the class that was named
