"""`--processes`: several processes that are one run."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

HELLO = "helloworld.Greeter/SayHello"
ECHO = "grpc.examples.echo.Echo/UnaryEcho"


def started(address: str) -> dict[str, int]:
    """Handlers that began, by method, as the demo counted them."""
    from demo_client import DemoClient  # noqa: PLC0415 - grpc loads late in this file

    with DemoClient(address) as client:
        return {name: counts.started for name, counts in client.stats().methods.items()}


def balance(calls: dict[str, int]) -> None:
    """Counts of a run that is over."""
    assert calls["due"] == calls["not_started"] + calls["started"]
    assert calls["started"] == calls["ok"] + calls["failed"] + calls["cancelled"]


def test_together_they_make_the_calls_that_one_would(
    rpcx: Callable[..., Any], demo_with: Callable[..., str], tmp_path: Path
) -> None:
    """Each call once, by the server's own count; warm-up besides; each document in its turn."""
    address = demo_with()
    names = tmp_path / "names.csv"
    names.write_text("name\n" + "".join(f"n{index}\n" for index in range(7)))
    result = rpcx(
        "call", "-p", address, HELLO, "-d", f"@{names}", "--call", f'3:{ECHO}={{"message":"m"}}',
        "-n", "400", "-c", "8", "--processes", "4", "--warmup", "40", "-o", "json",
    )  # fmt: skip
    assert (result.code, result.err) == (0, "")
    summary = result.json
    assert summary["calls"]["due"] == summary["calls"]["ok"] == 400
    assert [summary["methods"][name]["calls"]["ok"] for name in (HELLO, ECHO)] == [100, 300]
    assert started(address) == {HELLO: 110, ECHO: 330}
    assert summary["client"]["cpu_s"] > 0
    balance(summary["calls"])


def test_an_open_loop_keeps_its_rate(rpcx: Callable[..., Any], demo_server: str) -> None:
    """At 200 a second a second and a half has 300 calls, whatever the processes."""
    result = rpcx(
        "call", "-p", demo_server, HELLO, "-r", "200", "-z", "1.5s", "--processes", "3", "-o",
        "json",
    )  # fmt: skip
    assert (result.json["calls"]["due"], result.json["end_reason"]) == (300, "duration")
    assert result.json["duration_s"] > 1.4
    balance(result.json["calls"])


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)], ids=["INT", "TERM"]
)
@pytest.mark.parametrize("pace", [(), ("-r", "300")], ids=["closed", "open"])
def test_a_signal_stops_them_all(
    rpcx_start: Callable[..., Any],
    demo_with: Callable[..., str],
    number: int,
    code: int,
    pace: tuple[str, ...],
) -> None:
    """What is in flight is waited for, the report is printed, and counts balance."""
    address = demo_with(delay=0.02)
    run = rpcx_start(
        "call", "-p", address, HELLO, "-z", "300s", "-c", "6", "--processes", "2", "-o", "json",
        *pace,
    )  # fmt: skip
    while started(address).get(HELLO, 0) < 20:
        pass
    run.signal(number)
    assert run.wait() == code
    summary = json.loads(run.seen)
    assert summary["end_reason"] == "interrupted"
    assert summary["calls"]["ok"] >= 14
    assert summary["calls"]["failed"] == summary["calls"]["cancelled"] == 0
    assert summary["calls"]["started"] == started(address)[HELLO]
    balance(summary["calls"])


def test_a_second_signal_ends_all_at_once(
    rpcx_start: Callable[..., Any], demo_with: Callable[..., str]
) -> None:
    """Calls that will not end are left by the second, and no process stays behind."""
    address = demo_with(delay=300)
    run = rpcx_start(
        "call", "-p", address, HELLO, "-z", "300s", "-t", "300s", "--drain", "300s", "-c", "2",
        "--processes", "2",
    )  # fmt: skip
    while started(address).get(HELLO, 0) < 2:
        pass
    workers = children(run.pid)
    assert len(workers) == 2
    run.signal(signal.SIGINT)
    run.signal(signal.SIGTERM)
    # Where both are pending at once, the kernel runs the handler of the later one first.
    assert run.wait() in (130, 143)
    while any(alive(pid) for pid in workers):
        pass


def test_a_process_that_dies_is_told(
    rpcx_start: Callable[..., Any], demo_with: Callable[..., str], tmp_path: Path
) -> None:
    """One that is killed ends the run with a sentence; the others are not left behind.

    The numbers are those that were reported until then, and say that the run ended by an error.
    """
    report = tmp_path / "run.json"
    address = demo_with(delay=0.02)
    run = rpcx_start(
        "call", "-p", address, HELLO, "-z", "300s", "-c", "2", "--processes", "2", "-o", "json",
        "--report", str(report),
    )  # fmt: skip
    while started(address).get(HELLO, 0) < 50:
        pass
    first, _ = workers = children(run.pid)
    os.kill(first, signal.SIGKILL)
    assert run.wait() == 1
    assert "a process of --processes was killed by SIGKILL; what it had not yet" in run.err
    for summary in (json.loads(run.seen), json.loads(report.read_bytes())):
        assert summary["end_reason"] == "error"
        assert summary["calls"]["ok"] >= 10
        balance(summary["calls"])
    while any(alive(pid) for pid in workers):
        pass


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("--processes", "0"), "--processes 0 is below 1"),
        (("--processes", "3", "-c", "2"), "3 connections"),
        (("--processes", "3", "-c", "9", "--connections", "2"), "is less than --processes 3"),
        (("--processes", "2", "-c", "2", "-d", "@-"), "cannot share standard input"),
        (
            ("--processes", "2", "-c", "2", "-n", "2", "-o", "record"),
            "-o record prints each result",
        ),
    ],
)
def test_what_cannot_be(rpcx: Callable[..., Any], args: tuple[str, ...], words: str) -> None:
    """One sentence and exit status 2, before anything is connected."""
    result = rpcx("call", "127.0.0.1:1", HELLO, *args)
    assert (result.code, words in result.err) == (2, True)
    assert result.err.count("\n") == 1


def test_what_one_of_them_cannot_do_is_told(rpcx: Callable[..., Any], demo_server: str) -> None:
    """A document that is no message is a sentence, as with one process."""
    result = rpcx(
        "call",
        "-p",
        demo_server,
        HELLO,
        "-d",
        '{"nme":1}',
        "-n",
        "4",
        "-c",
        "2",
        "--processes",
        "2",
    )
    assert result.code == 1
    assert '"nme" is no field of helloworld.HelloRequest' in result.err


def children(pid: int) -> list[int]:
    """The processes that one has started and that run a worker."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(path.read_text().rpartition(")")[2].split()[1])
            command = (path.parent / "cmdline").read_bytes()
        except OSError:
            continue
        if parent == pid and b"rpcx.cluster.worker" in command:
            found.append(int(path.parent.name))
    return found


def alive(pid: int) -> bool:
    """Whether a process runs; one that waits to be collected does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
