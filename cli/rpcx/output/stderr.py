"""Standard error: sentences for people, who may be gone."""

from __future__ import annotations

import os
import re
import sys
from typing import Final

from rpcx.output.terminal import is_terminal, width

_STDERR: Final = 2
_NARROWEST: Final = 40
_INDENT: Final = "  "
_WORD: Final = re.compile(r"(?<=write: )rpcx .*|(?:`[^`]*`|[^\s`]|`)+")
"""A word; a command line, between backquotes or at the end after "write:", is one: it is copied."""


def say(text: str) -> None:
    """Write whole lines at once; where nobody can read them any more, that is no error."""
    try:
        sys.stderr.write(text)
        sys.stderr.flush()
    except OSError:
        # Its buffer keeps what could not be written, and would fail again at exit.
        sys.stderr = open(os.devnull, "w")  # noqa: PTH123, SIM115 -- for as long as we run


def say_sentence(sentence: str) -> None:
    """Write one sentence of rpcx, and lines below it; a terminal gets it broken at words."""
    text = f"rpcx: {sentence}"
    say(f"{wrapped(text, width()) if is_terminal(_STDERR) else text}\n")


def wrapped(text: str, columns: int) -> str:
    """Return the text with no line longer than `columns`, where its words allow that.

    Each line keeps its own indent; what is continued is indented by two columns more. A command
    line, between backquotes or after "write:", is never broken: people copy it.
    """
    return "\n".join(_wrapped_line(line, max(columns, _NARROWEST)) for line in text.split("\n"))


def _wrapped_line(line: str, columns: int) -> str:
    if len(line) <= columns:
        return line
    indent = line[: len(line) - len(line.lstrip())]
    lines, now = [], indent
    for word in _WORD.findall(line):
        if now.strip() and len(now) + 1 + len(word) > columns:
            lines.append(now)
            now = indent + _INDENT + word
        else:
            now += f" {word}" if now.strip() else word
    return "\n".join([*lines, now])
