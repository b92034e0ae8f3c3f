"""Why a run ended: the summary, the report and the exit status say the same."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

HELLO = "helloworld.Greeter/SayHello"
BIDI = "grpc.examples.echo.Echo/BidirectionalStreamingEcho"


@pytest.mark.parametrize(
    ("load", "reason"),
    [(("-n", "3"), "total"), ((), "data"), (("-z", "50ms", "-r", "50"), "duration")],
)
def test_a_run_that_does_all_it_was_to_do(
    rpcx: Callable[..., Any], demo_server: str, load: tuple[str, ...], reason: str
) -> None:
    """The number of calls, the data and the time each end a run that succeeds."""
    result = rpcx("call", "-p", demo_server, HELLO, "-d", "{}", *load, "-o", "json")
    assert (result.code, result.json["end_reason"]) == (0, reason)


@pytest.mark.parametrize(
    "load",
    [(), ("-n", "9"), ("-n", "9", "-r", "100"), ("-n", "9", "-c", "2", "--connections", "2")],
)
def test_a_document_that_does_not_fit(
    rpcx: Callable[..., Any], demo_server: str, load: tuple[str, ...]
) -> None:
    """The calls before it are counted, and the data has not simply come to its end."""
    documents = '{"name":"a"}{"name":"b"}{"nme":1}{"name":"c"}'
    result = rpcx(
        "call", "-p", demo_server, HELLO, "-d", "@-", "-o", "json", *load, input=documents
    )
    assert (result.code, result.json["end_reason"]) == (1, "error")
    assert result.json["calls"]["ok"] == 2
    assert "nme" in result.err


@pytest.mark.parametrize("senders", ["1", "2"])
@pytest.mark.parametrize("documents", ['{"message":"a"}{"mesage":1}', '{"mesage":1}'])
def test_a_message_that_does_not_fit(
    rpcx: Callable[..., Any], demo_server: str, senders: str, documents: str
) -> None:
    """A stream ends by the error too, whether or not it has sent something."""
    result = rpcx(
        "stream", "-p", demo_server, BIDI, "-d", "@-", "-o", "json", "--senders", senders,
        input=documents,
    )  # fmt: skip
    assert (result.code, result.json["end_reason"]) == (1, "error")


@pytest.mark.parametrize("command", ["call", "stream"])
def test_a_reader_that_goes(
    rpcx_start: Callable[..., Any], demo_server: str, tmp_path: Path, command: str
) -> None:
    """Nobody reads standard output any more: 141, and the report has what was done."""
    report = tmp_path / "run.json"
    run = rpcx_start(*long_run(command, demo_server), "--report", str(report))
    run.read_line()
    run.close_output()
    assert run.wait() == 141
    assert json.loads(report.read_bytes())["end_reason"] == "output_closed"


@pytest.mark.parametrize("form", ["record", "json"])
@pytest.mark.parametrize("command", ["call", "stream"])
def test_a_full_disk(
    rpcx_tty: Callable[..., Any], demo_server: str, tmp_path: Path, command: str, form: str
) -> None:
    """Standard output cannot be written: 1, with the reason, and the report is not lost."""
    report = tmp_path / "run.json"
    run = rpcx_tty(
        *long_run(command, demo_server), "-o", form, "-z", "300ms" if form == "json" else "300s",
        "--report", str(report), stdout="/dev/full",
    )  # fmt: skip
    assert run.wait() == 1
    assert "standard output cannot be written: No space left on device" in run.plain
    reason = json.loads(report.read_bytes())["end_reason"]
    assert reason == ("duration" if form == "json" else "output_closed")


def long_run(command: str, address: str) -> list[str]:
    """Return a run that goes on until something ends it, and prints all the while."""
    if command == "call":
        return ["call", "-p", address, HELLO, "-z", "300s", "-o", "record"]
    return [
        "stream", "-p", address, "grpc.examples.echo.Echo/ServerStreamingEcho", "-o", "record",
        "-H", "rpcx-responses: 1000000", "-H", "rpcx-delay: 5ms", "-z", "300s",
    ]  # fmt: skip
