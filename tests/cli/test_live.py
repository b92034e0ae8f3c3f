"""Live output: on a pseudo-terminal, and in a pipe."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

HELLO = "helloworld.Greeter/SayHello"
ECHO = "grpc.examples.echo.Echo/UnaryEcho"
SERVER = "grpc.examples.echo.Echo/ServerStreamingEcho"

COLOUR = re.compile(rb"\x1b\[\d+(;\d+)*m")
HIDE, SHOW, REDRAW = b"\x1b[?25l", b"\x1b[?25h", b"\x1b[6F\x1b[J"


class TestPipe:
    """Results in a pipe."""

    def test_a_result_is_flushed_when_it_comes(
        self, rpcx_start: Callable[..., Any], demo_server: str
    ) -> None:
        """Each line is there while the next call is still waiting for its answer."""
        run = rpcx_start("call", "-p", demo_server, ECHO, "-d", "@-", "-o", "record")
        for number in range(3):
            run.write(json.dumps({"message": str(number)}) + "\n")
            assert json.loads(run.read_line())["response"] == {"message": str(number)}
        run.end_input()
        assert run.wait() == 0

    def test_stream_messages_are_flushed_when_they_come(
        self, rpcx_start: Callable[..., Any], demo_server: str
    ) -> None:
        """The first of an endless stream is there at once."""
        run = rpcx_start("stream", "-p", demo_server, SERVER, "-d", '{"message":"x"}',
                         "-H", "rpcx-responses: 100000", "-H", "rpcx-delay: 100ms")  # fmt: skip
        assert run.read_line() == '{"message":"x"}'

    def test_no_colour_and_no_panel(self, rpcx: Callable[..., Any], demo_server: str) -> None:
        """Nothing that only a terminal understands, on either stream."""
        result = rpcx("call", "-p", demo_server, HELLO, "-z", "600ms", "-c", "2", "-o", "summary")
        assert result.code == 0
        assert b"\x1b" not in result.raw
        assert result.err == ""


class TestTerminal:
    """A person looks at it."""

    def test_the_panel_lives_while_work_runs(
        self, rpcx_tty: Callable[..., Any], demo_server: str
    ) -> None:
        """It is drawn over itself, counts up, is taken away, and the summary stays."""
        terminal = rpcx_tty("call", "-p", demo_server, HELLO, "-z", "1500ms", "-c", "2")
        seen = [
            int(re.sub(rb"\D", b"", terminal.read_until(rb"[\d,]+ calls  ").split()[-2]))
            for _ in range(3)
        ]
        assert terminal.wait() == 0
        assert seen == sorted(seen)
        assert seen[-1] > 0
        assert terminal.seen.count(REDRAW) >= 3
        assert terminal.seen.index(HIDE) < terminal.seen.index(SHOW)
        summary = terminal.seen.rpartition(SHOW)[2].decode()
        assert "ended by duration" in summary
        assert re.search(r"OK .*[1-9]", summary)

    def test_the_panel_says_it_all_in_80_columns(
        self, rpcx_tty: Callable[..., Any], demo_server: str
    ) -> None:
        """Throughput with its course, percentiles, statuses, in flight, progress, time left."""
        terminal = rpcx_tty(
            "call", "-p", demo_server, HELLO, "-z", "1500ms", "-c", "2", env={"NO_COLOR": "1"}
        )
        assert terminal.wait() == 0
        assert not COLOUR.search(terminal.seen)
        last = terminal.seen.partition(SHOW)[0].rpartition(REDRAW)[0].rpartition(REDRAW)[2]
        title, progress, throughput, latency, in_flight, statuses = last.decode().splitlines()
        assert title == f"{HELLO} on {demo_server}"
        assert re.fullmatch(r"█+·* +\d+%  [\d,]+ calls  \d\.\d s, \d\.\d s left", progress)
        assert re.fullmatch(r"throughput  [\d,]+/s +[▁▂▃▄▅▆▇█]+", throughput)
        assert re.fullmatch(r"latency ms  p50 \S+  p90 \S+  p99 \S+  max \S+", latency)
        assert re.fullmatch(r"in flight   [0-2] of 2   client busy \d+ %", in_flight)
        assert re.fullmatch(r"OK [\d,]+", statuses)
        assert max(map(len, last.decode().splitlines())) < 80

    def test_the_panel_fits_the_width(self, rpcx_tty: Callable[..., Any], demo_server: str) -> None:
        """No line of it wraps, or the panel could not be taken away."""
        terminal = rpcx_tty("call", "-p", demo_server, HELLO, "-z", "600ms", columns=40)
        assert terminal.wait() == 0
        drawn = terminal.seen.partition(HIDE)[2].partition(SHOW)[0]
        for line in re.sub(rb"\x1b\[[0-9;?]*[A-Za-z]", b"", drawn).decode().splitlines():
            assert len(line) < 40

    def test_the_default_is_the_summary_for_many_and_the_message_for_one(
        self, rpcx_tty: Callable[..., Any], demo_server: str
    ) -> None:
        """What a person asked for once is shown; what was asked for a hundred times is counted."""
        lone = rpcx_tty("call", "-p", demo_server, HELLO, "-d", '{"name":"you"}')
        assert lone.wait() == 0
        assert '"message": "Hello you"' in lone.plain
        assert "latency" not in lone.plain
        many = rpcx_tty("call", "-p", demo_server, HELLO, "-n", "100")
        assert many.wait() == 0
        assert "100 calls in" in many.plain
        assert "Hello" not in many.plain.replace("SayHello", "")

    def test_a_message_is_indented_and_coloured(
        self, rpcx_tty: Callable[..., Any], demo_server: str
    ) -> None:
        """JSON for eyes, which is still JSON without its colours."""
        terminal = rpcx_tty("call", "-p", demo_server, HELLO, "-d", '{"name":"you"}')
        assert terminal.wait() == 0
        assert COLOUR.search(terminal.seen)
        assert json.loads(terminal.plain) == {"message": "Hello you"}
        assert len(terminal.plain.splitlines()) == 3

    @pytest.mark.parametrize("env", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
    def test_colour_can_be_turned_off(
        self, rpcx_tty: Callable[..., Any], demo_server: str, env: dict[str, str]
    ) -> None:
        """NO_COLOR and a dumb terminal have their way."""
        terminal = rpcx_tty("call", "-p", demo_server, HELLO, env=env)
        assert terminal.wait() == 0
        assert not COLOUR.search(terminal.seen)

    def test_a_dumb_terminal_has_no_panel(
        self, rpcx_tty: Callable[..., Any], demo_server: str
    ) -> None:
        """What can't draw over itself is not drawn on."""
        terminal = rpcx_tty("call", "-p", demo_server, HELLO, "-n", "200", env={"TERM": "dumb"})
        assert terminal.wait() == 0
        assert b"\x1b" not in terminal.seen

    def test_quiet_has_no_panel(self, rpcx_tty: Callable[..., Any], demo_server: str) -> None:
        """-q leaves the summary alone on the screen."""
        terminal = rpcx_tty("call", "-p", demo_server, HELLO, "-z", "600ms", "-q")
        assert terminal.wait() == 0
        assert HIDE not in terminal.seen
        assert "ended by duration" in terminal.plain

    def test_standard_output_in_a_file_beside_a_panel(
        self, rpcx_tty: Callable[..., Any], demo_server: str, tmp_path: Path
    ) -> None:
        """The file gets plain lines of JSON, the terminal the panel and the summary."""
        terminal = rpcx_tty(
            "call", "-p", demo_server, HELLO, "-z", "800ms", "-c", "2", stdout=tmp_path / "out"
        )
        terminal.read_until(rb"in flight")
        assert terminal.wait() == 0
        lines = (tmp_path / "out").read_text().splitlines()
        assert set(lines) == {'{"message":"Hello "}'}
        assert "ended by duration" in terminal.plain

    def test_a_failure_is_told_on_standard_error(
        self, rpcx_tty: Callable[..., Any], demo_server: str, tmp_path: Path
    ) -> None:
        """The sentence is on the terminal while standard output is a file, and empty."""
        terminal = rpcx_tty("call", "-p", demo_server, ECHO, "-H", "rpcx-status: ABORTED",
                            stdout=tmp_path / "out")  # fmt: skip
        assert terminal.wait() == 74
        assert "rpcx: ABORTED" in terminal.plain
        assert (tmp_path / "out").read_bytes() == b""

    def test_a_small_window_that_changes_its_size(
        self, rpcx_tty: Callable[..., Any], demo_server: str
    ) -> None:
        """A resize while it runs harms nothing."""
        terminal = rpcx_tty("call", "-p", demo_server, HELLO, "-z", "900ms")
        terminal.read_until(rb"in flight")
        terminal.resize(10, 30)
        assert terminal.wait() == 0
        assert "Traceback" not in terminal.plain


class TestStreamPanel:
    """A stream that is measured, on a terminal."""

    def test_two_columns_and_what_is_stalled(
        self, rpcx_tty: Callable[..., Any], demo_server: str
    ) -> None:
        """Both directions live, the stalled one named, and the summary in the end."""
        terminal = rpcx_tty(
            "stream", "-p", demo_server, "grpc.examples.echo.Echo/BidirectionalStreamingEcho",
            "-d", '{"message":"x"}', "-n", "3", "-H", "rpcx-never-read: true", "-t", "2s",
            columns=100,
        )  # fmt: skip
        terminal.read_until(rb"sent +received")
        terminal.read_until(rb"messages +(\x1b\[0m)? *3 +0")
        terminal.read_until(rb"blocked, waiting")
        terminal.read_until(rb"sent and not answered 3")
        terminal.read_until(rb"receiving stalled for [\d.]+ s: the server sends nothing")
        assert terminal.wait() == 68
        summary = terminal.seen.rpartition(SHOW)[2].decode()
        assert "most messages sent and not answered 3, at the end 3" in summary
        assert "rpcx: DEADLINE_EXCEEDED" in summary
