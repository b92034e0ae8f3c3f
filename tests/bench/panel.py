"""What the live panel costs: the same calls with it and without, on a terminal both times."""

from __future__ import annotations

import functools
import os
import pty
import threading
from typing import TYPE_CHECKING, Final

from cases import Case
from measure import RunFailedError, run
from unary import (
    USUAL_IN_FLIGHT,
    Lasting,
    Load,
    rpcx_command,
    rpcx_environment,
    rpcx_summary,
    sample_of,
)

if TYPE_CHECKING:
    from cases import Sample

PANEL: Final = "panel/50 in flight, 64 B"
WITH: Final = "with the panel"
WITHOUT: Final = "--quiet"

_CALLS: Final = 2_000
_TERMINAL: Final = {"TERM": "xterm-256color", "COLUMNS": "80", "LINES": "24"}


def panel_case(address: str, seconds: float) -> Case:
    """Calls/s and the tail of the latency with the panel beside --quiet.

    Args:
        address: Where the server is.
        seconds: How long a run should last.
    """
    load = Load(address, _CALLS, USUAL_IN_FLIGHT)
    return Case(
        PANEL,
        {
            WITHOUT: Lasting(functools.partial(_on_terminal, ("--quiet",)), load, seconds),
            WITH: Lasting(functools.partial(_on_terminal, ()), load, seconds),
        },
    )


def _on_terminal(options: tuple[str, ...], load: Load) -> Sample:
    """Run rpcx with standard error on a pseudo-terminal that somebody reads."""
    screen, terminal = pty.openpty()
    drawn: list[int] = []

    def read() -> None:
        try:
            while piece := os.read(screen, 1 << 16):
                drawn.append(len(piece))
        except OSError:  # EIO: nobody has the terminal open any more
            return

    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    command = rpcx_command(load, "-o", "json", *options)
    environment = rpcx_environment() | _TERMINAL
    try:
        done = run(command, env=environment, stderr=terminal)
    finally:
        os.close(terminal)
        reader.join(5.0)
        os.close(screen)
    summary = rpcx_summary(done, load)
    if bool(drawn) == bool(options):
        raise RunFailedError(f"rpcx {' '.join(options)}: {sum(drawn)} bytes on the terminal")
    sample = sample_of(done, load, summary["throughput_per_s"], summary["latency_ms"]["p50"])
    return sample | {"p99_9_ms": summary["latency_ms"]["p99.9"]}
