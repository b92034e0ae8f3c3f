"""Unary calls: calls/s as each tool reports them, and processor time for each call.

How many calls a run has follows from the rate of the run before: enough to last some
seconds. A short run before the first is not counted.
"""

from __future__ import annotations

import dataclasses
import functools
import json
import re
from typing import TYPE_CHECKING, Any, Final, Protocol

from cases import Case
from measure import Run, RunFailedError, run, run_into_pipe
from tools import GHZ, GHZ_2021, H2LOAD, RPCX, RPCX_PATH

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from cases import Sample

METHOD: Final = "helloworld.Greeter/SayHello"
OURS: Final = "rpcx"
OVER_GRPCIO: Final = "rpcx --transport grpc"
PROGRAMS: Final = (OURS, OVER_GRPCIO, GHZ.title, GHZ_2021.title, H2LOAD)

IN_FLIGHT: Final = (1, 10, 50, 200, 1000)
USUAL_IN_FLIGHT: Final = 50
SMALL: Final = 64
SIZES: Final = (SMALL, 4 << 10, 64 << 10)

_FEW: Final = 2_000
_MOST: Final = 1_000_000


@dataclasses.dataclass(frozen=True, slots=True)
class Load:
    """What one run asks of the server.

    Attributes:
        address: Where the server is.
        calls: In all.
        in_flight: At once, over one connection.
        size: Bytes of the request message.
        cacert: What a server with TLS is verified with; None is plaintext.
    """

    address: str
    calls: int
    in_flight: int
    size: int = SMALL
    cacert: Path | None = None

    @property
    def data(self) -> str:
        """The request as JSON."""
        return json.dumps({"name": "x" * (self.size - len(_field(self.size)))})


class Tool(Protocol):
    """A program that makes unary calls."""

    def __call__(self, load: Load) -> Sample:
        """Run it: `per_s`, `cpu_us` for each call, `cpu_s` in all, perhaps `p50_ms`."""
        ...


def key(in_flight: int, size: int = SMALL) -> str:
    """The case of so many calls in flight with messages of that many bytes."""
    return f"unary/{in_flight} in flight, {size} B"


USUAL: Final = key(USUAL_IN_FLIGHT)
SERIAL: Final = key(1)
TLS: Final = "tls/50 in flight, 64 B"
VARIED: Final = "headers/50 in flight, four headers that differ with every answer"
ONE_CALL: Final = "unary/one call"
RECORD: Final = "record/50 in flight, 64 B"


def unary_cases(
    address: str, programs: dict[str, Path], scratch: Path, seconds: float
) -> Iterator[Case]:
    """Calls/s at several concurrencies and sizes, and the processor time of a single call.

    Args:
        address: Where the server is.
        programs: The tools there are, by the names of `PROGRAMS`.
        scratch: A directory for request bodies.
        seconds: How long a run should last.
    """
    tools = _tools(programs, scratch)
    points = [(n, SMALL) for n in IN_FLIGHT] + [(USUAL_IN_FLIGHT, size) for size in SIZES[1:]]
    for in_flight, size in points:
        load = Load(address, max(_FEW, 5 * in_flight), in_flight, size)
        yield Case(
            key(in_flight, size),
            {
                name: Lasting(tool, load, seconds * _weight(name, load))
                for name, tool in tools.items()
            },
        )
    single = Load(address, 1, 1)
    yield Case(
        ONE_CALL,
        {name: functools.partial(tool, single) for name, tool in tools.items()},
        repeat=3,
        once=True,
    )


def usual_case(
    name: str,
    address: str,
    programs: dict[str, Path],
    scratch: Path,
    seconds: float,
    cacert: Path | None = None,
) -> Case:
    """Calls/s of every tool at the usual concurrency and size, against another server.

    Args:
        name: The key of the case.
        address: Where the server is.
        programs: The tools there are, by the names of `PROGRAMS`.
        scratch: A directory for request bodies.
        seconds: How long a run should last.
        cacert: What the server's certificate is verified with; None is plaintext.
    """
    load = Load(address, _FEW, USUAL_IN_FLIGHT, cacert=cacert)
    tools = _tools(programs, scratch)
    return Case(name, {name: Lasting(tool, load, seconds) for name, tool in tools.items()})


def _tools(programs: dict[str, Path], scratch: Path) -> dict[str, Tool]:
    tools: dict[str, Tool] = {
        OURS: functools.partial(rpcx, "wire"),
        OVER_GRPCIO: functools.partial(rpcx, "grpc"),
    }
    for name, path in programs.items():
        if name == H2LOAD:
            tools[name] = functools.partial(_h2load, path, scratch)
        elif name in PROGRAMS:
            tools[name] = functools.partial(_ghz, path)
    return tools


def _weight(program: str, load: Load) -> float:
    """How long a run lasts, compared with others.

    Where figures are to be reached, rpcx runs for longer, so that Python's start-up fades;
    h2load hardly has a start-up, and grpcio is of interest there above all.
    """
    usual = (load.in_flight, load.size) == (USUAL_IN_FLIGHT, SMALL)
    if program == OURS:
        return 3.5 if usual else 1.0
    if program == H2LOAD or (program == OVER_GRPCIO and not usual):
        return 0.5
    return 1.0


def record_case(address: str, seconds: float) -> Case:
    """A record line for each call, through a pipe, beside no output."""
    load = Load(address, _FEW, USUAL_IN_FLIGHT)
    return Case(
        RECORD,
        {
            "-o none": Lasting(functools.partial(rpcx, "wire"), load, seconds),
            "-o record": Lasting(_rpcx_records, load, seconds),
        },
    )


class Lasting:
    """A tool with as many calls as take so long, at the rate of its last run."""

    def __init__(self, tool: Tool, load: Load, seconds: float) -> None:
        self._tool = tool
        self._load = load
        self._seconds = seconds
        self._per_s = 0.0

    def __call__(self) -> Sample:
        load = self._load
        if not self._per_s:
            self._per_s = self._tool(load)["per_s"]
        calls = max(load.calls, min(_MOST, round(self._per_s * self._seconds)))
        sample = self._tool(dataclasses.replace(load, calls=calls))
        self._per_s = sample["per_s"]
        return sample


def rpcx_command(load: Load, *options: str) -> list[str]:
    """The `rpcx call` that makes this load."""
    counts = ["-n", str(load.calls), "-c", str(load.in_flight)]
    trust = ["--cacert", str(load.cacert)] if load.cacert else ["--plaintext"]
    return [*RPCX, "call", load.address, METHOD, *trust, "-d", load.data, *counts, *options]


def rpcx_environment(transport: str = "wire") -> dict[str, str]:
    """The variables that choose this checkout's rpcx and how it drives gRPC."""
    return {**RPCX_PATH, "RPCX_TRANSPORT": transport}


def rpcx_summary(done: Run, load: Load) -> dict[str, Any]:
    """The summary that rpcx printed.

    Raises:
        RunFailedError: Not every call was OK.
    """
    summary: dict[str, Any] = json.loads(done.stdout)
    if summary["calls"]["ok"] != load.calls:
        raise RunFailedError(f"rpcx: {summary['calls']} of {load.calls}")
    return summary


def rpcx(transport: str, load: Load) -> Sample:
    """Run rpcx with a transport, statistics and no output but the summary at the end."""
    done = run(rpcx_command(load, "-o", "json"), env=rpcx_environment(transport))
    summary = rpcx_summary(done, load)
    if summary["client"]["transport"] != transport:
        raise RunFailedError(f"rpcx ran on {summary['client']['transport']}, not {transport}")
    return sample_of(done, load, summary["throughput_per_s"], summary["latency_ms"]["p50"])


def _rpcx_records(load: Load) -> Sample:
    done, lines = run_into_pipe(rpcx_command(load, "-o", "record"), env=rpcx_environment())
    if lines.count != load.calls:
        raise RunFailedError(f"rpcx -o record: {lines.count} lines for {load.calls} calls")
    return sample_of(done, load, lines.per_s)


def _ghz(path: Path, load: Load) -> Sample:
    """Run ghz; its one-line output format has full precision and no line for each call."""
    done = run(
        [
            path,
            *(("--cacert", load.cacert) if load.cacert else ("--insecure",)),
            "--call",
            METHOD,
            "-d",
            load.data,
            "-n",
            str(load.calls),
            "-c",
            str(min(load.in_flight, load.calls)),
            "-O",
            "influx-summary",
            load.address,
        ]
    )
    # The request and the options come first, the measurements from the last blank on.
    text = done.stdout.decode().split(" count=")[-1]
    numbers = {name: float(_number(rf"\b{name}=([\d.]+)", "count=" + text)) for name in _GHZ}
    if numbers["count"] != load.calls or numbers["errors"]:
        raise RunFailedError(f"ghz: {numbers} for {load.calls} calls")
    return sample_of(done, load, numbers["rps"], numbers["median"] / 1e6)


_GHZ: Final = ("count", "errors", "rps", "median")


def _h2load(path: Path, scratch: Path, load: Load) -> Sample:
    """Run h2load with the framed request as its body."""
    message = _field(load.size) + json.loads(load.data)["name"].encode()
    body = scratch / f"body-{load.size}"
    body.write_bytes(b"\0" + len(message).to_bytes(4) + message)
    done = run(
        [
            path,
            "-n",
            str(load.calls),
            "-c",
            "1",
            "-m",
            str(load.in_flight),
            "-d",
            body,
            "-H",
            "content-type: application/grpc",
            "-H",
            "te: trailers",
            f"http{'s' if load.cacert else ''}://{load.address}/{METHOD}",
        ]
    )
    text = done.stdout.decode()
    if int(_number(r"(\d+) succeeded", text)) != load.calls:
        raise RunFailedError(f"h2load: {_number(r'(requests: .*)', text)}")
    return sample_of(done, load, float(_number(r"([\d.]+) req/s", text)))


def _number(pattern: str, text: str) -> str:
    found = re.search(pattern, text)
    if found is None:
        raise RunFailedError(f"nothing like {pattern} in {text[-400:]!r}")
    return found[1]


def sample_of(done: Run, load: Load, per_s: float, p50_ms: float | None = None) -> Sample:
    """The numbers of a run, with the rate that the tool reported."""
    sample = {
        "per_s": per_s,
        "cpu_us": done.cpu_s / load.calls * 1e6,
        "cpu_s": done.cpu_s,
        "wall_s": done.wall_s,
        "calls": load.calls,
    }
    return sample if p50_ms is None else sample | {"p50_ms": p50_ms}


def _field(size: int) -> bytes:
    """Tag and length of the one string field of a message that has `size` bytes in all."""
    for digits in (1, 2, 3):
        length = size - 1 - digits
        if length < 1 << (7 * digits):
            groups = [length >> (7 * digit) & 0x7F for digit in range(digits)]
            return b"\x0a" + bytes([*(group | 0x80 for group in groups[:-1]), groups[-1]])
    raise AssertionError(size)
