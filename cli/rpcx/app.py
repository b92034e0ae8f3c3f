"""The Typer app, and the one place where an exception becomes a sentence and an exit status."""

from __future__ import annotations

import os
import re
import sys
from importlib import import_module
from typing import Annotated, Any, Final, NoReturn

import typer
from typer.completion import completion_init  # type: ignore[attr-defined] # not in its __all__

from rpcx import __version__
from rpcx.commands.options.arguments import in_order, retyped, spelt
from rpcx.errors import ExitCode, RpcxError, WrongCommandError
from rpcx.output.stderr import say_sentence
from rpcx.output.stdout import ReaderGoneError
from rpcx.runs.interrupts import AbandonedError

EXIT_STATUSES = """\
Exit status: 0 all OK; 1 rpcx could not do it (connect, schema, data); 2 usage;
64 + code when RPCs failed, all with that one status (NOT_FOUND 69, DEADLINE_EXCEEDED 68,
UNAVAILABLE 78); 3 when they failed with several; 4 when none failed and the end of the run left
some unanswered; 99 when a --fail-if was met; 129, 130 and 143
after SIGHUP, SIGINT and SIGTERM, with the report of what was done; 141 when nobody reads standard
output any more."""

_FILE_FOR_FORM: Final = re.compile(r"'--output'.*: '[^']*\.\w+' is not one of")
"""As of `-o out.json`, which is what ghz writes."""

COMMANDS: Final = {
    "list": "list_command.list_services",
    "describe": "describe.describe",
    "call": "call.command.call",
    "stream": "stream.command.stream",
    "report": "report.report",
    "serve": "serve.serve",
    "completion": "completion.completion",
    "help": "help.help_",
}
"""Where in `rpcx.commands` each command is."""


def _version(value: bool) -> None:
    if value:
        typer.echo(f"rpcx {__version__}")
        raise typer.Exit


def _main(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_version, is_eager=True, help="Print the version."),
    ] = False,
) -> None:
    """Exercise gRPC servers: ask what they offer, call them concurrently, drive streams."""


def app(*names: str) -> typer.Typer:
    """The Typer app with these commands, or with all where none is named.

    What declares the options of seven commands takes longer to load than most calls last: a
    command that is named first on the command line loads its own alone.
    """
    made = typer.Typer(
        name="rpcx",
        help="Exercise gRPC servers: ask what they offer, call them concurrently, drive streams.",
        epilog=EXIT_STATUSES,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        add_completion=False,
        no_args_is_help=True,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    made.callback()(_main)
    for name in names or COMMANDS:
        module, _, function = COMMANDS[name].rpartition(".")
        command = getattr(import_module(f"rpcx.commands.{module}"), function)
        made.command(name, epilog=EXIT_STATUSES)(command)
    return made


def run() -> NoReturn:
    """Run the app with the arguments of this process, and exit."""
    sys.exit(_run(sys.argv[1:]))


def _run(arguments: list[str]) -> int:
    try:
        arguments = in_order(arguments, COMMANDS)
        alone = arguments[:1] if arguments and arguments[0] in COMMANDS else []
        if "_RPCX_COMPLETE" in os.environ:  # a shell asks: see `rpcx completion`
            completion_init()
            alone = []
        commands: Any = typer.main.get_command(app(*alone))
        arguments = spelt(arguments, commands)
        outcome: Any = commands(args=arguments, prog_name="rpcx", standalone_mode=False)
    except RpcxError as error:
        _complain(_sentence(error, arguments))
        return int(error.exit_code)
    except AbandonedError as abandoned:
        # A thread may still be inside gRPC: its clean-up would wait for it.
        fault = abandoned.__context__
        if fault is not None:
            sys.excepthook(type(fault), fault, fault.__traceback__)
        _flush()
        os._exit(abandoned.exit_code)
    except ReaderGoneError:
        return int(ExitCode.SIGPIPE)
    except SystemExit as exited:
        return _pipe_or(exited.code)
    except Exception as error:
        # Typer's own errors of usage, from its bundled Click or, before 0.26, from click.
        if not hasattr(error, "format_message"):
            raise
        if type(error).__name__ == "NoArgsIsHelpError":
            typer.echo(error.format_message())
            return int(ExitCode.USAGE)
        _complain(_usage_sentence(error))
        return int(ExitCode.USAGE)
    return outcome if isinstance(outcome, int) else 0


def _sentence(error: RpcxError, arguments: list[str]) -> str:
    if not isinstance(error, WrongCommandError):
        return str(error)
    both: Any = typer.main.get_command(app(arguments[0], error.command))
    return f"{error}; write: {retyped(arguments, error.command, both)}"


def _usage_sentence(error: Any) -> str:
    sentence = error.format_message().rstrip(".")
    context = getattr(error, "ctx", None)
    parameter = getattr(error, "param", None)
    if parameter is not None and context is not None and context.default_map:
        from rpcx.commands.call.run_file import origin

        sentence += origin(context, *parameter.opts)
    path = context.command_path if context is not None else "rpcx"
    if _FILE_FOR_FORM.search(sentence):
        sentence += "; a file is written by --report FILE"
    return f"{sentence}; see {path} --help"


def _complain(sentence: str) -> None:
    say_sentence(sentence)
    _flush()


def _flush() -> None:
    try:
        sys.stderr.flush()
        sys.stdout.flush()
    except OSError:
        return


def _pipe_or(code: object) -> int:
    """Typer turns a closed standard output into SystemExit(1): tell it apart by trying again."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return int(ExitCode.SIGPIPE)
    return code if isinstance(code, int) else int(ExitCode.FAILURE)
