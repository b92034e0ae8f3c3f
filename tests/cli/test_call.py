"""`rpcx call`."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from rpcx.errors import ExitCode
from rpcx.results import Status

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

HELLO = "helloworld.Greeter/SayHello"
ECHO = "grpc.examples.echo.Echo/UnaryEcho"
NAMED = ("-d", '{"name":"world"}')


def balance(calls: dict[str, int]) -> None:
    """Counts of a run that is over."""
    assert calls["due"] == calls["not_started"] + calls["started"]
    assert calls["started"] == calls["ok"] + calls["failed"] + calls["cancelled"]


def test_ten_thousand_calls(rpcx: Callable[..., Any]) -> None:
    """10,000 calls, 50 at a time, are 10,000 OK and exit status 0, with nothing but `demo`."""
    result = rpcx("call", "demo", HELLO, *NAMED, "-n", "10000", "-c", "50", "-o", "json")
    assert (result.code, result.err) == (0, "")
    assert result.json["statuses"] == {"OK": 10_000}
    assert result.json["calls"]["ok"] == result.json["calls"]["due"] == 10_000
    assert result.json["end_reason"] == "total"
    balance(result.json["calls"])


class TestForms:
    """The forms of -o, in a pipe."""

    def test_message_is_the_response_alone(
        self, rpcx: Callable[..., Any], demo_server: str
    ) -> None:
        """One compact document a line, and the default in a pipe."""
        result = rpcx("call", "-p", demo_server, HELLO, *NAMED)
        assert (result.code, result.out, result.err) == (0, '{"message":"Hello world"}\n', "")

    def test_a_run_that_measures_has_its_summary_in_the_log(
        self, rpcx: Callable[..., Any], demo_server: str
    ) -> None:
        """Results go to standard output, the summary to standard error; -q leaves it out."""
        load = ("call", "-p", demo_server, HELLO, *NAMED, "-n", "2")
        result = rpcx(*load)
        assert (result.code, result.out) == (0, '{"message":"Hello world"}\n' * 2)
        assert "OK 2   failed 0" in result.err
        assert rpcx(*load, "-q").err == ""
        assert rpcx(*load, "-o", "none").err == ""

    def test_record_is_the_envelope(self, rpcx: Callable[..., Any], demo_server: str) -> None:
        """Number, method, status, times, response; headers and trailers where there are any."""
        result = rpcx("call", "-p", demo_server, HELLO, *NAMED, "-n", "3", "-o", "record")
        assert [record["seq"] for record in result.documents] == [0, 1, 2]
        for record in result.documents:
            assert list(record) == [
                "seq", "method", "status", "latency_ms", "service_ms", "response"
            ]  # fmt: skip
            assert (record["method"], record["status"]) == (HELLO, "OK")
            assert record["response"] == {"message": "Hello world"}
            assert record["latency_ms"] >= record["service_ms"] > 0

    def test_record_of_a_failure(self, rpcx: Callable[..., Any], demo_server: str) -> None:
        """An error with the server's words and its decoded details stands for the response."""
        headers = ("-H", "rpcx-status: NOT_FOUND", "-H", "rpcx-status-message: no such cat")
        result = rpcx("call", "-p", demo_server, ECHO, *headers, "-o", "record")
        [record] = result.documents
        assert (result.code, record["status"]) == (69, "NOT_FOUND")
        assert "response" not in record
        assert record["error"]["message"] == "no such cat"
        [detail] = record["error"]["details"]
        assert detail["@type"] == "type.googleapis.com/google.rpc.ErrorInfo"

    def test_json_has_every_key(self, rpcx: Callable[..., Any], demo_server: str) -> None:
        """Scripts find what design and README promise, null where nothing was measured."""
        summary = rpcx("call", "-p", demo_server, HELLO, "-n", "5", "-c", "2", "-o", "json").json
        assert list(summary) == [
            "version", "command", "target", "started_at", "settings",
            "end_reason", "duration_s", "due_s", "disconnected_s", "calls", "statuses", "errors",
            "throughput_per_s", "latency_ms", "service_ms", "failed_latency_ms",
            "status_latency_ms", "bytes",
            "concurrency", "client", "connection", "disconnected", "methods", "fail_if",
        ]  # fmt: skip
        assert (summary["version"], summary["command"]) == (1, "call")
        assert summary["target"] == demo_server
        assert list(summary["latency_ms"]) == [
            "min", "mean", "p50", "p90", "p95", "p99", "p99.9", "max"
        ]  # fmt: skip
        assert summary["failed_latency_ms"]["p50"] is None
        assert summary["concurrency"]["effective"] is None
        assert summary["methods"][HELLO]["calls"] == summary["calls"]

    def test_failures_say_why(self, rpcx: Callable[..., Any], tmp_path: Path) -> None:
        """Count, share, status, message and first call: in the summary, the JSON and the CSV."""
        csv, saved = tmp_path / "run.csv", tmp_path / "run.json"
        target = "demo?status=UNAVAILABLE&status-message=backend+is+down&status-every=4"
        result = rpcx(
            "call", target, ECHO, "-n", "20", "-o", "summary", "--report", str(csv),
            "--report", str(saved),
        )  # fmt: skip
        assert "failed 5 (25.0 %)" in result.out
        [line] = [line for line in result.lines if "backend is down" in line]
        assert line.split("  ", 2)[1:] == [
            "5", " 100 %  UNAVAILABLE: backend is down  (first: call 3)"
        ]  # fmt: skip
        [error] = json.loads(saved.read_bytes())["errors"]
        assert error == {
            "status": "UNAVAILABLE", "message": "backend is down", "count": 5, "share": 1.0,
            "first_seq": 3,
        }  # fmt: skip
        head, *rows = csv.read_text().splitlines()
        assert head.endswith(",error UNAVAILABLE: backend is down")
        assert sum(int(row.rpartition(",")[2]) for row in rows) == 5
        assert "backend is down" in rpcx("report", str(saved)).out

    def test_summary_is_for_people(self, rpcx: Callable[..., Any], demo_server: str) -> None:
        """Counts and times as text, on standard output, without colour in a pipe."""
        result = rpcx("call", "-p", demo_server, HELLO, "-n", "5", "-o", "summary")
        assert result.lines[0] == f"{HELLO} on {demo_server}"
        assert "OK 5   failed 0" in result.out
        assert "latency" in result.out
        assert "\x1b" not in result.out

    def test_none_prints_nothing(self, rpcx: Callable[..., Any], demo_server: str) -> None:
        """Only the exit status speaks."""
        result = rpcx("call", "-p", demo_server, HELLO, "-n", "5", "-o", "none")
        assert (result.code, result.out, result.err) == (0, "", "")

    def test_unknown_form_is_a_usage_error(self, rpcx: Callable[..., Any]) -> None:
        """The forms there are stand beside the one that was typed."""
        result = rpcx("call", "demo", HELLO, "-o", "yaml")
        assert result.code == 2
        assert "'yaml'" in result.err
        assert "record" in result.err


class TestExitStatus:
    """What the status of the RPCs makes of the exit status."""

    @pytest.mark.parametrize(
        ("status", "code"),
        [("CANCELLED", 65), ("NOT_FOUND", 69), ("INTERNAL", 77), ("UNAVAILABLE", 78)],
    )
    @pytest.mark.parametrize("form", ["message", "json", "none"])
    def test_one_status(
        self, rpcx: Callable[..., Any], demo_server: str, status: str, code: int, form: str
    ) -> None:
        """64 + code where all failed with that status, in every form."""
        headers = ("-H", f"rpcx-status: {status}", "-H", "rpcx-status-message: as asked")
        result = rpcx("call", "-p", demo_server, ECHO, *headers, "-o", form)
        assert result.code == code
        if form == "message":
            assert result.out == ""
            assert result.err.startswith(f"rpcx: {status}: as asked\n")
        elif form == "json":
            assert result.json["statuses"] == {status: 1}

    def test_failures_among_successes(
        self, rpcx: Callable[..., Any], demo_with: Callable[..., str]
    ) -> None:
        """One call in two fails: the successes are printed, the failures decide the status."""
        address = demo_with(status=10, status_every=2)
        result = rpcx("call", "-p", address, HELLO, *NAMED, "-n", "6")
        assert result.code == 74
        assert result.lines == ['{"message":"Hello world"}'] * 3
        assert result.err.count("rpcx: ") == 3
        assert result.err.startswith("rpcx: call 1: ABORTED\n")

    def test_several_statuses(
        self, rpcx: Callable[..., Any], demo_server: str, tmp_path: Path
    ) -> None:
        """Calls that fail with different statuses end in 3: one is aborted, one too large."""
        path = tmp_path / "two.ndjson"
        path.write_text('{"message":"a"}\n{"message":"' + "b" * 5_000_000 + '"}\n')
        result = rpcx("call", "-p", demo_server, ECHO, "-d", f"@{path}", "-o", "json",
                      "-H", "rpcx-status: ABORTED")  # fmt: skip
        assert result.code == 3
        assert result.json["statuses"] == {"RESOURCE_EXHAUSTED": 1, "ABORTED": 1}

    def test_many_failures_are_told_briefly(
        self, rpcx: Callable[..., Any], demo_server: str
    ) -> None:
        """The first few are shown one by one, then all of them in the summary."""
        result = rpcx("call", "-p", demo_server, ECHO, "-H", "rpcx-status: ABORTED",
                      "-H", "rpcx-status-details: none", "-n", "100", "-c", "10")  # fmt: skip
        assert result.code == 74
        lines = result.err.splitlines()
        assert sum(line.startswith("rpcx: ") and "ABORTED" in line for line in lines) == 5
        assert "OK 0   failed 100 (100 %)" in lines

    def test_deadline(self, rpcx: Callable[..., Any], demo_server: str) -> None:
        """-t is the deadline of each call: DEADLINE_EXCEEDED, 68."""
        result = rpcx("call", "-p", demo_server, ECHO, "-H", "rpcx-delay: 60s", "-t", "100ms")
        assert (result.code, result.out) == (68, "")
        assert result.err.startswith("rpcx: DEADLINE_EXCEEDED")
        assert len(result.err.splitlines()) == 1

    def test_help_lists_the_statuses(self, rpcx: Callable[..., Any]) -> None:
        """A page of the manual has every exit status, and every `--help` names that page."""
        page = rpcx("help", "exit-status").out
        for code in ExitCode:
            if code is not ExitCode.STATUS_BASE:
                assert re.search(rf"^\|[^|]*\b{int(code)}\b[^|]*\|", page, re.MULTILINE), code
        for status in Status:
            named = f"{status.name} {ExitCode.STATUS_BASE + status}"
            assert (named in page) == (status is not Status.OK)
        for arguments in (("--help",), ("call", "--help")):
            assert "rpcx help exit-status" in rpcx(*arguments).out


class TestHeaders:
    """-H, both ways."""

    def test_text_and_bytes_go_and_come(self, rpcx: Callable[..., Any], demo_server: str) -> None:
        """What the server sends back is in the record; -bin values in base64 both ways."""
        result = rpcx(
            "call", "-p", demo_server, ECHO, "-o", "record",
            "-H", "rpcx-header-x-a: one two", "-H", "rpcx-header-x-b-bin: AQID",
            "-H", "rpcx-trailer-x-c: 3", "-H", "rpcx-trailer-x-d-bin: /w==",
        )  # fmt: skip
        [record] = result.documents
        assert record["headers"] == [["x-a", "one two"], ["x-b-bin", "AQID"]]
        assert record["trailers"] == [["x-c", "3"], ["x-d-bin", "/w=="]]

    def test_every_call_has_them(self, rpcx: Callable[..., Any], demo_server: str) -> None:
        """The first, verified calls and the fast ones after them carry the same headers."""
        result = rpcx(
            "call", "-p", demo_server, ECHO, "-o", "record", "-n", "20", "-c", "4",
            "-H", "rpcx-header-x-a: 1",
        )  # fmt: skip
        assert [record["headers"] for record in result.documents] == [[["x-a", "1"]]] * 20


class TestLoad:
    """-n, -c, -z, -r, --drain."""

    def test_concurrency_is_what_the_server_sees(
        self,
        rpcx: Callable[..., Any],
        demo_with: Callable[..., str],
        demo_client: Callable[..., Any],
    ) -> None:
        """-c 4 is four handlers at once, never five: the server counted them."""
        address = demo_with(delay=0.03)
        assert rpcx("call", "-p", address, HELLO, "-n", "20", "-c", "4", "-o", "none").code == 0
        total = demo_client(address).stats().total
        assert (total.started, total.finished, total.peak_in_flight) == (20, 20, 4)

    def test_duration_ends_the_run(self, rpcx: Callable[..., Any], demo_server: str) -> None:
        """-z starts nothing after that time and lets what is in flight end."""
        result = rpcx("call", "-p", demo_server, HELLO, "-z", "200ms", "-c", "3", "-o", "json")
        summary = result.json
        assert (result.code, summary["end_reason"]) == (0, "duration")
        assert 0.19 <= summary["duration_s"] < 5
        assert summary["calls"]["cancelled"] == 0
        balance(summary["calls"])

    def test_the_first_of_total_and_duration_ends_the_run(
        self, rpcx: Callable[..., Any], demo_server: str
    ) -> None:
        """Ten calls are done long before a minute."""
        result = rpcx("call", "-p", demo_server, HELLO, "-z", "60s", "-n", "10", "-o", "json")
        assert result.json["end_reason"] == "total"
        assert result.json["calls"]["ok"] == 10

    def test_drain_cancels_what_does_not_end(
        self, rpcx: Callable[..., Any], demo_server: str
    ) -> None:
        """What rpcx cancels is no failure and has no status; it is unanswered, exit 4."""
        result = rpcx(
            "call", "-p", demo_server, HELLO, "-H", "rpcx-delay: 60s", "-t", "100s",
            "-z", "50ms", "--drain", "50ms", "-c", "3", "-o", "json",
        )  # fmt: skip
        calls = result.json["calls"]
        assert (result.code, result.json["statuses"]) == (4, {})
        assert (calls["started"], calls["cancelled"], calls["failed"]) == (3, 3, 0)
        balance(calls)

    def test_rate_is_kept(self, rpcx: Callable[..., Any], demo_server: str) -> None:
        """-r spreads calls evenly: the last of 60 at 200/s is due after 295 ms."""
        result = rpcx("call", "-p", demo_server, HELLO, "-r", "200", "-n", "60", "-o", "json")
        summary = result.json
        assert summary["calls"]["due"] == summary["calls"]["ok"] == 60
        assert summary["duration_s"] >= 0.295
        assert summary["client"]["late_start_ms"]["p50"] is not None

    def test_waiting_for_a_slot_counts(
        self, rpcx: Callable[..., Any], demo_with: Callable[..., str]
    ) -> None:
        """At a rate the server can't keep latency grows and service time does not."""
        address = demo_with(delay=0.05)
        result = rpcx(
            "call", "-p", address, HELLO, "-r", "100", "-n", "10", "-c", "1", "-o", "json"
        )
        summary = result.json
        assert summary["calls"]["ok"] == 10
        assert summary["latency_ms"]["max"] >= 300
        assert summary["service_ms"]["min"] >= 50
        assert summary["service_ms"]["p50"] < summary["latency_ms"]["p50"]

    def test_calls_that_never_started_are_counted(
        self, rpcx: Callable[..., Any], demo_with: Callable[..., str]
    ) -> None:
        """What was due and found no slot is `not_started`; quantiles it reaches are null."""
        address = demo_with(delay=0.2)
        result = rpcx(
            "call", "-p", address, HELLO, "-r", "100", "-z", "300ms", "-c", "1", "-o", "json"
        )
        summary = result.json
        assert summary["calls"]["not_started"] > summary["calls"]["started"]
        assert summary["latency_ms"]["p99"] is None
        assert summary["latency_ms"]["max"] is not None
        balance(summary["calls"])

    def test_one_stream_at_a_time_is_enough(self, rpcx: Callable[..., Any]) -> None:
        """A server that allows one concurrent stream answers every call, and hangs none."""
        result = rpcx("call", "demo?max-streams=1", HELLO, "-n", "30", "-c", "10", "-o", "json")
        assert (result.code, result.json["statuses"]) == (0, {"OK": 30})

    def test_a_limit_of_streams_refuses_nothing(self, rpcx: Callable[..., Any]) -> None:
        """Calls beyond the demo's limit wait for their turn, however fast streams come and go."""
        result = rpcx("call", "demo?max-streams=10", HELLO, "-n", "2000", "-c", "100", "-o", "json")
        assert (result.code, result.json["statuses"]) == (0, {"OK": 2000})

    @pytest.mark.parametrize(
        ("options", "sentence"),
        [
            (("-n", "0"), "-n/--total 0 is below 1"),
            (("-c", "0"), "-c/--concurrency 0 is below 1"),
            (("-r", "0"), "-r/--rps 0 is not above 0"),
            (("-t", "0"), "-t/--timeout 0s is not above 0"),
            (("-t", "soon"), "--timeout: 'soon' is no duration"),
            (("-z", "1x"), "--duration: '1x' is no duration"),
            (("-n", "many"), "'many'"),
        ],
    )
    def test_impossible_numbers(
        self, rpcx: Callable[..., Any], options: tuple[str, str], sentence: str
    ) -> None:
        """Each is a usage error before anything is started."""
        result = rpcx("call", "demo", HELLO, *options)
        assert (result.code, result.out) == (2, "")
        assert sentence in result.err
        assert len(result.err.splitlines()) == 1


class TestData:
    """-d in its three forms."""

    def test_one_call_for_each_document(self, rpcx: Callable[..., Any], demo_server: str) -> None:
        """Without -n there are as many calls as documents, however they stand."""
        data = '{"message":"a"}{"message":"b"}\n{"message":\n"c"}'
        result = rpcx("call", "-p", demo_server, ECHO, "-d", data)
        assert [reply["message"] for reply in result.documents] == ["a", "b", "c"]

    def test_a_file_goes_round(
        self, rpcx: Callable[..., Any], demo_server: str, tmp_path: Path
    ) -> None:
        """With -n beyond its documents a file begins again."""
        path = tmp_path / "two.ndjson"
        path.write_text('{"message":"a"}\n{"message":"b"}\n')
        result = rpcx("call", "-p", demo_server, ECHO, "-d", f"@{path}", "-n", "5")
        assert [reply["message"] for reply in result.documents] == ["a", "b", "a", "b", "a"]

    def test_standard_input_is_read_as_it_comes(
        self, rpcx_start: Callable[..., Any], demo_server: str
    ) -> None:
        """Each document is a call at once; its response is there before the next is written."""
        run = rpcx_start("call", "-p", demo_server, ECHO, "-d", "@-")
        for word in ("a", "b"):
            run.write(json.dumps({"message": word}) + "\n")
            assert json.loads(run.read_line()) == {"message": word}
        run.end_input()
        assert run.wait() == 0
        assert run.err == ""

    def test_standard_input_ends_before_the_total(
        self, rpcx: Callable[..., Any], demo_server: str
    ) -> None:
        """Two documents are two calls, and a warning that ten were asked for."""
        data = '{"message":"a"}{"message":"b"}'
        asked = ("call", "-p", demo_server, ECHO, "-d", "@-", "-n", "10", "-o", "json")
        result = rpcx(*asked, input=data)
        assert (result.code, result.json["end_reason"]) == (0, "data")
        assert result.json["calls"]["ok"] == 2
        assert result.err == (
            "rpcx: standard input ended after 2 documents, before the 10 calls of -n;"
            " standard input cannot be repeated\n"
        )
        assert rpcx(*asked, "-q", input=data).err == ""

    def test_results_before_a_bad_document_are_printed(
        self, rpcx: Callable[..., Any], demo_server: str
    ) -> None:
        """The error comes last, with its line, and exit status 1."""
        data = '{"message":"a"}\n{"message":"b"}\n{"nope":1}\n{"message":"c"}\n'
        result = rpcx("call", "-p", demo_server, ECHO, "-d", "@-", input=data)
        assert [reply["message"] for reply in result.documents] == ["a", "b"]
        assert result.code == 1
        assert (
            'line 3, column 2: "nope" is no field of grpc.examples.echo.EchoRequest' in result.err
        )

    def test_without_data_the_message_is_empty(
        self, rpcx: Callable[..., Any], demo_server: str
    ) -> None:
        """No -d is one empty message."""
        result = rpcx("call", "-p", demo_server, HELLO)
        assert result.out == '{"message":"Hello "}\n'

    def test_piped_data_is_never_lost(self, rpcx: Callable[..., Any], demo_server: str) -> None:
        """Data on standard input that no -d names is refused; -d '{}' and -d @- say what to do."""
        piped = {"input": '{"name":"Ada"}'}
        result = rpcx("call", "-p", demo_server, HELLO, **piped)
        assert (result.code, result.out) == (2, "")
        assert "standard input has data, but no -d names it: add -d @-" in result.err
        assert "Hello Ada" in rpcx("call", "-p", demo_server, HELLO, "-d", "@-", **piped).out
        assert "Hello " in rpcx("call", "-p", demo_server, HELLO, "-d", "{}", **piped).out
        # A message without fields has no use for data.
        assert rpcx("call", "-p", demo_server, "rpcx.demo.Stats/Get", **piped).code == 0

    def test_each_d_is_sent(
        self, rpcx: Callable[..., Any], demo_server: str, tmp_path: Path
    ) -> None:
        """Several -d are one row of documents: literals and files, again and again with -n."""
        path = tmp_path / "b.json"
        path.write_text('{"name":"b"} {"name":"c"}')
        data = ("-d", '{"name":"a"}', "-d", f"@{path}", "-d", '{"name":"d"}')
        result = rpcx("call", "-p", demo_server, HELLO, *data)
        assert [one["message"][-1] for one in result.documents] == [*"abcd"]
        result = rpcx("call", "-p", demo_server, HELLO, *data, "-n", "10")
        assert [one["message"][-1] for one in result.documents] == [*"abcdabcdab"]
        result = rpcx("call", "-p", demo_server, HELLO, *data, "-d", "@-")
        assert (result.code, result.out) == (1, "")
        assert "-d names standard input, which is read as it arrives" in result.err

    @pytest.mark.parametrize(
        "options",
        [("-c", "5"), ("-r", "10"), ("--warmup", "3")],
        ids="".join,
    )
    def test_load_options_do_not_make_one_call(
        self, rpcx: Callable[..., Any], demo_server: str, options: tuple[str, str]
    ) -> None:
        """`-c 5` alone is refused with what is missing, not a run of one call."""
        result = rpcx("call", "-p", demo_server, HELLO, *NAMED, *options)
        assert (result.code, result.out) == (2, "")
        assert f"{options[0]}" in result.err
        assert "needs more than one call: add -n for a number of calls" in result.err

    @pytest.mark.parametrize(
        ("options", "sentence"),
        [
            (("--percentiles", "50"), "--percentiles has no effect if no summary is shown"),
            (("--emit-defaults", "-o", "none"), "--emit-defaults has no effect if no response"),
            (("--key-password-file", "x"), "--key-password-file has no effect without --key"),
            (("--import-path", "."), "--import-path has no effect without --proto"),
            (("--expand-headers",), "--expand-headers has no effect without -H"),
            (("--input-format", "text"), "--input-format has no effect without -d"),
            (("--show-secrets",), "--show-secrets has no effect if no headers are shown"),
            (
                ("--allow-unknown-fields", "--input-format", "binary"),
                "--allow-unknown-fields has no effect with binary input",
            ),
        ],
        ids=lambda value: value[0] if isinstance(value, tuple) else "",
    )
    def test_what_has_no_effect_is_said(
        self, rpcx: Callable[..., Any], demo_server: str, options: tuple[str, ...], sentence: str
    ) -> None:
        """An option that was typed in vain is a remark, which -q leaves out."""
        result = rpcx("call", "-p", demo_server, "rpcx.demo.Stats/Get", *options)
        assert result.code == 0
        assert f"rpcx: {sentence}" in result.err
        assert rpcx("call", "-p", demo_server, "rpcx.demo.Stats/Get", *options, "-q").err == ""

    def test_braces_without_template_are_said(
        self, rpcx: Callable[..., Any], demo_server: str, tmp_path: Path
    ) -> None:
        """What looks like a template and is sent as it is has a remark, in a file too."""
        path = tmp_path / "a.json"
        path.write_text('{"name":"{{seq}}"}')
        for data in ('{"name":"{{seq}}"}', f"@{path}"):
            result = rpcx("call", "-p", demo_server, HELLO, "-d", data)
            assert "Hello {{seq}}" in result.out
            assert "rpcx: {{seq}} is sent as it is; add --template to fill it in" in result.err


def test_method_with_a_dot(rpcx: Callable[..., Any], demo_server: str) -> None:
    """`pkg.Service.Method` is the same method."""
    result = rpcx("call", "-p", demo_server, "helloworld.Greeter.SayHello", *NAMED)
    assert result.out == '{"message":"Hello world"}\n'


def test_variables_stand_for_options(rpcx: Callable[..., Any], demo_server: str) -> None:
    """RPCX_… is an option that is given everywhere; the command line wins."""
    env = {"RPCX_PLAINTEXT": "1", "RPCX_OUTPUT": "json", "RPCX_CONCURRENCY": "3"}
    result = rpcx("call", demo_server, HELLO, "-n", "5", env=env)
    assert result.json["concurrency"]["offered"] == 3
    result = rpcx("call", demo_server, HELLO, "-n", "5", "-c", "2", env=env)
    assert result.json["concurrency"]["offered"] == 2


@pytest.mark.parametrize(
    "method", ["ServerStreamingEcho", "ClientStreamingEcho", "BidirectionalStreamingEcho"]
)
def test_streaming_methods_belong_to_stream(
    rpcx: Callable[..., Any], demo_server: str, method: str
) -> None:
    """Calling one is a usage error that names the command to type."""
    name = f"grpc.examples.echo.Echo/{method}"
    result = rpcx("call", "-p", demo_server, name)
    assert (result.code, result.out) == (2, "")
    assert f"write: rpcx stream -p {demo_server} {name}\n" in result.err


@pytest.mark.parametrize("transport", ["wire", "grpc"])
def test_both_transports_do_the_same(
    rpcx: Callable[..., Any], demo_server: str, transport: str
) -> None:
    """RPCX_TRANSPORT picks one; what comes of a run does not depend on it."""
    result = rpcx(
        "call", "-p", demo_server, HELLO, *NAMED, "-n", "200", "-c", "10", "-o", "json",
        env={"RPCX_TRANSPORT": transport},
    )  # fmt: skip
    assert (result.code, result.json["statuses"]) == (0, {"OK": 200})
    assert result.json["client"]["transport"] == transport
