"""A server that goes away in the middle of a run: no form of it reads as a success.

`--rounds 10` repeats each case: the long form, which is run by hand.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import signal
import subprocess
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
from listening import listening_port
from unsteady import Unsteady

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

METHOD = "helloworld.Greeter/SayHello"
DURATION_S = 2.0
DRAIN_S = 0.5
SLACK_S = 1.5
"""What a loaded machine may add to the time of a run."""


class Case(NamedTuple):
    """One way to lose a server."""

    server: str
    fault: str
    loop: str
    transport: str


TRANSPORTS = ("wire", "grpc")
CASES = [
    Case(*parts)
    for parts in itertools.product(
        ("demo", "grpc-go"),
        ("kill", "refuse", "hang", "drop"),
        ("closed", "open"),
        TRANSPORTS,
    )
]
LOAD = {"closed": ("-c", "4"), "open": ("-r", "200")}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Repeat what takes a round as often as `--rounds` says."""
    if "number" in metafunc.fixturenames:
        metafunc.parametrize("number", range(metafunc.config.getoption("--rounds")))


@pytest.fixture
def serving(
    rpcx_start: Callable[..., Any], request: pytest.FixtureRequest
) -> Callable[[str], contextlib.AbstractContextManager[tuple[int, Callable[[], None]]]]:
    """A function from the name of a server to a context with its port and what kills it."""

    @contextlib.contextmanager
    def serve(name: str) -> Iterator[tuple[int, Callable[[], None]]]:
        if name == "demo":
            server = rpcx_start("serve", "--port", "0")
            address = server.read_line().split()[-1]
            yield int(address.rpartition(":")[2]), lambda: server.signal(signal.SIGKILL)
        else:
            binary = request.getfixturevalue("go_binary")("echoserver")
            with subprocess.Popen(
                [binary], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL
            ) as process:
                try:
                    yield listening_port(process), process.kill
                finally:
                    process.kill()

    return serve


@pytest.mark.parametrize("case", CASES, ids="-".join)
def test_a_lost_server_is_never_green(
    case: Case,
    number: int,  # noqa: ARG001 -- only repeats
    serving: Callable[..., Any],
    rpcx_start: Callable[..., Any],
    tmp_path: Path,
) -> None:
    """The run ends in time, is no success, and its numbers say what happened."""
    report = tmp_path / "run.json"
    with serving(case.server) as (port, kill), Unsteady(port) as proxy:
        address = f"127.0.0.1:{port if case.fault == 'kill' else proxy.port}"
        run = rpcx_start(
            "call", address, METHOD, "-p", *LOAD[case.loop], "-z", f"{DURATION_S}s",
            "--drain", f"{DRAIN_S}s", "-o", "record", "--report", str(report),
            env={"RPCX_TRANSPORT": case.transport},
        )  # fmt: skip
        run.read_until(b'"seq":10,')  # early: a slow machine has time left for the outage
        {"kill": kill, "refuse": proxy.refuse, "hang": proxy.hang, "drop": proxy.drop}[case.fault]()
        code = run.wait()
        found = json.loads(report.read_bytes())
    calls = found["calls"]
    assert code in {4, 64 + 14}, (code, calls)
    assert calls["failed"] + calls["cancelled"] > 0
    assert calls["due"] == calls["not_started"] + calls["started"]
    assert calls["started"] == calls["ok"] + calls["failed"] + calls["cancelled"]
    assert found["end_reason"] == "duration"
    assert found["duration_s"] < DURATION_S + DRAIN_S + SLACK_S
    assert DURATION_S - 0.1 <= found["due_s"] <= DURATION_S + SLACK_S
    answered = calls["ok"] + calls["failed"] - calls["drained"]
    assert found["throughput_per_s"] == pytest.approx(answered / found["due_s"], rel=0.01)
    if case.fault == "drop":  # nothing shows that nobody is there any more
        return
    assert found["disconnected_s"] > 0
    assert found["disconnected_s"] == pytest.approx(
        sum(outage["duration_s"] for outage in found["disconnected"]), abs=0.001
    )
    [outage] = found["disconnected"]
    assert outage["start_s"] + outage["duration_s"] == pytest.approx(
        found["duration_s"], abs=DRAIN_S + SLACK_S
    )
    # Until an attempt to connect has failed, the loss itself is the cause.
    causes: set[str | None] = {
        "connection refused", "connection reset", "the server closed the connection",
    }  # fmt: skip
    if case.fault == "hang":
        causes |= {"no answer to an attempt to connect", None}
    assert outage["cause"] in causes
    assert not {"late_start", "machine"} & set(found["client"]["limits"])
    if case.loop == "open" and case.fault != "hang":
        # What is due while attempts fail, fails: it neither waits nor is left out.
        assert calls["failed"] > 20
        assert calls["not_started"] == 0


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_a_total_does_not_hold_the_shell(
    rpcx_start: Callable[..., Any], serving: Callable[..., Any], transport: str
) -> None:
    """Calls of an open loop that are due without a server fail when they are due."""
    with serving("demo") as (port, _), Unsteady(port) as proxy:
        run = rpcx_start(
            "call", f"127.0.0.1:{proxy.port}", METHOD, "-p", "-r", "100", "-n", "200",
            "-o", "record", env={"RPCX_TRANSPORT": transport},
        )  # fmt: skip
        run.read_until(b'"seq":30,')
        proxy.refuse()
        assert run.wait(timeout=15) == 64 + 14
    records = [json.loads(line) for line in run.seen.splitlines()]
    assert len(records) == 200
    refused = [record for record in records if record["status"] == "UNAVAILABLE"]
    assert len(refused) > 100
    assert all("Connection refused" in record["error"]["message"] for record in refused[-50:])


def test_the_summary_and_the_conditions_speak_of_it(
    rpcx_start: Callable[..., Any],
    rpcx: Callable[..., Any],
    serving: Callable[..., Any],
    tmp_path: Path,
) -> None:
    """The outage stands above the latencies; `disconnected_s` is a number for --fail-if."""
    report = tmp_path / "run.json"
    with serving("demo") as (port, _), Unsteady(port) as proxy:
        run = rpcx_start(
            "call", f"127.0.0.1:{proxy.port}", METHOD, "-p", "-r", "100", "-z", "1s",
            "-o", "record", "--report", str(report), "--fail-if", "disconnected_s>100ms",
        )  # fmt: skip
        run.read_until(b'"seq":20,')
        proxy.refuse()
        assert run.wait() == 99
    assert "fail-if disconnected_s>100ms: MET" in run.err
    lines = rpcx("report", str(report)).lines
    [outage] = [line for line in lines if line.startswith("no connection for ")]
    assert outage.endswith(": connection refused")
    [latency] = [line for line in lines if line.startswith("latency ")]
    assert lines.index(outage) < lines.index(latency)
    assert not [line for line in lines if "may be the limit" in line]


@pytest.mark.parametrize(
    ("conditions", "expected"),
    [
        ((), 4),
        (("errors>1%",), 99),
        (("errors>100%",), 0),
        (("calls.failed>0",), 4),
        (("statuses.UNAVAILABLE>0",), 4),
        (("calls.cancelled>0",), 99),
    ],
)
def test_unanswered_calls_are_no_success(
    rpcx: Callable[..., Any], demo_server: str, conditions: tuple[str, ...], expected: int
) -> None:
    """What the end of a run leaves unanswered is exit 4, and an error for `errors`."""
    result = rpcx(
        "call", "-p", demo_server, METHOD, "-H", "rpcx-delay: 60s", "-z", "50ms", "--drain",
        "50ms", "-c", "3", "-o", "summary",
        *itertools.chain.from_iterable(("--fail-if", one) for one in conditions),
    )  # fmt: skip
    assert result.code == expected, result.err
    assert "3 calls were not answered when the run ended; rpcx cancelled them" in result.out


def test_the_panel_shows_it_at_once(
    rpcx_tty: Callable[..., Any], serving: Callable[..., Any]
) -> None:
    """While there is no connection the panel says since when, and why."""
    with serving("demo") as (port, kill):
        run = rpcx_tty("call", f"127.0.0.1:{port}", METHOD, "-p", "-r", "100", "-z", "30s")
        run.read_until(b"throughput")
        kill()
        run.read_until(rb"no connection since \d+\.\d s: connection refused")
        run.send("\x03")
        assert run.wait() == 130


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_a_closed_loop_that_never_fails_is_no_success_either(
    rpcx_start: Callable[..., Any], serving: Callable[..., Any], transport: str
) -> None:
    """Where a total is not reached for want of a connection, the exit status is 78.

    The cause is why no attempt to connect succeeds, and no longer how the connection was lost.
    """
    with serving("demo") as (port, _), Unsteady(port) as proxy:
        run = rpcx_start(
            "call", f"127.0.0.1:{proxy.port}", METHOD, "-p", "-n", "1000000", "-t", "1s",
            "-o", "record", env={"RPCX_TRANSPORT": transport},
        )  # fmt: skip
        run.read_until(b'"seq":40,')
        # A server that is killed may take one more connection while it dies, and reset it.
        proxy.refuse()
        assert run.wait() == 64 + 14
    assert "did not come back within 1 s (-t): connection refused" in run.err
