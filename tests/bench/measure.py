"""One run of one program: how long, how much processor time, how much memory.

Processor time and memory are what the kernel accounted to that child, and to the children
it waited for, when it ended (`wait4`): the server's and the benchmark's own are in neither.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

TIMEOUT_S: Final = 600.0
"""A run that takes longer hangs."""

_NULL: Final = Path(os.devnull)
_CHUNK: Final = 1 << 20
_KIB: Final = 1024
_DROPPED: Final = ("RPCX_", "GRPC_", "GHZ_", "PYTHONDONTWRITEBYTECODE")
"""Settings of the tools in the user's environment would make the run another one; an installed
rpcx has its bytecode."""


class RunFailedError(Exception):
    """A program did not do what was asked; the message says which and how."""


@dataclass(frozen=True, slots=True)
class Run:
    """What one run of a program took.

    Attributes:
        wall_s: From just before it was started until it had ended, in seconds.
        cpu_s: User and system time together, in processor seconds.
        peak_bytes: Its largest resident set.
        stdout: What it printed; empty where that was discarded or only counted.
    """

    wall_s: float
    cpu_s: float
    peak_bytes: int
    stdout: bytes = b""


@dataclass(frozen=True, slots=True)
class Lines:
    """Lines that came through a pipe.

    Attributes:
        count: How many.
        per_s: Rate between the first and the last piece read; the first is not in it.
    """

    count: int
    per_s: float


def run(
    arguments: Sequence[str | Path],
    *,
    env: dict[str, str] | None = None,
    stdin: Path | None = None,
    stderr: int | None = None,
    keep: bool = True,
) -> Run:
    """Run a program to its end.

    Args:
        arguments: The program and its arguments.
        env: Variables to set beside those of `environment()`.
        stdin: A file to read from; nothing by default.
        stderr: A file descriptor for standard error; what is written there is not told.
        keep: Whether to hand back standard output; else it goes to /dev/null.

    Raises:
        RunFailedError: It ended with another exit status than 0, or not in time.
    """
    with (
        (stdin or _NULL).open("rb") as source,
        tempfile.TemporaryFile() as out,
        tempfile.TemporaryFile() as err,
    ):
        child = _Child(arguments, env, source, out if keep else subprocess.DEVNULL, err, to=stderr)
        wall_s, cpu_s, peak_bytes = child.wait()
        out.seek(0)
        return Run(wall_s, cpu_s, peak_bytes, out.read())


def run_into_pipe(
    arguments: Sequence[str | Path], *, env: dict[str, str] | None = None
) -> tuple[Run, Lines]:
    """Run a program to its end while its lines are read from a pipe, and count them.

    Raises:
        RunFailedError: As for `run`, or nothing came.
    """
    with _NULL.open("rb") as source, tempfile.TemporaryFile() as err:
        child = _Child(arguments, env, source, subprocess.PIPE, err)
        pipe = child.stdout
        with pipe:
            first = os.read(pipe.fileno(), _CHUNK).count(b"\n")
            began = ended = time.perf_counter()
            count = first
            while chunk := os.read(pipe.fileno(), _CHUNK):
                count += chunk.count(b"\n")
                ended = time.perf_counter()
        wall_s, cpu_s, peak_bytes = child.wait()
    if ended <= began:
        raise RunFailedError(f"{child.name}: all {count} lines came at once; ask for more")
    return Run(wall_s, cpu_s, peak_bytes), Lines(count, (count - first) / (ended - began))


def environment(extra: dict[str, str] | None = None) -> dict[str, str]:
    """The variables a measured program gets: the user's without settings of tools and proxies."""
    kept = {
        key: value
        for key, value in os.environ.items()
        if not key.startswith(_DROPPED) and not key.lower().endswith("_proxy")
    }
    return kept | (extra or {})


class _Child:
    """A started program; `wait` collects it and what it used."""

    def __init__(
        self,
        arguments: Sequence[str | Path],
        env: dict[str, str] | None,
        stdin: IO[bytes],
        stdout: IO[bytes] | int,
        stderr: IO[bytes],
        to: int | None = None,
    ) -> None:
        self.name = " ".join(map(str, arguments))[:120]
        self._stderr = stderr
        self._began = time.perf_counter()
        self._process = subprocess.Popen(
            arguments,
            env=environment(env),
            stdin=stdin,
            stdout=stdout,
            stderr=stderr if to is None else to,
            start_new_session=True,
        )
        self._limit = threading.Timer(TIMEOUT_S, self._process.kill)
        self._limit.daemon = True
        self._limit.start()

    @property
    def stdout(self) -> IO[bytes]:
        """The pipe it writes to."""
        pipe = self._process.stdout
        assert pipe is not None
        return pipe

    def wait(self) -> tuple[float, float, int]:
        """Wall seconds, processor seconds and peak bytes, once it has ended.

        Raises:
            RunFailedError: It ended with another exit status than 0.
        """
        try:
            _, status, usage = os.wait4(self._process.pid, 0)
        except BaseException:  # an interrupt: the child, in a session of its own, got none
            self._process.kill()
            raise
        finally:
            self._limit.cancel()
        wall_s = time.perf_counter() - self._began
        # Popen is told, lest it look for a child that is gone.
        self._process.returncode = os.waitstatus_to_exitcode(status)
        if self._process.returncode:
            self._stderr.seek(0)
            said = self._stderr.read().decode(errors="replace").strip().rpartition("\n")[2][-400:]
            raise RunFailedError(
                f"{self.name}: exit status {self._process.returncode} after {wall_s:.1f} s: {said}"
            )
        return wall_s, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * _KIB
