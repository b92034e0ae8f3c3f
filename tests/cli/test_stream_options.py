"""`rpcx stream` with workers, paces, limits and many streams, against the demo."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

ECHO = "grpc.examples.echo.Echo"
BIDI = f"{ECHO}/BidirectionalStreamingEcho"
SERVER = f"{ECHO}/ServerStreamingEcho"
AT_ONCE_S = 20.0
"""Longer than anything here takes that ends by itself, far below the tests' own limits."""


def lines(*words: object) -> str:
    """Words as NDJSON messages of the echo service."""
    return "".join(json.dumps({"message": str(word)}) + "\n" for word in words)


class TestSenders:
    """--senders and -d."""

    def test_each_sender_has_its_own_data(
        self, rpcx: Callable[..., Any], demo_server: str, tmp_path: Path
    ) -> None:
        """As many -d as senders: each sends its own, in its order, and the record names it."""
        (tmp_path / "b").write_text(lines("b1", "b2"))
        result = rpcx("stream", "-p", demo_server, BIDI, "--senders", "3", "-o", "record",
                      "-d", lines("a1", "a2"), "-d", f"@{tmp_path}/b", "-d", "@-",
                      input=lines("c1"))  # fmt: skip
        assert result.code == 0
        sent: dict[int, list[str]] = {0: [], 1: [], 2: []}
        for record in result.documents[:-1]:
            if record["direction"] == "sent":
                sent[record["worker"]].append(record["message"]["message"])
        assert sent == {0: ["a1", "a2"], 1: ["b1", "b2"], 2: ["c1"]}

    def test_shared_data_is_sent_once_in_its_order(
        self, rpcx: Callable[..., Any], demo_server: str
    ) -> None:
        """One -d for three senders: each document once, whoever sends it."""
        result = rpcx("stream", "-p", demo_server, BIDI, "--senders", "3",
                      input=lines(*range(50)))  # fmt: skip
        assert [document["message"] for document in result.documents] == list(map(str, range(50)))

    @pytest.mark.parametrize(
        ("args", "sentence"),
        [
            (["--senders", "3", "-d", "{}", "-d", "{}"], "2 times -d for 3 senders; give one"),
            (["-d", "{}", "-d", "{}"], "2 times -d for 1 sender; give one"),
            (["--senders", "2", "-d", "@-", "-d", "@-"], "-d @- is given 2 times"),
            (["--receivers", "0"], "--receivers 0 never reads"),
            (["--match", "order", "--match-field", "message"], "two ways to pair"),
            (["--match-field", "massage"], "'massage' is no field of grpc.examples.echo.EchoRequ"),
            (["--check-sequence", "nope"], "'nope' is no field of grpc.examples.echo.EchoResponse"),
            (["--send-delay", "soon"], "--send-delay"),
        ],
    )
    def test_what_does_not_fit_is_a_usage_error(
        self, rpcx: Callable[..., Any], demo_server: str, args: list[str], sentence: str
    ) -> None:
        """One sentence, status 2, and nothing was sent."""
        result = rpcx("stream", "-p", demo_server, BIDI, *args)
        assert (result.code, result.out) == (2, "")
        assert sentence in result.err
        assert len(result.err.splitlines()) == 1


class TestPace:
    """-r, --send-delay and --recv-delay."""

    def test_a_rate_holds_on_average(self, rpcx: Callable[..., Any], demo_server: str) -> None:
        """50 messages at 100/s take half a second, the last one due after 490 ms."""
        result = rpcx("stream", "-p", demo_server, BIDI, "-d", "{}", "-n", "50", "-r", "100",
                      "-o", "record")  # fmt: skip
        last = next(r for r in result.documents if r.get("seq") == 49 and r["direction"] == "sent")
        assert 490 <= last["t_ms"] < 5000

    def test_delays_hold_each_worker_up(self, rpcx: Callable[..., Any], demo_server: str) -> None:
        """Four messages with two senders and one slow receiver."""
        result = rpcx("stream", "-p", demo_server, BIDI, "-d", "{}", "-n", "4", "--senders", "2",
                      "--send-delay", "100ms", "--recv-delay", "150ms", "-o", "json")  # fmt: skip
        summary = result.json
        assert summary["sent"]["gap_ms"]["max"] >= 90
        assert summary["received"]["gap_ms"]["min"] >= 149
        assert [worker["messages"] for worker in summary["sent"]["workers"]] == [2, 2]


class TestLimits:
    """What ends a stream from this side."""

    def test_nobody_reads(self, rpcx: Callable[..., Any], demo_server: str) -> None:
        """--receivers 0 blocks the sender by flow control, and rpcx ends it: 0."""
        result = rpcx("stream", "-p", demo_server, BIDI, "-d", lines("x" * 60_000), "-z", "700ms",
                      "--receivers", "0", "-o", "json")  # fmt: skip
        summary = result.json
        assert (result.code, summary["ended_by"], summary["end_reason"]) == (
            0,
            "client",
            "duration",
        )
        assert summary["received"]["messages"] == 0
        assert summary["received"]["waiting_s"] is None
        assert summary["sent"]["given"] - summary["sent"]["messages"] == 1
        assert summary["sent"]["blocked_s"] > 0.3

    @pytest.mark.parametrize(
        ("args", "code", "reason"),
        [
            (["--max-responses", "1"], 0, "max_responses"),
            (["--cancel-after", "500ms"], 0, "cancel_after"),
            (["-t", "500ms"], 68, "deadline"),
            (["-z", "500ms"], 0, "duration"),
            (["--half-close-after", "500ms"], 0, "half_close_after"),
            (["-H", "rpcx-status: ABORTED", "-H", "rpcx-status-after: 1"], 74, "server"),
        ],
    )
    def test_each_ends_it_at_once_while_input_is_open(
        self,
        rpcx_start: Callable[..., Any],
        demo_server: str,
        args: list[str],
        code: int,
        reason: str,
    ) -> None:
        """Nobody waits for standard input, and every message is accounted for."""
        run = rpcx_start("stream", "-p", demo_server, BIDI, *args, "-o", "json")
        run.write(lines("a"))
        begun = time.monotonic()
        summary = json.loads(run.read_line())
        assert run.wait() == code
        assert time.monotonic() - begun < AT_ONCE_S
        assert summary["end_reason"] == reason
        assert summary["sent"]["given"] == summary["sent"]["messages"] == 1
        assert summary["received"]["messages"] == 1

    def test_a_watch_goes_on_after_the_half_close(
        self, rpcx: Callable[..., Any], demo_server: str
    ) -> None:
        """Without --linger until the server ends it, with it so long."""
        endless = ["-H", "rpcx-responses: 1000000", "-H", "rpcx-delay: 50ms", "-o", "json"]
        result = rpcx("stream", "-p", demo_server, SERVER, *endless, "--linger", "400ms")
        assert (result.code, result.json["ended_by"]) == (0, "client")
        received = result.json["received"]
        assert 3 <= received["after_half_close"] == received["messages"] <= 8
        assert result.json["lag"] == {"max": None, "end": None}

    def test_a_watch_ends_with_its_duration(
        self, rpcx: Callable[..., Any], demo_server: str
    ) -> None:
        """Nothing is due any more once there is nothing left to send."""
        result = rpcx("stream", "-p", demo_server, SERVER, "-H", "rpcx-responses: 1000000",
                      "-H", "rpcx-delay: 50ms", "-o", "json", "-z", "400ms")  # fmt: skip
        assert (result.code, result.json["end_reason"]) == (0, "duration")
        assert result.json["duration_s"] < AT_ONCE_S

    def test_a_bad_line_is_told_although_the_server_never_ends(
        self, rpcx: Callable[..., Any], demo_server: str
    ) -> None:
        """It half-closes, drains for --linger, and then says which line: 1."""
        result = rpcx("stream", "-p", demo_server, BIDI, "-H", "rpcx-never-read: true",
                      "--linger", "300ms", input=lines("a") + "{nope\n")  # fmt: skip
        assert result.code == 1
        assert "line 2" in result.err


class TestManyStreams:
    """--streams."""

    def test_each_sends_all_the_data(self, rpcx: Callable[..., Any], demo_server: str) -> None:
        """Standard input goes to every stream; the sums are over all of them."""
        result = rpcx("stream", "-p", demo_server, BIDI, "--streams", "7", "-o", "json",
                      input=lines(*range(30)))  # fmt: skip
        summary = result.json
        assert (summary["streams"], summary["statuses"]) == (7, {"OK": 7})
        for side in ("sent", "received"):
            assert summary[side]["messages"] == 210
        assert summary["sent"]["given"] == 210
        assert summary["ends"] == {"server": 7}

    def test_records_name_their_stream(self, rpcx: Callable[..., Any], demo_server: str) -> None:
        """Each stream counts by itself and has its own end."""
        result = rpcx("stream", "-p", demo_server, BIDI, "--streams", "3", "-n", "2",
                      "-d", lines("a", "b"), "-o", "record")  # fmt: skip
        for stream in range(3):
            mine = [record for record in result.documents if record["stream"] == stream]
            assert mine[-1]["status"] == "OK"
            received = [r for r in mine if r.get("direction") == "received"]
            assert [(r["seq"], r["message"]["message"]) for r in received] == [(0, "a"), (1, "b")]


class TestObserved:
    """--match, --match-field, --check-sequence."""

    @pytest.mark.parametrize("args", [["--match", "order"], ["--match-field", "message"]])
    def test_round_trips(self, rpcx: Callable[..., Any], demo_server: str, args: list[str]) -> None:
        """The echo takes 30 ms for each message."""
        result = rpcx("stream", "-p", demo_server, BIDI, "-o", "json", *args,
                      "-H", "rpcx-delay: 30ms", input=lines(1, 2, 3))  # fmt: skip
        assert result.json["match"]["pairs"] == 3
        assert result.json["match"]["reason"] is None
        assert 30 <= result.json["round_trip_ms"]["min"] < 1000

    def test_replies_that_do_not_pair_have_no_round_trip(
        self, rpcx: Callable[..., Any], demo_server: str
    ) -> None:
        """One message, ten replies: null, and the reason."""
        result = rpcx("stream", "-p", demo_server, SERVER, "-d", "{}", "-o", "json",
                      "--match", "order")  # fmt: skip
        assert set(result.json["round_trip_ms"].values()) == {None}
        assert "sent 1, received 10" in result.json["match"]["reason"]

    def test_a_sequence(self, rpcx: Callable[..., Any], demo_server: str) -> None:
        """1 2 4 3 3 6: one is missing, one came late, one came twice."""
        result = rpcx("stream", "-p", demo_server, BIDI, "-o", "json",
                      "--check-sequence", "message",
                      input=lines(1, 2, 4, 3, 3, 6, "x"))  # fmt: skip
        assert result.json["sequence"] == {
            "field": "message", "missing": 1, "duplicates": 1, "reordered": 1, "unreadable": 1,
        }  # fmt: skip


class TestScript:
    """--script."""

    def test_a_conversation(
        self, rpcx: Callable[..., Any], demo_server: str, tmp_path: Path
    ) -> None:
        """Sent, expected, closed: 0, and the replies on standard output."""
        (tmp_path / "talk").write_text(
            '{"send": {"message": "one"}}\n{"expect": {"message": "one"}, "within": "5s"}\n'
            '{"sleep": "20ms"} {"send": {"message": "two"}} {"wait-for": {"message": "two"}}\n'
            '{"half-close": true} {"expect-status": "OK"}\n'
        )
        result = rpcx("stream", "-p", demo_server, BIDI, "--script", f"{tmp_path}/talk")
        assert (result.code, result.err) == (0, "")
        assert result.lines == ['{"message":"one"}', '{"message":"two"}']

    def test_an_expectation_that_is_not_met(
        self, rpcx: Callable[..., Any], demo_server: str, tmp_path: Path
    ) -> None:
        """1, and one sentence with both; what came is printed all the same."""
        (tmp_path / "talk").write_text(
            '{"send": {"message": "one"}}\n{"expect": {"message": "uno"}, "note": "greets"}\n'
        )
        result = rpcx("stream", "-p", demo_server, BIDI, "--script", f"{tmp_path}/talk")
        assert (result.code, result.lines) == (1, ['{"message":"one"}'])
        assert result.err == (
            'rpcx: script line 2: {"expect": {"message": "uno"}, "note": "greets"}: got'
            ' {"message":"one"}: message is "one", expected "uno"\n'
        )

    def test_a_status_that_is_wanted(
        self, rpcx: Callable[..., Any], demo_server: str, tmp_path: Path
    ) -> None:
        """An RPC that should fail, and does, is exit 0 without a word."""
        (tmp_path / "talk").write_text('{"send": {}} {"expect-status": "NOT_FOUND"}')
        args = ["stream", "-p", demo_server, SERVER, "--script", f"{tmp_path}/talk"]
        result = rpcx(*args, "-H", "rpcx-status: NOT_FOUND")
        assert (result.code, result.out, result.err) == (0, "", "")
        result = rpcx(*args, "-H", "rpcx-status: ABORTED")
        assert result.code == 1
        assert 'script line 1: {"expect-status": "NOT_FOUND"}: got ABORTED' in result.err

    @pytest.mark.parametrize(
        ("text", "args", "code", "sentence"),
        [
            ("{}", [], 1, "line 1: {} is no step"),
            ('{"send": {"x": 1}}', [], 1, 'line 1: "x" is no field'),
            ('{"expect": {"x": 1}}', [], 1, 'line 1: "x" is no field'),
            ('{"send": {}}', ["-d", "{}"], 2, "-d cannot be given with --script"),
            ('{"send": {}}', ["--senders", "2"], 2, "--senders cannot be given with --script"),
        ],
    )
    def test_what_is_no_script(
        self,
        rpcx: Callable[..., Any],
        demo_server: str,
        tmp_path: Path,
        text: str,
        args: list[str],
        code: int,
        sentence: str,
    ) -> None:
        """One sentence with the file's name and the line."""
        (tmp_path / "talk").write_text(text)
        result = rpcx("stream", "-p", demo_server, BIDI, "--script", f"{tmp_path}/talk", *args)
        assert (result.code, result.out) == (code, "")
        assert sentence in result.err
        assert f"{tmp_path}/talk" in result.err

    def test_a_script_that_is_not_there(self, rpcx: Callable[..., Any], demo_server: str) -> None:
        """It names the file and the reason."""
        result = rpcx("stream", "-p", demo_server, BIDI, "--script", "/no/such")
        assert (result.code, result.out) == (1, "")
        assert "--script '/no/such' cannot be read: No such file" in result.err


class TestVerdict:
    """--report and --fail-if."""

    def test_conditions_on_a_stream(self, rpcx: Callable[..., Any], demo_server: str) -> None:
        """99 where one is met, else as the stream ended; each is in the JSON with its value."""
        args = ["stream", "-p", demo_server, BIDI, "-d", lines(1, 2, 4), "-o", "json",
                "--check-sequence", "message"]  # fmt: skip
        result = rpcx(*args, "--fail-if", "sequence.missing>0", "--fail-if", "lag.end!=0")
        assert result.code == 99
        assert result.json["fail_if"] == [
            {"condition": "sequence.missing>0", "value": 1, "met": True},
            {"condition": "lag.end!=0", "value": 0, "met": False},
        ]
        assert rpcx(*args, "--fail-if", "sequence.missing>1").code == 0

    @pytest.mark.parametrize(
        ("args", "sentence"),
        [
            (["--fail-if", "p99>1ms"], "there is no number 'p99'; did you mean"),
            (["--fail-if", "sequence.missing>0"], "there is no number 'sequence.missing'"),
            (["--report", "x.csv"], "--report 'x.csv': streams have reports in .json only"),
        ],
    )
    def test_what_streams_do_not_have(
        self, rpcx: Callable[..., Any], demo_server: str, args: list[str], sentence: str
    ) -> None:
        """A usage error before the server is asked for anything."""
        result = rpcx("stream", "-p", demo_server, BIDI, *args)
        assert (result.code, result.out) == (2, "")
        assert sentence in result.err

    def test_a_closed_output_leaves_a_report(
        self, rpcx_start: Callable[..., Any], demo_server: str, tmp_path: Path
    ) -> None:
        """141, and every message is accounted for all the same."""
        run = rpcx_start("stream", "-p", demo_server, BIDI, "-d", "{}", "-z", "30s",
                         "--report", f"{tmp_path}/r.json")  # fmt: skip
        assert run.read_line() == "{}"
        run.close_output()
        assert run.wait() == 141
        summary = json.loads((tmp_path / "r.json").read_text())
        assert (summary["end_reason"], summary["ended_by"]) == ("output_closed", "client")
        sent, received = summary["sent"], summary["received"]
        assert sent["messages"] <= sent["given"] <= sent["messages"] + 1
        assert 0 < received["messages"] <= sent["given"]
        histograms = summary["histograms"]
        assert histograms["sent_gap"]["count"] == sent["messages"] - 1
        assert histograms["received_gap"]["count"] == received["messages"] - 1
        assert histograms["round_trip"] is None

    def test_the_json_has_what_the_server_said(
        self, rpcx: Callable[..., Any], demo_server: str
    ) -> None:
        """Its status text, details and trailers."""
        result = rpcx(
            "stream", "-p", demo_server, SERVER, "-o", "json", "-H", "rpcx-status: ABORTED",
            "-H", "rpcx-status-message: enough", "-H", "rpcx-trailer-x-b: 2",
        )  # fmt: skip
        assert result.code == 74
        assert result.json["error"]["message"] == "enough"
        assert result.json["error"]["details"][0]["reason"] == "ABORTED"
        assert ["x-b", "2"] in result.json["trailers"]
