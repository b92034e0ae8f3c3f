"""An open loop: whether calls start at the rate asked for, and how late."""

from __future__ import annotations

import functools
import json
from typing import TYPE_CHECKING, Final

from cases import Case
from measure import RunFailedError, run
from tools import RPCX
from unary import METHOD, OURS, rpcx_environment

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cases import Sample

RATES: Final = (100, 1_000, 5_000, 20_000)


def rate_key(rate: int) -> str:
    """The case of that many calls due each second."""
    return f"open/{rate:,} calls/s"


def open_loop_cases(address: str, seconds: float) -> Iterator[Case]:
    """Run rpcx at each rate, for so many seconds."""
    for rate in RATES:
        yield Case(rate_key(rate), {OURS: functools.partial(_paced, address, rate, seconds)})


def _paced(address: str, rate: int, seconds: float) -> Sample:
    pace = ["-r", str(rate), "-z", f"{seconds:g}s"]
    done = run(
        [*RPCX, "call", address, METHOD, "--plaintext", "-d", '{"name":"x"}', *pace, "-o", "json"],
        env=rpcx_environment(),
    )
    summary = json.loads(done.stdout)
    calls, late = summary["calls"], summary["client"]["late_start_ms"]
    # One that was due and not started is missing from the rate: it is no failed run.
    if calls["ok"] != calls["started"]:
        raise RunFailedError(f"rpcx -r {rate}: {calls}")
    # n calls have n - 1 gaps; the duration runs to the last reply, a little past the last start.
    achieved = (calls["started"] - 1) / summary["duration_s"]
    return {
        "asked_per_s": rate,
        "achieved_per_s": achieved,
        "off_percent": abs(achieved / rate - 1) * 100,
        "late_p50_ms": late["p50"],
        "late_p99_ms": late["p99"],
        "cpu_us": done.cpu_s / calls["started"] * 1e6,
    }
