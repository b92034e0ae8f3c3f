"""The one place where an exception becomes a sentence and an exit status."""

from __future__ import annotations

import os
import re
import sys
from typing import TYPE_CHECKING, Any, Final, NoReturn

import typer

from rpcx.commands.options.arguments import in_order, retyped, spelt
from rpcx.commands.parsing import OneCommand, all_commands
from rpcx.errors import ExitCode, RpcxError, WrongCommandError
from rpcx.output.stderr import say_sentence
from rpcx.output.stdout import ReaderGoneError
from rpcx.runs.interrupts import AbandonedError

if TYPE_CHECKING:
    from rpcx.commands.parsing import AllCommands

_FILE_FOR_FORM: Final = re.compile(r"'--output'.*: '[^']*\.\w+' is not one of")
"""The error of `-o out.json`, which is how ghz is told to write a file."""


def run() -> NoReturn:
    """Run the app with the arguments of this process, and exit."""
    sys.exit(_run(sys.argv[1:]))


def _run(arguments: list[str]) -> int:
    commands = all_commands()
    try:
        arguments = in_order(arguments, commands.commands)
        if "_RPCX_COMPLETE" in os.environ:  # a shell asks: see `rpcx completion`
            from typer.completion import completion_init  # type: ignore[attr-defined] # no __all__

            completion_init()
        else:
            arguments = spelt(arguments, commands.options_of(*arguments[:1]))
        outcome: Any = commands(args=arguments, prog_name="rpcx", standalone_mode=False)
    except RpcxError as error:
        _complain(_sentence(error, arguments, commands))
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


def _sentence(error: RpcxError, arguments: list[str], commands: AllCommands) -> str:
    if not isinstance(error, WrongCommandError):
        return str(error)
    own, other = commands.options_of(arguments[0]), commands.options_of(error.command)
    return f"{error}; write: {retyped(arguments, own, error.command, other)}"


def _usage_sentence(error: Any) -> str:
    sentence = error.format_message().rstrip(".")
    context = getattr(error, "ctx", None)
    parameter = getattr(error, "param", None)
    if parameter is not None and context is not None and isinstance(context.command, OneCommand):
        sentence += context.command.origin(context, parameter.opts)
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
    """Return the exit status: Typer makes SystemExit(1) of a closed standard output, too."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return int(ExitCode.SIGPIPE)
    return code if isinstance(code, int) else int(ExitCode.FAILURE)
