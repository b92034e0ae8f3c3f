"""Signals at random moments: each ends rpcx, restores the terminal and leaves no child.

By hand, for long: `python tests/support/signal_storm.py --times 200`. The suite runs a few.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import random
import signal
import sys
import tempfile
import time
import uuid
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from processes import RunningCommand, Terminal

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

HELLO: Final = "helloworld.Greeter/SayHello"
ECHO: Final = "grpc.examples.echo.Echo"
SIGNALS: Final = tuple(
    signal.Signals(number)
    for number in (
        signal.SIGHUP, signal.SIGINT, signal.SIGTERM, signal.SIGQUIT, signal.SIGPIPE,
        signal.SIGUSR1, signal.SIGUSR2, signal.SIGALRM,
    )
)  # fmt: skip
LATEST_S: Final = 1.5
"""When the signal comes, after the start of the program, at the latest."""

ENDS_WITHIN_S: Final = 20.0
_MARK: Final = "RPCX_SIGNAL_STORM"
_MODES: Final[dict[str, tuple[bool, tuple[str, ...]]]] = {
    "call": (False, ("call", "demo", HELLO, "-z", "300s", "-c", "5", "-o", "record")),
    "open loop": (False, ("call", "demo", HELLO, "-z", "300s", "-r", "500", "-o", "json")),
    "slow call": (False, ("call", "demo?delay=60s", HELLO, "--drain", "1s", "-t", "300s")),
    "stalled reader": (False, ("call", "demo", HELLO, "-z", "300s", "-c", "5", "-o", "record")),
    "panel": (True, ("call", "demo", HELLO, "-z", "300s", "-c", "5")),
    "stream": (False, ("stream", "demo?delay=60s", f"{ECHO}/ServerStreamingEcho", "-o", "record")),
    "bidi": (False, ("stream", "demo", f"{ECHO}/BidirectionalStreamingEcho", "-d", "@-")),
    "prompt": (True, ("stream", "demo", f"{ECHO}/BidirectionalStreamingEcho")),
    "serve": (False, ("serve", "--port", "0")),
    "serve on a terminal": (True, ("serve", "--port", "0")),
    "processes": (
        False,
        ("call", "demo", HELLO, "-z", "300s", "-c", "4", "--processes", "2", "-o", "json"),
    ),
    "list": (False, ("list", "demo?delay=1s")),
    "describe": (False, ("describe", "demo", HELLO)),
    "report": (False, ("report", "{report}")),
}
"""For each mode, whether it has a terminal, and its arguments."""

MODES: Final = tuple(_MODES)


class Moment(NamedTuple):
    """One signal at one moment.

    Attributes:
        mode: What rpcx was doing, of `MODES`.
        number: The signal.
        after_s: How long after the start of the program it came.
    """

    mode: str
    number: signal.Signals
    after_s: float

    def __str__(self) -> str:
        """The moment in words."""
        return f"{self.mode}: {self.number.name} after {self.after_s:.3f} s"


class Ending(NamedTuple):
    """What a signal led to.

    Attributes:
        code: The exit status; minus the number of a signal that killed it; None if it hangs.
        took_s: How long that took.
        raw: Whether the terminal was left raw.
        left: Processes that it left.
        err: What it wrote on standard error, or the terminal.
    """

    code: int | None
    took_s: float
    raw: bool
    left: tuple[int, ...]
    err: str

    def fault(self, number: int) -> str:
        """Return what is wrong with it; empty for nothing."""
        if self.code is None:
            return f"it hangs ({self.err!r})"
        # A command that had done its work just before is right too.
        if self.code not in (128 + number, -number, 0):
            return f"it ended with {self.code} ({self.err!r})"
        if self.raw:
            return "the terminal is raw"
        if self.left:
            return f"it left the processes {self.left}"
        return "a traceback: " + self.err if "Traceback" in self.err else ""


def at_random(mode: str, chance: random.Random) -> Moment:
    """Return a moment for that mode."""
    return Moment(mode, chance.choice(SIGNALS), chance.uniform(0, LATEST_S))


def try_out(moment: Moment, report: Path) -> Ending:
    """Run rpcx, send the signal at its moment, and look what became of it.

    Args:
        moment: The moment.
        report: A saved run, for `rpcx report`.
    """
    on_terminal, arguments = _MODES[moment.mode]
    command = [sys.executable, "-m", "rpcx", *[one.format(report=report) for one in arguments]]
    mark = uuid.uuid4().hex
    for number in SIGNALS:
        # What started the tests may have had some ignored, and programs inherit that.
        if number != signal.SIGPIPE and signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, signal.SIG_DFL)
    env = {key: value for key, value in os.environ.items() if not key.startswith("RPCX_")}
    env |= {_MARK: mark, "TERM": "xterm-256color"}
    with _started(command, env, on_terminal) as run:
        _await_main(run.pid)
        wait_until = time.monotonic() + moment.after_s
        # A reader that stalls takes what fills the pipe, and no more.
        while (left := wait_until - time.monotonic()) > 0:
            if moment.mode == "stalled reader":
                time.sleep(left)
            else:
                _pump(run, left)
        begun = time.monotonic()
        run.signal(moment.number)
        code = None
        while code is None and time.monotonic() < begun + ENDS_WITHIN_S:
            if moment.mode != "stalled reader":
                _pump(run, 0.02)
            else:
                time.sleep(0.02)
            code = run.poll()
        took_s = time.monotonic() - begun
        raw = isinstance(run, Terminal) and not run.is_canonical
        with contextlib.suppress(TimeoutError):
            while not run.ended:
                run.pump(0.2)
        err = run.err if isinstance(run, RunningCommand) else run.plain[-500:]
        return Ending(code, took_s, raw, _left(mark), err)


def _started(
    command: list[str], env: Mapping[str, str], on_terminal: bool
) -> Terminal | RunningCommand:
    return Terminal(command, env) if on_terminal else RunningCommand(command, env)


def _pump(run: Terminal | RunningCommand, seconds: float) -> None:
    if run.ended:
        time.sleep(min(seconds, 0.05))
        return
    with contextlib.suppress(TimeoutError):
        run.pump(seconds)


def _await_main(pid: int) -> None:
    """Wait until rpcx has the word: before that, a signal meets Python's own start."""
    while True:
        try:
            words = dict(
                line.split(":\t", 1)
                for line in Path(f"/proc/{pid}/status").read_text().splitlines()
                if line.startswith("Sig")
            )
        except OSError:
            return
        masks = {key: int(words[key], 16) for key in ("SigBlk", "SigIgn", "SigCgt")}
        pipe, interrupt = 1 << signal.SIGPIPE - 1, 1 << signal.SIGINT - 1
        if masks["SigBlk"] & pipe and masks["SigIgn"] & pipe and not masks["SigCgt"] & interrupt:
            return
        time.sleep(0.001)


def _left(mark: str) -> tuple[int, ...]:
    """Return the processes that have that mark, once they had the time to end."""
    give_up_at = time.monotonic() + 5.0
    while (left := tuple(_marked(mark))) and time.monotonic() < give_up_at:
        time.sleep(0.02)
    return left


def _marked(mark: str) -> Iterator[int]:
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                if mark.encode() in (entry / "environ").read_bytes():
                    yield int(entry.name)


def main() -> int:
    """Try moments out, as often as the command line says; return how many went wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=200, help="moments for each mode")
    parser.add_argument("--mode", action="append", choices=MODES, help="only these modes")
    parser.add_argument("--seed", type=int, default=None)
    given = parser.parse_args()
    seed = random.SystemRandom().randrange(10**9) if given.seed is None else given.seed
    chance, faults = random.Random(seed), 0  # noqa: S311 -- moments for a test
    write = sys.stdout.write
    write(f"seed {seed}\n")
    with tempfile.TemporaryDirectory() as folder:
        report = saved_run(Path(folder))
        for mode in given.mode or MODES:
            codes: Counter[int | None] = Counter()
            slowest = 0.0
            for _ in range(given.times):
                moment = at_random(mode, chance)
                ending = try_out(moment, report)
                codes[ending.code] += 1
                slowest = max(slowest, ending.took_s)
                fault = ending.fault(moment.number)
                if fault:
                    faults += 1
                    write(f"  {moment}: {fault}\n")
            counts = ", ".join(f"{code}: {n}" for code, n in sorted(codes.items(), key=str))
            write(f"{mode}: {given.times} times, slowest {slowest:.2f} s; {counts}\n")
            sys.stdout.flush()
    write(f"{faults} went wrong\n")
    return min(faults, 100)


def saved_run(folder: Path) -> Path:
    """Return a report of a run, made in that folder."""
    path = folder / "run.json"
    arguments = ["call", "demo", HELLO, "-n", "200", "-o", "none", "--report", str(path)]
    with RunningCommand([sys.executable, "-m", "rpcx", *arguments], os.environ) as run:
        assert run.wait() == 0, run.err
    return path


if __name__ == "__main__":
    sys.exit(main())
