"""The process itself: how soon a single call is answered, how much memory many calls take."""

from __future__ import annotations

import functools
import math
import sys
from typing import TYPE_CHECKING, Final

from cases import Case
from measure import run
from tools import GRPCURL, RPCX, RPCX_PATH
from unary import METHOD, OURS, USUAL_IN_FLIGHT, Load, rpcx_command, rpcx_environment, rpcx_summary

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from cases import Sample

STARTUP: Final = "startup/one call, with reflection"
IMPORTS: Final = "python -c 'import typer, grpc, google.protobuf.json_format'"
CALLS: Final = (10_000, 100_000, 1_000_000)

_RUNS: Final = 10
"""At least so many of each."""


def startup_case(address: str, programs: dict[str, Path], rounds: int) -> Case:
    """A one-shot call beside the bare imports and beside grpcurl, in so many rounds."""
    data = '{"name":"x"}'
    commands: dict[str, list[str | Path]] = {
        OURS: [*RPCX, "call", address, METHOD, "--plaintext", "-d", data],
        IMPORTS: [sys.executable, "-c", "import typer, grpc, google.protobuf.json_format"],
    }
    if (grpcurl := programs.get(GRPCURL.title)) is not None:
        commands[GRPCURL.title] = [grpcurl, "-plaintext", "-d", data, address, METHOD]
    runs: dict[str, Callable[[], Sample]] = {
        name: functools.partial(_once, command) for name, command in commands.items()
    }
    return Case(STARTUP, runs, repeat=max(math.ceil(_RUNS / rounds), 4))


def _once(command: list[str | Path]) -> Sample:
    done = run(command, env=RPCX_PATH)
    return {"wall_ms": done.wall_s * 1e3, "cpu_ms": done.cpu_s * 1e3}


def memory_key(calls: int) -> str:
    """The case of so many calls."""
    return f"memory/{calls:,} calls"


def memory_cases(address: str, *, most: int) -> Iterator[Case]:
    """The peak memory of rpcx after more and more calls, up to `most`."""
    for calls in CALLS:
        if calls <= most:
            load = Load(address, calls, USUAL_IN_FLIGHT)
            yield Case(memory_key(calls), {OURS: functools.partial(_peak, load)}, once=True)


def _peak(load: Load) -> Sample:
    done = run(rpcx_command(load, "-o", "json"), env=rpcx_environment())
    rpcx_summary(done, load)
    return {"peak_mib": done.peak_bytes / (1 << 20), "wall_s": done.wall_s}
