"""Options that several commands share, each declared once."""

from __future__ import annotations

import enum
import os
from typing import Annotated, overload

import typer


class Form(enum.StrEnum):
    """The forms of `-o/--output`."""

    MESSAGE = "message"
    RECORD = "record"
    SUMMARY = "summary"
    JSON = "json"
    NONE = "none"


class ListForm(enum.StrEnum):
    """The forms of `rpcx list -o`."""

    TEXT = "text"
    JSON = "json"


TargetArgument = Annotated[
    str,
    typer.Argument(
        metavar="TARGET",
        help="host:port, unix:/path, http://host:port, https://host:port, or demo.",
        show_default=False,
    ),
]
MethodArgument = Annotated[
    str | None,
    typer.Argument(
        metavar="METHOD",
        help="package.Service/Method or package.Service.Method.",
        show_default=False,
    ),
]
DataOption = Annotated[
    list[str] | None,
    typer.Option(
        "-d",
        "--data",
        metavar="JSON|@FILE|@-",
        help="Request data: JSON, @FILE, or @- for standard input; one message per document"
        " (repeatable).",
        show_default=False,
    ),
]
OutputOption = Annotated[
    Form | None,
    typer.Option(
        "-o",
        "--output",
        envvar="RPCX_OUTPUT",
        help="What to print: message in a pipe and for one call, else summary.",
        show_default=False,
    ),
]
QuietOption = Annotated[
    bool, typer.Option("-q", "--quiet", help="No panel and no remarks on standard error.")
]


@overload
def seconds(text: str, option: str) -> float: ...
@overload
def seconds(text: str | None, option: str) -> float | None: ...
def seconds(text: str | None, option: str) -> float | None:
    """The duration of an option in seconds; None where it was not given.

    Raises:
        UsageError: It is no duration.
    """
    from rpcx.words.durations import parse_duration

    return None if text is None else parse_duration(text, option)


def lines_of(variable: str) -> list[str]:
    """The values of a repeatable option from its environment variable, one a line.

    Typer would split them at spaces.
    """
    return [line for line in os.environ.get(variable, "").splitlines() if line.strip()]
