"""Report files, the verdict, intervals, and `rpcx report`."""

from __future__ import annotations

import csv
import io
import json
import signal
from typing import TYPE_CHECKING, Any

import pytest
from hdrh.histogram import HdrHistogram
from hdrh.log import HistogramLogReader
from prometheus_client.parser import text_string_to_metric_families

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

HELLO = "helloworld.Greeter/SayHello"
ECHO = "grpc.examples.echo.Echo/UnaryEcho"


@pytest.fixture
def saved(rpcx: Callable[..., Any], demo_server: str, tmp_path: Path) -> Path:
    """A directory with a run in every form."""
    files = [str(tmp_path / f"run.{form}") for form in ("json", "csv", "hdr", "prom")]
    options = [word for file in files for word in ("--report", file)]
    result = rpcx("call", "-p", demo_server, HELLO, "-n", "300", "-c", "3", "-o", "none",
                  "--interval", "100ms", *options)  # fmt: skip
    assert result.code == 0, result.err
    return tmp_path


class TestForms:
    """One run, in every form."""

    def test_json_is_the_summary_and_more(self, saved: Path) -> None:
        """Histograms and intervals come with it, and they are HDR's own and add up."""
        report = json.loads((saved / "run.json").read_bytes())
        assert (report["version"], report["calls"]["ok"]) == (1, 300)
        population = report["histograms"][HELLO]["latency"]["OK"]
        assert HdrHistogram.decode(population["hdr"]).get_total_count() == 300
        assert sum(row["statuses"]["OK"] for row in report["intervals"] if row["statuses"]) == 300
        assert report["intervals"][0]["duration_s"] <= 0.1

    def test_csv_has_a_row_for_each_interval(self, saved: Path) -> None:
        """A header of known names, numbers below it."""
        rows = list(csv.DictReader(io.StringIO((saved / "run.csv").read_text())))
        assert sum(int(row["status_OK"]) for row in rows) == 300
        assert float(rows[0]["latency_ms_p50"]) > 0
        assert [float(row["start_s"]) for row in rows] == sorted(
            float(row["start_s"]) for row in rows
        )

    def test_hdr_is_read_by_the_log_reader(self, saved: Path) -> None:
        """All intervals together have every call, in microseconds."""
        whole = HdrHistogram(1, 24 * 3600 * 10**6, 3)
        reader = HistogramLogReader(str(saved / "run.hdr"), whole)
        while reader.add_next_interval_histogram():
            pass
        reader.close()
        summary = json.loads((saved / "run.json").read_bytes())
        assert whole.get_total_count() == 300
        assert whole.get_value_at_percentile(50) / 1000 == pytest.approx(
            summary["latency_ms"]["p50"], rel=2e-3
        )

    def test_prom_is_prometheus_text(self, saved: Path) -> None:
        """Prometheus' own parser reads it, and finds the same numbers."""
        families = {
            family.name: family
            for family in text_string_to_metric_families((saved / "run.prom").read_text())
        }
        [calls] = families["rpcx_calls"].samples
        assert (calls.labels["method"], calls.labels["status"], calls.value) == (HELLO, "OK", 300)
        summary = json.loads((saved / "run.json").read_bytes())
        values = {
            sample.labels.get("quantile", sample.name): sample.value
            for sample in families["rpcx_latency_seconds"].samples
        }
        assert values["0.99"] == pytest.approx(summary["latency_ms"]["p99"] / 1000)
        assert values["rpcx_latency_seconds_count"] == 300

    @pytest.mark.parametrize(
        ("file", "says"),
        [
            ("run.xml", ".json, .csv"),
            ("run", ".json, .csv"),
            ("missing/run.json", "there is no directory"),
            ("/proc/run.json", "cannot be written"),
            ("n" * 260 + ".json", "cannot be written: File name too long"),
        ],
    )
    def test_a_report_that_can_not_be_written(
        self, rpcx: Callable[..., Any], demo_server: str, tmp_path: Path, file: str, says: str
    ) -> None:
        """It is refused before the run."""
        result = rpcx("call", "-p", demo_server, HELLO, "--report", file, cwd=tmp_path)
        assert (result.code, result.out) == (2, "")
        assert says in result.err
        assert "Traceback" not in result.err


class TestVerdict:
    """Conditions and the exit status."""

    def test_one_that_fails_keeps_no_other_from_being_written(
        self, rpcx: Callable[..., Any], demo_server: str, tmp_path: Path
    ) -> None:
        """Nor the summary from being printed; what could not be written is kept elsewhere."""
        (tmp_path / "full.json").symlink_to("/dev/full")
        result = rpcx("call", "-p", demo_server, HELLO, "-o", "json", "--report",
                      str(tmp_path / "full.json"), "--report", str(tmp_path / "x.json"),
                      env={"TMPDIR": str(tmp_path)})  # fmt: skip
        assert result.code == 1
        assert "was not written: No space left on device; it is in" in result.err
        [kept] = tmp_path.glob("rpcx-*.json")
        assert json.loads(kept.read_bytes())["calls"]["ok"] == 1
        assert result.json["calls"]["ok"] == 1
        assert (tmp_path / "x.json").exists()

    @pytest.mark.parametrize(
        ("headers", "conditions", "code"),
        [
            ((), ("p50<1ms", "errors>1%"), 0),
            ((), ("p50>0.001ms",), 99),
            ((), ("errors>1%", "calls.ok>0"), 99),
            (("-H", "rpcx-status: NOT_FOUND"), ("p99.9<1h",), 99),
            (("-H", "rpcx-status: NOT_FOUND"), ("calls.not_started>0",), 69),
            (("-H", "rpcx-status: NOT_FOUND"), ("statuses.UNAVAILABLE>0",), 0),
            (("-H", "rpcx-status: NOT_FOUND"), ("errors>50%",), 99),
        ],
    )
    def test_exit_status(
        self,
        rpcx: Callable[..., Any],
        demo_server: str,
        headers: tuple[str, ...],
        conditions: tuple[str, ...],
        code: int,
    ) -> None:
        """99 where one is met; 0 where none is and one speaks of errors; else the calls' own."""
        options = [word for condition in conditions for word in ("--fail-if", condition)]
        result = rpcx("call", "-p", demo_server, ECHO, *headers, "-n", "10", "-o", "json", *options)
        shown = result.json["fail_if"]
        assert [one["condition"] for one in shown] == list(conditions)
        # A handler that takes less than a millisecond meets the first.
        expected = 99 if any(one["met"] for one in shown) else code
        assert result.code == expected
        assert code != 99 or expected == 99

    def test_a_wrong_condition_is_refused_before_anything_runs(
        self, rpcx: Callable[..., Any], silent_port: int
    ) -> None:
        """Before the server is even reached."""
        result = rpcx("call", "-p", f"127.0.0.1:{silent_port}", HELLO, "--fail-if", "p99>1x")
        assert (result.code, "'p99>1x'" in result.err) == (2, True)
        result = rpcx("call", "-p", f"127.0.0.1:{silent_port}", HELLO, "--fail-if", "lat>1")
        assert (result.code, "no number 'lat'" in result.err) == (2, True)

    def test_the_method_of_a_condition_must_be_called(
        self, rpcx: Callable[..., Any], demo_server: str
    ) -> None:
        """Which is known once the server was asked, and before the first call."""
        for name, code in ((HELLO, 0), (ECHO, 2)):
            result = rpcx(
                "call", "-p", demo_server, HELLO, "--fail-if", f"methods.{name}.errors>0", "-q"
            )
            assert result.code == code, result.err

    def test_the_summary_says_it(self, rpcx: Callable[..., Any], demo_server: str) -> None:
        """In words, with the value; with results on standard output, standard error does."""
        command = ("call", "-p", demo_server, HELLO, "-n", "5", "--fail-if", "calls.ok>4")
        assert "fail-if calls.ok>4: MET (5)" in rpcx(*command, "-o", "summary").out
        result = rpcx(*command, "-o", "message")
        assert result.err.count("fail-if calls.ok>4: MET (5)") == 1

    def test_percentiles(self, rpcx: Callable[..., Any], demo_server: str) -> None:
        """The table has those asked for; the JSON has the usual ones too."""
        command = ("call", "-p", demo_server, HELLO, "-n", "5", "--percentiles", "75,99.99")
        words = rpcx(*command, "-o", "summary").out.split()
        assert words[words.index("min") :][:5] == ["min", "mean", "p75", "p99.99", "max"]
        names = list(rpcx(*command, "-o", "json").json["latency_ms"])
        assert names == [
            "min", "mean", "p50", "p75", "p90", "p95", "p99", "p99.9", "p99.99", "max"
        ]  # fmt: skip
        result = rpcx("call", "-p", demo_server, HELLO, "--percentiles", "50,101")
        assert (result.code, "'50,101'" in result.err) == (2, True)

    def test_many_percentiles_are_all_shown(
        self, rpcx: Callable[..., Any], demo_server: str
    ) -> None:
        """A row that is longer than the terminal is wide is shown whole."""
        percents = ",".join(map(str, range(5, 100, 5)))
        result = rpcx("call", "-p", demo_server, HELLO, "-n", "5", "--percentiles", percents,
                      "-o", "summary", env={"COLUMNS": "80"})  # fmt: skip
        row = next(line for line in result.lines if line.startswith("latency"))
        assert len(row.split()) == 1 + 19 + 3
        assert "…" not in result.out


class TestTruth:
    """The numbers beside the calls that they are of."""

    def test_percentiles_are_those_of_the_records(
        self, rpcx: Callable[..., Any], demo_server: str, tmp_path: Path
    ) -> None:
        """Sorted by hand, the records give the summary: to 0.1 %, extremes and counts exactly."""
        file = tmp_path / "run.json"
        result = rpcx(
            "call", "-p", demo_server, ECHO, "-d", '{"message":"abc"}', "-r", "400", "-n", "400",
            "-c", "3", "-o", "record", "-q", "--report", str(file),
        )  # fmt: skip
        report = json.loads(file.read_bytes())
        assert report["calls"]["ok"] == len(result.documents) == 400
        for key, of_record in (("latency_ms", "latency_ms"), ("service_ms", "service_ms")):
            times = sorted(record[of_record] for record in result.documents)
            for name, rank in (("p50", 200), ("p90", 360), ("p99", 396)):
                assert report[key][name] == pytest.approx(times[rank - 1], rel=2e-3, abs=2e-3)
            assert report[key]["min"] == pytest.approx(times[0], abs=2e-3)
            assert report[key]["max"] == pytest.approx(times[-1], abs=2e-3)
            assert report[key]["mean"] == pytest.approx(sum(times) / 400, abs=2e-3)
        assert report["bytes"] == {"sent_bytes": 400 * 5, "received_bytes": 400 * 5}


class TestMethods:
    """Several methods in one run."""

    def test_each_has_its_numbers(
        self, rpcx: Callable[..., Any], demo_server: str, tmp_path: Path
    ) -> None:
        """Also one that is named twice; together they are those of the run, in every form."""
        files = [str(tmp_path / f"run.{form}") for form in ("json", "prom", "html", "csv")]
        summary = rpcx(
            "call", "-p", demo_server, HELLO, "-d", '{"name":"a"}',
            "--call", f'2:{ECHO}={{"message":"b"}}', "--call", f'{HELLO}={{"name":"c"}}',
            "-n", "40", "-c", "4", "-o", "json", "--fail-if", f"methods.{ECHO}.calls.ok<20",
            *[word for file in files for word in ("--report", file)],
        ).json  # fmt: skip
        methods = summary["methods"]
        assert {name: one["calls"]["ok"] for name, one in methods.items()} == {HELLO: 20, ECHO: 20}
        for key in ("sent_bytes", "received_bytes"):
            assert sum(one["bytes"][key] for one in methods.values()) == summary["bytes"][key]
        assert summary["fail_if"][0]["met"] is False
        report = json.loads((tmp_path / "run.json").read_bytes())
        assert list(report["histograms"]) == [HELLO, ECHO]
        assert rpcx("report", files[0], "-o", "json").json["methods"] == methods

    def test_the_table_fits_80_columns(self, rpcx: Callable[..., Any], demo_server: str) -> None:
        """A row for each method, and no line is broken."""
        result = rpcx(
            "call", "-p", demo_server, HELLO, "--call", f"{ECHO}={{}}", "-n", "20", "-o", "summary",
            env={"COLUMNS": "80"},
        )  # fmt: skip
        rows = [line for line in result.lines if line.startswith(("SayHello", "UnaryEcho"))]
        assert [len(row.split()) for row in rows] == [9, 9]
        assert max(map(len, result.lines)) <= 80


class TestInterrupted:
    """A run that a signal ended."""

    def test_it_is_saved_and_judged(
        self, rpcx_start: Callable[..., Any], rpcx: Callable[..., Any], demo_server: str,
        tmp_path: Path,
    ) -> None:  # fmt: skip
        """130 comes before 99; the report has what was done until then."""
        file = str(tmp_path / "run.json")
        run = rpcx_start("call", "-p", demo_server, HELLO, "-z", "60s", "-o", "record",
                         "--report", file, "--fail-if", "calls.ok>0")  # fmt: skip
        run.read_line()
        run.signal(signal.SIGINT)
        assert run.wait() == 130
        summary = rpcx("report", file, "-o", "json").json
        assert summary["end_reason"] == "interrupted"
        assert summary["calls"]["ok"] > 0

    def test_nobody_reads_the_results(
        self, rpcx_start: Callable[..., Any], demo_server: str, tmp_path: Path
    ) -> None:
        """The report is written all the same."""
        run = rpcx_start("call", "-p", demo_server, HELLO, "-z", "60s", "-o", "record",
                         "--report", str(tmp_path / "run.json"))  # fmt: skip
        run.read_line()
        run.close_output()
        assert run.wait() == 141
        assert json.loads((tmp_path / "run.json").read_bytes())["calls"]["ok"] > 0


class TestIntervals:
    """--interval."""

    def test_each_is_told_in_json(self, rpcx: Callable[..., Any], demo_server: str) -> None:
        """On standard error, with every call in one of them."""
        result = rpcx(
            "call", "-p", demo_server, HELLO, "-z", "500ms", "-c", "2", "-o", "json",
            "--interval", "100ms",
        )  # fmt: skip
        rows = [json.loads(line) for line in result.err.splitlines()]
        assert len(rows) >= 5
        assert sum(row["statuses"].get("OK", 0) for row in rows) == result.json["calls"]["ok"]
        assert rows[-1]["so_far"]["statuses"] == result.json["statuses"]
        assert rows[-1]["so_far"]["latency_ms"] == result.json["latency_ms"]
        assert [row["start_s"] for row in rows] == pytest.approx([n / 10 for n in range(len(rows))])

    def test_on_a_terminal_there_is_the_panel(
        self, rpcx_tty: Callable[..., Any], demo_server: str
    ) -> None:
        """And no JSON between its lines."""
        terminal = rpcx_tty("call", "-p", demo_server, HELLO, "-z", "600ms", "--interval", "100ms")
        assert terminal.wait() == 0
        assert "so_far" not in terminal.plain

    def test_too_short_an_interval(self, rpcx: Callable[..., Any], demo_server: str) -> None:
        """Nothing can be measured in a millisecond."""
        result = rpcx("call", "-p", demo_server, HELLO, "--interval", "1ms")
        assert (result.code, "100ms" in result.err) == (2, True)


class TestReportCommand:
    """rpcx report."""

    def test_shows_one(self, rpcx: Callable[..., Any], saved: Path) -> None:
        """As the run itself showed it; -o json gives the summary again."""
        result = rpcx("report", str(saved / "run.json"))
        assert result.code == 0
        assert "300 calls in" in result.out
        report = json.loads((saved / "run.json").read_bytes())
        summary = rpcx("report", str(saved / "run.json"), "-o", "json").json
        assert summary == {key: report[key] for key in summary}

    def test_merges(self, rpcx: Callable[..., Any], saved: Path) -> None:
        """Twice the run has twice the calls, the same percentiles; and can be written again."""
        run, both = str(saved / "run.json"), str(saved / "both.json")
        summary = rpcx("report", "--merge", run, run, "-o", "json", "--report", both).json
        report = json.loads((saved / "run.json").read_bytes())
        assert summary["calls"]["ok"] == 600
        assert summary["latency_ms"] == report["latency_ms"]
        assert rpcx("report", both, "-o", "json").json == summary

    def test_compares(self, rpcx: Callable[..., Any], saved: Path) -> None:
        """A run is itself: every ratio is 1."""
        run = str(saved / "run.json")
        rows = rpcx("report", "--compare", run, run, "-o", "json").json["rows"]
        assert {row["ratio"] for row in rows} <= {1.0, None}
        assert {row["verdict"] for row in rows} <= {"noise", "unknown"}
        assert "calls/s" in rpcx("report", "--compare", run, run).out

    def test_shows_a_stream(
        self, rpcx: Callable[..., Any], demo_server: str, tmp_path: Path
    ) -> None:
        """As it was shown; conditions are judged anew; two can't be merged."""
        file = str(tmp_path / "stream.json")
        bidi = "grpc.examples.echo.Echo/BidirectionalStreamingEcho"
        stream = rpcx("stream", "-p", demo_server, bidi, "-d", '{"message":"x"}', "-n", "5",
                      "--match", "order", "-o", "summary", "--report", file)  # fmt: skip
        assert rpcx("report", file).out == stream.out
        assert rpcx("report", file, "-o", "json").json["sent"]["messages"] == 5
        assert rpcx("report", file, "--fail-if", "sent.messages>4").code == 99
        result = rpcx("report", "--merge", file, file)
        assert (result.code, "rpcx stream" in result.err) == (1, True)
        broken = tmp_path / "broken.json"
        broken.write_text('{"version":1,"command":"stream"}')
        result = rpcx("report", str(broken))
        assert (result.code, "is damaged" in result.err) == (1, True)

    def test_judges(self, rpcx: Callable[..., Any], saved: Path) -> None:
        """Conditions on a saved run, with percentiles from its histograms."""
        run = str(saved / "run.json")
        assert rpcx("report", run, "--fail-if", "p99.99>1h").code == 0
        assert rpcx("report", run, "--fail-if", "p12.5>0.001ms").code == 99
        assert rpcx("report", run, "--fail-if", "p12.5>1").code == 2

    @pytest.mark.parametrize(
        ("arguments", "says"),
        [
            (("run.json", "run.json"), "--merge or --compare"),
            (("--merge", "--compare", "run.json", "run.json"), "give one of them"),
            (("--compare", "run.json"), "takes two files"),
            (("--compare", "run.json", "run.json", "--fail-if", "p99>1s"), "are for one run"),
            ((), "FILE"),
        ],
    )
    def test_usage(
        self, rpcx: Callable[..., Any], saved: Path, arguments: tuple[str, ...], says: str
    ) -> None:
        """What can't be meant is refused with what would work."""
        result = rpcx("report", *arguments, cwd=saved)
        assert result.code == 2
        assert says in result.err

    @pytest.mark.parametrize(
        ("content", "says"),
        [
            (None, "cannot be read: No such file"),
            ("", "is not JSON"),
            ('{"version":1', "is not JSON"),
            ("[1]", "is not a report"),
            ('{"version":7,"command":"call"}', "version 7"),
            ('{"version":1,"command":"call"}', "without histograms"),
            ('{"version":1,"command":"call","histograms":{},"intervals":[]}', "is damaged"),
        ],
    )
    def test_files_that_are_no_reports(
        self, rpcx: Callable[..., Any], tmp_path: Path, content: str | None, says: str
    ) -> None:
        """One sentence, no traceback."""
        if content is not None:
            (tmp_path / "x.json").write_text(content)
        result = rpcx("report", "x.json", cwd=tmp_path)
        assert result.code == 1
        assert "'x.json'" in result.err
        assert says in result.err
        assert len(result.err.splitlines()) == 1
