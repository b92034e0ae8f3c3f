"""Options that several commands share, each declared once."""

from __future__ import annotations

from typing import Annotated, overload

from rpcx.config.option import Argument, Group, Option, Variable, any_of
from rpcx.output.forms import Form

TargetArgument = Annotated[
    str,
    Argument("TARGET", "host:port, unix:/path, http://host:port, https://host:port, or demo."),
]
DataOption = Annotated[
    list[str] | None,
    Option(
        "Request data: JSON, @FILE, or @- for standard input; one message per document"
        " (repeatable).",
        "JSON|@FILE|@-",
        short="-d",
        variable_is=Variable.NONE,
        also_file=("data-file", "D"),
    ),
]
OutputOption = Annotated[
    Form | None,
    Option(
        f"Print {any_of(Form)}.",
        "FORM",
        short="-o",
        default="message in a pipe and for one call, else summary",
    ),
]
QuietOption = Annotated[
    bool,
    Option(
        "Show no live view, no remarks and no summary on standard error.",
        short="-q",
        group=Group.OUTPUT,
    ),
]


@overload
def seconds(text: str, option: str) -> float: ...
@overload
def seconds(text: str | None, option: str) -> float | None: ...
def seconds(text: str | None, option: str) -> float | None:
    """Return the duration of an option in seconds; None where it was not given.

    Raises:
        UsageError: It is not a duration.
    """
    from rpcx.words.durations import parse_duration

    return None if text is None else parse_duration(text, option)
