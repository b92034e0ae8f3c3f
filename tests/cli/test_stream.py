"""`rpcx stream`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SERVICE = "grpc.examples.echo.Echo"
BIDI = f"{SERVICE}/BidirectionalStreamingEcho"
SERVER = f"{SERVICE}/ServerStreamingEcho"
CLIENT = f"{SERVICE}/ClientStreamingEcho"


def lines(*words: object) -> str:
    """Words as NDJSON messages of the echo service."""
    return "".join(json.dumps({"message": str(word)}) + "\n" for word in words)


def words(documents: list[Any]) -> list[str]:
    """What the echo said."""
    return [document["message"] for document in documents]


class TestKinds:
    """Each kind of stream."""

    def test_bidi_echoes_five_lines(self, rpcx: Callable[..., Any]) -> None:
        """Five messages in are five lines out, in order, with nothing but `demo`."""
        result = rpcx(
            "stream", "demo", BIDI, "-d", "@-", "-o", "message", input=lines(*range(1, 6))
        )
        assert (result.code, result.err) == (0, "")
        assert result.lines == [f'{{"message":"{number}"}}' for number in range(1, 6)]

    def test_server_stream(self, rpcx: Callable[..., Any], demo_server: str) -> None:
        """One message there, and every copy that comes back."""
        result = rpcx("stream", "-p", demo_server, SERVER, "-d", '{"message":"x"}',
                      "-H", "rpcx-responses: 3")  # fmt: skip
        assert (result.code, words(result.documents)) == (0, ["x"] * 3)

    def test_server_stream_without_data(self, rpcx: Callable[..., Any], demo_server: str) -> None:
        """One empty message is sent, and standard input left alone."""
        result = rpcx("stream", "-p", demo_server, SERVER, "-H", "rpcx-responses: 2", input="oops")
        assert (result.code, result.lines) == (0, ["{}", "{}"])

    def test_client_stream(self, rpcx: Callable[..., Any], demo_server: str) -> None:
        """Standard input is what is sent, -d or not; the one answer comes after its end."""
        for data in ((), ("-d", "@-")):
            result = rpcx("stream", "-p", demo_server, CLIENT, *data, input=lines("a", "b", "c"))
            assert (result.code, words(result.documents)) == (0, ["c"])

    def test_empty_client_stream(self, rpcx: Callable[..., Any], demo_server: str) -> None:
        """No message at all is a stream too."""
        result = rpcx("stream", "-p", demo_server, BIDI, input="")
        assert (result.code, result.out, result.err) == (0, "", "")

    def test_many_messages_keep_their_order(
        self, rpcx: Callable[..., Any], demo_server: str
    ) -> None:
        """Twenty thousand through a pipe come back complete and in order."""
        result = rpcx("stream", "-p", demo_server, BIDI, input=lines(*range(20_000)))
        assert result.code == 0
        assert words(result.documents) == [str(number) for number in range(20_000)]

    def test_one_stream_at_a_time_is_enough(self, rpcx: Callable[..., Any]) -> None:
        """Reflection's own stream is gone before the first message: nothing hangs."""
        result = rpcx("stream", "demo?max-streams=1", BIDI, input=lines("a"))
        assert (result.code, words(result.documents)) == (0, ["a"])


class TestWorkers:
    """The send worker and the receive worker do not wait for each other."""

    def test_replies_come_while_the_sender_waits(
        self, rpcx_start: Callable[..., Any], demo_server: str
    ) -> None:
        """A sender that pauses between lines gets each reply before it sends the next."""
        run = rpcx_start("stream", "-p", demo_server, BIDI, "-d", "@-")
        for number in range(5):
            run.write(lines(number))
            assert json.loads(run.read_line()) == {"message": str(number)}
        run.end_input()
        assert run.wait() == 0
        assert run.err == ""

    def test_replies_come_before_the_line_is_ended(
        self, rpcx_start: Callable[..., Any], demo_server: str
    ) -> None:
        """A document is sent with its last bracket, not with the end of its line."""
        run = rpcx_start("stream", "-p", demo_server, BIDI)
        run.write('{"message":"a"}')
        assert run.read_line() == '{"message":"a"}'
        run.end_input()
        assert run.wait() == 0

    def test_a_server_that_never_reads_blocks_the_sender_alone(
        self, rpcx_start: Callable[..., Any], demo_server: str
    ) -> None:
        """Flow control holds up what is sent; the deadline still ends the stream."""
        run = rpcx_start(
            "stream", "-p", demo_server, BIDI, "-d", lines("x" * 10_000), "-n", "1000",
            "-H", "rpcx-never-read: true", "-t", "500ms", "-o", "json",
        )  # fmt: skip
        summary = json.loads(run.read_line())
        assert run.wait() == 68
        assert summary["ended_by"] == "deadline"
        assert 0 < summary["sent"]["messages"] < 1000
        assert summary["received"]["messages"] == 0


class TestForms:
    """The forms of -o, in a pipe."""

    def test_a_run_that_measures_has_its_summary_in_the_log(
        self, rpcx: Callable[..., Any], demo_server: str
    ) -> None:
        """Messages go to standard output, the summary to standard error; -q leaves it out."""
        stream = ("stream", "-p", demo_server, BIDI, "-d", '{"message":"x"}')
        result = rpcx(*stream, "-n", "3")
        assert (result.code, words(result.documents)) == (0, ["x"] * 3)
        assert "OK after" in result.err
        assert "most messages sent and not answered" in result.err
        assert rpcx(*stream, "-n", "3", "-q").err == ""
        assert rpcx(*stream).err == ""

    def test_a_condition_that_is_met_is_reported_in_every_form(
        self, rpcx: Callable[..., Any], demo_server: str
    ) -> None:
        """In the summary where there is one, else in a sentence; exit status 99."""
        stream = ("stream", "-p", demo_server, BIDI, "-d", '{"message":"x"}',
                  "--fail-if", "sent.messages>0")  # fmt: skip
        for form in ((), ("-q",), ("-o", "none"), ("-o", "json"), ("-o", "summary")):
            result = rpcx(*stream, *form)
            assert result.code == 99
            assert (result.out + result.err).count("sent.messages>0: MET (1)") == 1

    def test_record(self, rpcx: Callable[..., Any], demo_server: str) -> None:
        """A record for each message either way, and a last one for the end."""
        result = rpcx("stream", "-p", demo_server, BIDI, "-o", "record", input=lines("a", "b"),
                      )  # fmt: skip
        *messages, end = result.documents
        for direction in ("sent", "received"):
            mine = [record for record in messages if record["direction"] == direction]
            assert [record["seq"] for record in mine] == [0, 1]
            assert words([record["message"] for record in mine]) == ["a", "b"]
            assert list(mine[0]) == ["t_ms", "direction", "seq", "worker", "message"]
        assert end.pop("t_ms") >= end.pop("half_close_ms") > 0
        assert end.pop("after_half_close") <= 2
        assert end == {"status": "OK", "ended_by": "server", "given": 2, "sent": 2, "received": 2}

    def test_record_of_a_failure(self, rpcx: Callable[..., Any], demo_server: str) -> None:
        """The last record has the error with its details, and the metadata."""
        result = rpcx(
            "stream", "-p", demo_server, SERVER, "-o", "record",
            "-H", "rpcx-status: ABORTED", "-H", "rpcx-status-after: 2",
            "-H", "rpcx-status-message: enough",
            "-H", "rpcx-header-x-a: 1", "-H", "rpcx-trailer-x-b-bin: AQID",
        )  # fmt: skip
        end = result.documents[-1]
        assert (result.code, end["status"], end["ended_by"]) == (74, "ABORTED", "server")
        assert end["error"]["message"] == "enough"
        assert end["error"]["details"][0]["reason"] == "ABORTED"
        assert end["headers"] == [["x-a", "1"]]
        assert ["x-b-bin", "AQID"] in end["trailers"]

    def test_json(self, rpcx: Callable[..., Any], demo_server: str) -> None:
        """One document at the end, the two directions apart."""
        result = rpcx("stream", "-p", demo_server, BIDI, "-o", "json", input=lines("a", "b", "c"))
        [summary] = result.documents
        assert (summary["command"], summary["streams"]) == ("stream", 1)
        assert (summary["statuses"], summary["ended_by"]) == ({"OK": 1}, "server")
        for direction in ("sent", "received"):
            assert summary[direction]["messages"] == 3
            assert summary[direction]["bytes"] == 9
        assert summary["lag"]["end"] == 0

    def test_summary(self, rpcx: Callable[..., Any], demo_server: str) -> None:
        """A table for people, without colour in a pipe."""
        result = rpcx("stream", "-p", demo_server, BIDI, "-o", "summary", input=lines("a", "b"))
        assert result.lines[0] == f"{BIDI} on {demo_server}"
        assert [line.split()[:2] for line in result.lines[4:6]] == [
            ["sent", "2"],
            ["received", "2"],
        ]
        assert "messages sent and not answered" in result.out
        assert "\x1b" not in result.out

    def test_none(self, rpcx: Callable[..., Any], demo_server: str) -> None:
        """Only the exit status speaks."""
        result = rpcx("stream", "-p", demo_server, BIDI, "-o", "none", input=lines("a"))
        assert (result.code, result.out, result.err) == (0, "", "")


class TestEnds:
    """How a stream ends, and what that makes of the exit status."""

    def test_what_came_before_a_failure_is_printed(
        self, rpcx: Callable[..., Any], demo_server: str
    ) -> None:
        """Two messages, then the status with its words, and 64 + code."""
        result = rpcx(
            "stream", "-p", demo_server, SERVER, "-d", '{"message":"x"}',
            "-H", "rpcx-status: NOT_FOUND", "-H", "rpcx-status-after: 2",
            "-H", "rpcx-status-message: no more", "-H", "rpcx-status-details: none",
        )  # fmt: skip
        assert (result.code, words(result.documents)) == (69, ["x", "x"])
        assert result.err.startswith("rpcx: NOT_FOUND: no more")
        assert len(result.err.splitlines()) == 1

    def test_deadline(self, rpcx_start: Callable[..., Any], demo_server: str) -> None:
        """-t is the deadline of the whole stream; without it there is none."""
        run = rpcx_start("stream", "-p", demo_server, BIDI, "-t", "700ms", "-o", "record")
        run.write(lines("a"))
        *_, end = [json.loads(run.read_line()) for _ in range(3)]
        assert run.wait() == 68
        assert (end["status"], end["ended_by"]) == ("DEADLINE_EXCEEDED", "deadline")

    def test_a_bad_document_costs_no_reply(
        self, rpcx: Callable[..., Any], demo_server: str
    ) -> None:
        """What was sent before is answered and printed; then the sentence, and 1."""
        data = lines("a", "b") + '{"nope":1}\n' + lines("c")
        result = rpcx("stream", "-p", demo_server, BIDI, input=data)
        assert (result.code, words(result.documents)) == (1, ["a", "b"])
        assert (
            'line 3, column 2: "nope" is no field of grpc.examples.echo.EchoRequest' in result.err
        )
        assert "message" in result.err

    def test_a_second_document_has_no_place_in_a_server_stream(
        self, rpcx: Callable[..., Any], demo_server: str
    ) -> None:
        """A method that takes one message says so."""
        result = rpcx("stream", "-p", demo_server, SERVER, "-d", lines("a", "b"))
        assert result.code == 1
        assert "takes one message and the data has more" in result.err


class TestTotal:
    """-n counts the messages to send."""

    def test_data_goes_round(
        self, rpcx: Callable[..., Any], demo_server: str, tmp_path: Path
    ) -> None:
        """Two documents are five messages with -n 5, and two without."""
        path = tmp_path / "two.ndjson"
        path.write_text(lines("a", "b"))
        result = rpcx("stream", "-p", demo_server, BIDI, "-d", f"@{path}", "-n", "5")
        assert words(result.documents) == ["a", "b", "a", "b", "a"]
        result = rpcx("stream", "-p", demo_server, BIDI, "-d", f"@{path}")
        assert words(result.documents) == ["a", "b"]

    def test_a_total_ends_the_input_early(
        self, rpcx_start: Callable[..., Any], demo_server: str
    ) -> None:
        """After -n messages the stream is half-closed, whatever standard input still has."""
        run = rpcx_start("stream", "-p", demo_server, BIDI, "-n", "2")
        run.write(lines("a", "b", "c"))
        assert run.wait() == 0
        assert run.seen.decode() == '{"message":"a"}\n{"message":"b"}\n'

    def test_a_server_stream_takes_one(self, rpcx: Callable[..., Any], demo_server: str) -> None:
        """-n 2 for a method that takes one message is a usage error."""
        result = rpcx("stream", "-p", demo_server, SERVER, "-n", "2")
        assert result.code == 2
        assert f"-n/--total 2: {SERVER} takes one message" in result.err


def test_unary_methods_belong_to_call(rpcx: Callable[..., Any], demo_server: str) -> None:
    """Streaming one is a usage error that names the command to type."""
    name = f"{SERVICE}/UnaryEcho"
    result = rpcx("stream", "-p", demo_server, name)
    assert (result.code, result.out) == (2, "")
    assert f"write: rpcx call -p {demo_server} {name}\n" in result.err


@pytest.mark.parametrize("transport", ["wire", "grpc"])
def test_both_transports_do_the_same(
    rpcx_start: Callable[..., Any], demo_server: str, transport: str
) -> None:
    """A conversation in lock step stalls on neither."""
    run = rpcx_start("stream", "-p", demo_server, BIDI, env={"RPCX_TRANSPORT": transport})
    for number in range(3):
        run.write(lines(number))
        assert json.loads(run.read_line()) == {"message": str(number)}
    run.end_input()
    assert run.wait() == 0
