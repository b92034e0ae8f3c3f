"""The command line as fixtures: run to its end, step by step, or on a terminal."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any, Final

import pytest
from processes import RunningCommand, Terminal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

COMMAND = (sys.executable, "-m", "rpcx")
TIMEOUT_S = 60.0


@dataclasses.dataclass(frozen=True)
class Result:
    """How a run of rpcx ended.

    Attributes:
        code: The exit status; minus the number of the signal that killed it.
        raw: Standard output as it came.
        err: Standard error, as text.
    """

    code: int
    raw: bytes
    err: str

    @property
    def out(self) -> str:
        """Standard output as text; bytes that are no UTF-8 show as backslash escapes."""
        return self.raw.decode(errors="backslashreplace")

    @property
    def lines(self) -> list[str]:
        """The lines of standard output."""
        return self.out.splitlines()

    @property
    def json(self) -> Any:
        """Standard output as one JSON document."""
        return json.loads(self.raw)

    @property
    def documents(self) -> list[Any]:
        """Standard output as JSON documents, one a line."""
        return [json.loads(line) for line in self.raw.splitlines()]


def _environment(env: Mapping[str, str] | None) -> dict[str, str]:
    """The environment without RPCX_ variables of whoever runs the tests, plus the given."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("RPCX_")}
    return kept | dict(env or {})


@pytest.fixture
def rpcx() -> Callable[..., Result]:
    """A function that runs `rpcx ARGS...` to its end.

    Keywords: `input` (text or bytes for standard input; nothing unless given), `env`
    (variables to add), `timeout` (seconds, then the test fails), `cwd`.
    """

    def run(
        *args: str,
        input: str | bytes = b"",  # noqa: A002 - named as subprocess.run names it
        env: Mapping[str, str] | None = None,
        timeout: float = TIMEOUT_S,
        cwd: str | os.PathLike[str] | None = None,
    ) -> Result:
        done = subprocess.run(
            [*COMMAND, *args],
            input=input.encode() if isinstance(input, str) else input,
            capture_output=True,
            env=_environment(env),
            timeout=timeout,
            cwd=cwd,
            check=False,
        )
        return Result(done.returncode, done.stdout, done.stderr.decode(errors="backslashreplace"))

    return run


@pytest.fixture
def shell_line(tmp_path: Path) -> Callable[[str], Result]:
    """A function that runs a line as people paste it, in an empty folder, with `rpcx` and `jq`."""
    reads_json = "import json, sys; [json.loads(line) for line in sys.stdin]"
    for name, command in (("rpcx", "-m rpcx"), ("jq", f"-c '{reads_json}'")):
        shim = tmp_path / "bin" / name
        shim.parent.mkdir(exist_ok=True)
        shim.write_text(f'#!/bin/sh\nexec "{sys.executable}" {command} "$@"\n')
        shim.chmod(0o755)
    folder = tmp_path / "cwd"
    folder.mkdir()

    def run(line: str) -> Result:
        done = subprocess.run(
            ["bash", "-o", "pipefail", "-c", line],
            capture_output=True,
            check=False,
            cwd=folder,
            timeout=TIMEOUT_S,
            env=_environment({"PATH": f"{tmp_path / 'bin'}:{os.environ['PATH']}"}),
            stdin=subprocess.DEVNULL,
        )
        return Result(done.returncode, done.stdout, done.stderr.decode(errors="backslashreplace"))

    return run


@pytest.fixture
def rpcx_start() -> Iterator[Callable[..., RunningCommand]]:
    """A function that starts `rpcx ARGS...` on pipes, to be talked with as it runs.

    Keyword: `env`. Whatever still runs at the end of the test is killed.
    """
    with contextlib.ExitStack() as running:

        def start(*args: str, env: Mapping[str, str] | None = None) -> RunningCommand:
            return running.enter_context(RunningCommand([*COMMAND, *args], _environment(env)))

        yield start


@pytest.fixture
def rpcx_tty() -> Iterator[Callable[..., Terminal]]:
    """A function that starts `rpcx ARGS...` on a pseudo-terminal of its own.

    Keywords: `rows`, `columns`, `env`, `stdin` and `stdout`, paths of files that take the
    place of the terminal there, and `nohup`, to start it with SIGHUP ignored. Whatever still
    runs at the end of the test is killed.
    """
    with contextlib.ExitStack() as running:

        def start(
            *args: str,
            rows: int = 24,
            columns: int = 80,
            env: Mapping[str, str] | None = None,
            stdin: str | os.PathLike[str] | None = None,
            stdout: str | os.PathLike[str] | None = None,
            nohup: bool = False,
        ) -> Terminal:
            terminal = Terminal(
                [*COMMAND, *args],
                _environment({"TERM": "xterm-256color"} | dict(env or {})),
                size=(rows, columns),
                stdin=stdin,
                stdout=stdout,
                nohup=nohup,
            )
            return running.enter_context(terminal)

        yield start


SCRIPTED: Final = """\
syntax = "proto3";
package t;
message M { string text = 1; }
service S {
  rpc One(M) returns (M);
  rpc Many(stream M) returns (stream M);
}
"""


@pytest.fixture
def t_schema(tmp_path: Path) -> tuple[str, ...]:
    """The options for the schema `t.S` of scripted servers, which have no reflection."""
    (tmp_path / "t.proto").write_text(SCRIPTED)
    return "--proto", "t.proto", "--import-path", str(tmp_path)
