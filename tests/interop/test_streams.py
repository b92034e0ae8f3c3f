"""How streams behave against servers in Go: flow control, many at once, grpc-go's examples."""

from __future__ import annotations

import json
import signal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

PROTOS = Path(__file__).parents[2] / "protos"
ECHO = "grpc.examples.echo.Echo"
BIDI = f"{ECHO}/BidirectionalStreamingEcho"
ROUTE = ("--proto", str(PROTOS / "route_guide.proto"))
FRAMING = 5
"""Bytes before each message: whether it is compressed, and its length (gRPC over HTTP/2)."""
BUFFER = 64 * 1024
"""What gRPC's core takes beyond the window."""

pytestmark = pytest.mark.interop


def lines(*words: object) -> str:
    """Words as NDJSON messages of the echo service."""
    return "".join(json.dumps({"message": str(word)}) + "\n" for word in words)


class TestFlowControl:
    """A handler that never reads, with a window W that a flag fixes."""

    @pytest.mark.parametrize("window", [65_536, 131_072])
    @pytest.mark.parametrize("length", [100, 1_000, 10_000])
    def test_what_leaves_unhinted_fills_the_window(
        self,
        rpcx: Callable[..., Any],
        go_echo_with: Callable[..., str],
        window: int,
        length: int,
    ) -> None:
        """Bytes sent before it blocks, framing included, lie in (W - one message, W]."""
        address = go_echo_with("-initial-window", str(window), "-never-read")
        args = ["stream", "-p", address, BIDI, "-d", lines("x" * length), "-n", "100000",
                "--receivers", "0", "--cancel-after", "2s", "-o", "json"]  # fmt: skip
        sent = rpcx(*args, "-r", "100000").json["sent"]
        framed = sent["bytes"] + FRAMING * sent["messages"]
        one = framed // sent["messages"]
        assert window - one < framed <= window
        assert sent["given"] == sent["messages"] + 1
        assert sent["blocked_s"] > 0.5

    @pytest.mark.parametrize(("transport", "most"), [("wire", 0), ("grpc", BUFFER)])
    def test_a_sender_that_hurries_fills_the_window(
        self,
        rpcx: Callable[..., Any],
        go_echo_with: Callable[..., str],
        transport: str,
        most: int,
    ) -> None:
        """Over wire no message counts as sent beyond the window, over grpcio up to 64 KiB do."""
        window = 65_536
        address = go_echo_with("-initial-window", str(window), "-never-read")
        result = rpcx("stream", "-p", address, BIDI, "-d", lines("x" * 1000), "-n", "100000",
                      "--receivers", "0", "--cancel-after", "2s", "-o", "json",
                      "--transport", transport)  # fmt: skip
        sent = result.json["sent"]
        framed = sent["bytes"] + FRAMING * sent["messages"]
        assert window - 1008 < framed <= window + most

    def test_the_example_blocks_and_goes_on(
        self, rpcx: Callable[..., Any], go_flow_control: str
    ) -> None:
        """grpc-go's example reads nothing for 2 s, then everything, then sends without end."""
        result = rpcx(
            "stream", "-p", go_flow_control, BIDI, "--proto", str(PROTOS / "echo.proto"),
            "-d", lines("x" * 8192), "-n", "300", "-r", "100000", "--max-responses", "100",
            "-o", "json",
        )  # fmt: skip
        summary = result.json
        assert (result.code, summary["end_reason"]) == (0, "max_responses")
        assert summary["sent"]["messages"] == 300
        assert 1000 < summary["sent"]["gap_ms"]["max"] < 10_000
        assert summary["sent"]["blocked_s"] > 1.0
        assert summary["received"]["messages"] == summary["received"]["after_half_close"] == 100


class TestRouteGuide:
    """grpc-go's route guide."""

    def test_route_chat(self, rpcx: Callable[..., Any], go_route_guide: str) -> None:
        """Each note brings all earlier ones at its place: 1, 2, 3 replies."""
        place = {"latitude": 7, "longitude": 7}
        notes = [json.dumps({"location": place, "message": f"note {i}"}) for i in range(3)]
        result = rpcx("stream", "-p", go_route_guide, "routeguide.RouteGuide/RouteChat", *ROUTE,
                      "--send-delay", "50ms", input="\n".join(notes))  # fmt: skip
        assert result.code == 0
        told = [document["message"] for document in result.documents]
        assert told[-6:] == [f"note {i}" for i in (0, 0, 1, 0, 1, 2)]

    def test_record_route(self, rpcx: Callable[..., Any], go_route_guide: str) -> None:
        """A client stream at a pace: the server counts every point."""
        result = rpcx("stream", "-p", go_route_guide, "routeguide.RouteGuide/RecordRoute", *ROUTE,
                      "-d", '{"latitude":1}{"latitude":2}', "-n", "40", "-r", "100",
                      "--senders", "2", "-q")  # fmt: skip
        assert (result.code, result.err) == (0, "")
        [summary] = result.documents
        assert summary["pointCount"] == 40


class TestAccounting:
    """Nothing is lost, however many streams there are and however they end."""

    def test_a_thousand_streams(self, rpcx: Callable[..., Any], go_echo: str) -> None:
        """1,000 streams on one channel, 100 messages each: all given, completed, received."""
        summary = rpcx("stream", "-p", go_echo, BIDI, "--streams", "1000", "-n", "100",
                       "-d", lines("a", "b"), "-o", "json", timeout=100).json  # fmt: skip
        assert summary["statuses"] == {"OK": 1000}
        assert summary["ends"] == {"server": 1000}
        assert summary["sent"]["given"] == summary["sent"]["messages"] == 100_000
        assert summary["received"]["messages"] == 100_000
        assert summary["lag"]["end"] == 0

    @pytest.mark.parametrize("transport", ["wire", "grpc"])
    @pytest.mark.parametrize(
        ("workers", "options"),
        [
            (["--senders", "3"], ["--receivers", "2"]),
            (["--senders", "2", "--send-delay", "1ms"], ["--recv-delay", "1ms"]),
            (["-r", "2000"], ["--streams", "3"]),
        ],
    )
    def test_every_message_is_echoed_in_order(
        self,
        rpcx: Callable[..., Any],
        go_echo: str,
        transport: str,
        workers: list[str],
        options: list[str],
    ) -> None:
        """Shared data goes out in its order and comes back so, on each stream."""
        result = rpcx("stream", "-p", go_echo, BIDI, *workers, *options, "-o", "record",
                      input=lines(*range(200)), env={"RPCX_TRANSPORT": transport})  # fmt: skip
        assert result.code == 0
        echoed: dict[int, list[str]] = {}
        for record in result.documents:
            if record.get("direction") == "received":
                echoed.setdefault(record.get("stream", 0), []).append(record["message"]["message"])
        assert set(map(tuple, echoed.values())) == {tuple(map(str, range(200)))}

    @pytest.mark.parametrize("end", ["interrupt", "server death", "deadline", "status"])
    def test_the_counts_hold_however_it_ends(
        self, rpcx_start: Callable[..., Any], go_server: Callable[..., Any], end: str
    ) -> None:
        """Received ≤ completed ≤ given ≤ completed + 1, and what the records say is the sum."""
        args = {"deadline": ["-t", "1s"], "status": ["-H", "rpcx-status: ABORTED", "-n", "500"]}
        with go_server("echoserver") as address:
            run = rpcx_start("stream", "-p", address, BIDI, "-d", lines("x" * 100), "-z", "30s",
                             "-r", "5000", *args.get(end, []), "-o", "record")  # fmt: skip
            records = [json.loads(run.read_line()) for _ in range(500)]
            if end == "interrupt":
                run.signal(signal.SIGINT)
            if end != "server death":
                records += _rest(run)
        if end == "server death":
            records += _rest(run)
        code = run.wait()
        last = records.pop()
        sent = [record["seq"] for record in records if record["direction"] == "sent"]
        received = [record["seq"] for record in records if record["direction"] == "received"]
        assert sent == list(range(last["sent"]))
        assert received == list(range(last["received"]))
        assert last["received"] <= last["given"]
        assert last["sent"] <= last["given"] <= last["sent"] + 1
        assert (code, last["ended_by"]) == {
            "interrupt": (130, "client"),
            "server death": (78, "connection"),
            "deadline": (68, "deadline"),
            "status": (74, "server"),
        }[end]
        if end == "status":
            assert last["received"] == last["sent"] == 500


def _rest(run: Any) -> list[dict[str, Any]]:
    """The records up to the last one, which has a status."""
    records: list[dict[str, Any]] = []
    while not records or "status" not in records[-1]:
        records.append(json.loads(run.read_line()))
    return records
