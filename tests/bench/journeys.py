"""Which files of rpcx a command passes through: `python tests/bench/journeys.py`.

It counts functions that are called in the process that was started, whatever their thread: the
files that they are in, those of them in commands/, and calls from one file into another. What an
import runs (a module's or a class's body) is not a call. The last column has the files after a
command has handed its plan to the one function that carries it out.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

if TYPE_CHECKING:
    from types import FrameType

PACKAGE: Final = Path(__file__).parents[2] / "cli" / "rpcx"
HELLO: Final = "helloworld.Greeter/SayHello"
JOURNEYS: Final = (
    ("call", "demo", HELLO, "-o", "message"),
    ("stream", "demo", "helloworld.Greeter/SayHelloBidiStream", "-d", '{{"name":"a"}}'),
    ("call", "demo", HELLO, "-n", "20", "--fail-if", "p99>2s", "-o", "summary"),
    ("call", "demo", HELLO, "-n", "20", "-o", "none", "--report", "{}/run.json"),
    ("describe", "demo", "routeguide.RouteNote"),
    ("call", "demo", HELLO, "-n", "200", "-c", "4", "--processes", "2"),
)
CARRIED_OUT: Final = ("make_calls", "drive_streams")
"""The functions of console/ that are handed a plan."""
AROUND: Final = ("__main__.py", "app.py", "commands/parsing.py")
"""What has called the command, and is still there when it returns."""

_OF_FUNCTIONS: Final = 1  # CO_OPTIMIZED: neither a module's body nor a class's


class Journey(NamedTuple):
    """What one command has passed through.

    Attributes:
        files: Files with a function that was called.
        crossings: Calls from one file into another.
        after: Files after the plan was handed over; empty for a command that makes none.
    """

    files: list[str]
    crossings: int
    after: list[str]


def journey(*arguments: str) -> Journey:
    """Run a command in a process of its own, and return what it has passed through."""
    reader, writer = os.pipe()
    with os.fdopen(reader) as found:
        child = subprocess.Popen(
            [sys.executable, __file__, str(writer), *arguments],
            pass_fds=[writer],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(writer)
        with child:
            return Journey(*json.load(found))


def _count(descriptor: int, arguments: list[str]) -> None:
    """Run a command in this process, and write what it has passed through."""
    files: set[str] = set()
    after: set[str] = set()
    crossings, handed_over = 0, False
    prefix = f"{PACKAGE}{os.sep}"

    def note(frame: FrameType, event: str, _argument: Any) -> None:
        nonlocal crossings, handed_over
        code = frame.f_code
        path = code.co_filename
        if event != "call" or not path.startswith(prefix) or not code.co_flags & _OF_FUNCTIONS:
            return
        handed_over = handed_over or code.co_name in CARRIED_OUT
        name = path.removeprefix(prefix)
        files.add(name)
        if handed_over and name not in AROUND:
            after.add(name)
        before = frame.f_back.f_code.co_filename if frame.f_back else ""
        crossings += before != path and before.startswith(prefix)

    sys.path.insert(0, str(PACKAGE.parent))
    sys.argv = ["rpcx", *arguments]
    from rpcx.__main__ import main  # noqa: PLC0415 -- this very tree's

    threading.setprofile(note)
    sys.setprofile(note)
    try:
        main()
    finally:
        sys.setprofile(None)
        with os.fdopen(descriptor, "w") as out:
            json.dump([sorted(files), crossings, sorted(after)], out)


def _table() -> str:
    lines = [
        "| command | files | of commands/ | crossings | after its plan | of commands/ |",
        "| --- | ---: | ---: | ---: | ---: | ---: |",
    ]
    with tempfile.TemporaryDirectory() as folder:
        for arguments in JOURNEYS:
            found = journey(*(word.format(folder) for word in arguments))
            own, late = (
                sum(name.startswith("commands/") for name in files)
                for files in (found.files, found.after)
            )
            shown = " ".join(arguments).format("…")
            lines.append(
                f"| `{shown}` | {len(found.files)} | {own} | {found.crossings} |"
                f" {len(found.after) or '–'} | {late} |"
            )
    return "\n".join(lines)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        _count(int(sys.argv[1]), sys.argv[2:])
    else:
        sys.stdout.write(f"{_table()}\n")
