"""Runs as files: written and read back, merged exactly, compared with what is noise."""

from __future__ import annotations

import copy
import math
import random
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rpcx.output.comparison import comparison_text
from rpcx.output.reports import csv_report, hdr_log, json_report, prometheus
from rpcx.output.stream_summary import stream_text
from rpcx.output.summary import call_text
from rpcx.results import CallResult, Outcome, Status
from rpcx.stats.calls import CallStats
from rpcx.stats.compare import compared
from rpcx.stats.latencies import PERCENTS
from rpcx.stats.merging import merged
from rpcx.stats.run import Run
from rpcx.stats.saved import check_stream, percents_of
from rpcx.stats.saved_run import saved_run
from rpcx.stats.stream_summary import StreamFacts, stream_summary
from rpcx.stats.streams import StreamStats
from rpcx.stats.summary import MethodFacts, RunFacts
from rpcx.verdict.conditions import parse_condition

FACTS = RunFacts(
    "here", (MethodFacts("p.S/A"),), "total", 4, 1000.0, 20.0, 20.0, 0.5, 0.4, (), "core"
)


def calls(count: int, seconds: float, ms: float, seed: int = 1) -> list[CallResult]:
    """So many calls, spread over a run, some of them failed; times vary by a third."""
    chance = random.Random(seed)  # noqa: S311 -- data for a test
    made = []
    for number in range(count):
        end = 1000.0 + seconds * (number + 0.5) / count
        due = end - ms / 1e3 * chance.uniform(0.67, 1.33)
        status = Status.ABORTED if chance.random() < 0.02 else Status.OK
        outcome = Outcome(None, end, status, "", b"12" if not status else None, (), (), False)
        made.append(CallResult(number, due, due, 3, outcome, False, False))
    return made


def run_of(results: list[CallResult], *, seconds: float = 20.0, at: float = 1000.0) -> Run:
    """The run that these came of."""
    stats = CallStats()
    stats.begin(1000.0)
    for start in range(0, len(results), 50):
        batch = results[start : start + 50]
        stats.add(batch, open_loop=False)
        stats.tick(batch[-1].outcome.at, 4, batch[-1].outcome.at / 2)
    return Run(stats, FACTS._replace(duration_s=seconds, due_s=seconds, started_at=at))


def test_a_run_survives_being_written() -> None:
    """The same summary and the same intervals come back from the file."""
    run = run_of(calls(2000, 20, 8))
    again = saved_run(run.as_object())
    assert again.summary() == run.summary()
    assert again.timeline() == run.timeline()


def test_runs_at_once_merge_exactly() -> None:
    """Halves of a run that two machines made give the numbers of the whole."""
    everything = calls(2001, 20, 8)
    whole = run_of(everything).summary()
    halves = [run_of(everything[start::2]) for start in (0, 1)]
    both = merged([saved_run(half.as_object()) for half in halves])
    summary = both.summary()
    for key in ("statuses", "latency_ms", "service_ms", "status_latency_ms", "bytes", "calls",
                "throughput_per_s", "duration_s"):  # fmt: skip
        assert summary[key] == whole[key], key
    assert summary["concurrency"]["offered"] == 8
    assert [row["statuses"] for row in both.timeline()] == [
        row["statuses"] for row in run_of(everything).timeline()
    ]


def test_runs_one_after_the_other_merge_without_the_pause() -> None:
    """A rate is that of the time in which something ran; offered is what was so at once."""
    runs = [run_of(calls(200, 20, 8), at=at) for at in (5000.0, 1000.0, 90_000.0)]
    summary = merged(runs).summary()
    assert summary["duration_s"] == 60.0
    assert summary["throughput_per_s"] == 10.0
    assert summary["concurrency"]["offered"] == 4
    assert len(merged(runs).timeline()) == 60


def test_methods_merge_by_name() -> None:
    """What both called is added up, what one called stays."""
    one, other = (run_of(calls(100, 20, 8)) for _ in range(2))
    other = other._replace(
        facts=other.facts._replace(methods=(MethodFacts("p.S/B", 5, 1),), target="there"),
    )
    summary = merged([one, other, one]).summary()
    assert {name: numbers["calls"]["started"] for name, numbers in summary["methods"].items()} == {
        "p.S/A": 200,
        "p.S/B": 100,
    }
    assert summary["calls"]["not_started"] == 5
    assert summary["target"] == "here, there"


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"version": 2}, "version 2"),
        ({"command": "stream"}, "rpcx stream"),
        ({"histograms": {}}, "is damaged"),
        ({"methods": 5}, "is damaged"),
        ({"started_at": "soon"}, "is damaged"),
        ({"intervals": [{"start_s": 0}]}, "is damaged"),
        ({"duration_s": None}, "is damaged"),
        ({"client": {"cpu_s": 1, "machine_idle": "some", "transport": "core"}}, "is damaged"),
        ({"disconnected": [{"start_s": "x", "duration_s": 1}]}, "is damaged"),
    ],
)
def test_what_is_no_report_is_told_as_what_it_is(change: dict[str, object], says: str) -> None:
    """A newer version, another command, a damaged file."""
    value = run_of(calls(100, 20, 8)).as_object() | change
    with pytest.raises(ValueError, match=says):
        saved_run(value)


@pytest.mark.parametrize("value", [[], {}, "x", None, {"version": 1}])
def test_other_json_is_no_report(value: object) -> None:
    """Whatever it is."""
    with pytest.raises(ValueError, match="is not a report"):
        saved_run(value)


def verdicts(base: Run, other: Run) -> dict[str, str]:
    """What the comparison says of each number."""
    return {row["name"]: row["verdict"] for row in compared(base, other, [50, 99])["rows"]}


def test_the_same_load_again_is_noise() -> None:
    """Two runs that differ by chance alone differ in nothing."""
    found = verdicts(run_of(calls(4000, 20, 8)), run_of(calls(4000, 20, 8, seed=2)))
    assert set(found.values()) == {"noise"}


def test_a_slower_server_is_seen() -> None:
    """A tenth more latency is higher, fewer calls are lower; what stayed is noise."""
    found = verdicts(run_of(calls(4000, 20, 8)), run_of(calls(3600, 20, 8.8, seed=2)))
    assert found["latency_ms.p50"] == found["latency_ms.mean"] == "higher"
    assert found["throughput_per_s"] == "lower"
    assert found["errors"] == "noise"


def test_a_comparison_shows_the_numbers_of_the_reports() -> None:
    """Calls that were answered after the end, and calls that never were, count as they do there.

    The interval of the ratio is that of the time in which calls were due, too.
    """
    runs = []
    for seed in (1, 2):
        results = calls(4000, 20, 8, seed=seed)
        results[-9:] = [result._replace(cancelled=True) for result in results[-9:]]
        stats = CallStats()
        stats.begin(1000.0)
        stats.due_until = 1015.0
        for start in range(0, len(results), 50):
            stats.add(results[start : start + 50], open_loop=False)
        runs.append(Run(stats, FACTS._replace(due_s=15.0)))
    found = {row["name"]: row for row in compared(runs[0], runs[1], [50, 99])["rows"]}
    for side, run in zip(("base", "other"), runs, strict=True):
        summary = run.summary()
        rate = found["throughput_per_s"][side]
        assert rate == pytest.approx(summary["throughput_per_s"], abs=0.001)
        assert rate == pytest.approx(200, abs=1)
        errors = parse_condition("errors>1%").result(summary)["value"]
        assert found["errors"][side] == pytest.approx(errors)
        assert found["latency_ms.p99"][side] == pytest.approx(summary["latency_ms"]["p99"])
    row = found["throughput_per_s"]
    assert row["low"] <= row["ratio"] <= row["high"]
    assert (row["low"], row["high"]) == (pytest.approx(1, abs=0.02), pytest.approx(1, abs=0.02))


def test_too_few_intervals_say_nothing() -> None:
    """However far apart the numbers are."""
    found = compared(
        run_of(calls(400, 5, 8), seconds=5), run_of(calls(400, 5, 80), seconds=5), [50]
    )
    assert {row["verdict"] for row in found["rows"]} == {"unknown"}
    ratios = {row["name"]: row["ratio"] for row in found["rows"]}
    assert ratios["latency_ms.p50"] == pytest.approx(10, rel=0.1)


ODD: list[Any] = [
    None, True, -1, 0, 1, 2**63, 2**70, 10**300, -0.5, 1e-300, 1e300, math.inf, math.nan, "", "x",
    "\x1b[31m", "p1e999", "OK", "9999-12-31T23:59:59+14:00", "HISTFAAAAAA=", [], [None],
    {}, {"x": 1},
]  # fmt: skip
ODD_KEYS = ["p1e999", "px", "p", "p101", "p0", "pnan", "p050", "x", "", "OK", "count", "\x1b[31m"]


def places_of(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The paths of everything inside a JSON value."""
    inner = (
        value.items()
        if isinstance(value, dict)
        else enumerate(value)
        if isinstance(value, list)
        else ()
    )
    return [
        place for key, item in inner for place in [(*path, key), *places_of(item, (*path, key))]
    ]


@st.composite
def mutated(draw: st.DrawFn, report: dict[str, Any]) -> dict[str, Any]:
    """A report with one to three things in it changed, taken out, added or named otherwise."""
    report = copy.deepcopy(report)
    for _ in range(draw(st.integers(1, 3))):
        places = places_of(report)
        *path, key = draw(st.sampled_from(places))
        at: Any = report
        for step in path:
            at = at[step]
        match draw(st.sampled_from(["set", "delete", "rename", "add"])):
            case "set":
                at[key] = copy.deepcopy(draw(st.sampled_from(ODD)))
            case "delete":
                del at[key]
            case "rename" if isinstance(at, dict):
                at[draw(st.sampled_from(ODD_KEYS))] = at.pop(key)
            case "add" if isinstance(at, dict):
                at[draw(st.sampled_from(ODD_KEYS))] = copy.deepcopy(draw(st.sampled_from(ODD)))
            case "add" if isinstance(at, list):
                at.append(copy.deepcopy(draw(st.sampled_from(ODD))))
    return report


CALL_REPORT: dict[str, Any] = orjson.loads(
    orjson.dumps(run_of(calls(300, 3, 8), seconds=3.0).as_object())
)
STREAM_REPORT: dict[str, Any] = orjson.loads(
    orjson.dumps(
        stream_summary(
            StreamStats(),
            StreamFacts(
                target="here",
                method="p.S/A",
                answers=True,
                streams=1,
                begun=0.0,
                cpu_s=0.1,
                transport="core",
                percents=(50.0, 99.0),
                ending={"error": None, "headers": [], "trailers": []},
            ),
        )
    )
)  # fmt: skip


@given(mutated(CALL_REPORT), mutated(CALL_REPORT))
@settings(max_examples=60)
def test_a_changed_report_is_shown_or_refused(one: dict[str, Any], other: dict[str, Any]) -> None:
    """What reading lets pass can be shown in every form, merged and compared."""
    runs = []
    for value in (one, other):
        try:
            runs.append(saved_run(value))
        except ValueError as error:
            assert str(error).startswith(("is ", "has "))  # noqa: PT017 -- either is right
    if len(runs) > 1:
        runs.append(merged(runs))
        comparison_text(compared(runs[0], runs[1], (50.0,)), ["a", "b"], colour=False, width=80)
    for read in runs:
        run = read._replace(percents=sorted({*read.percents, *PERCENTS}))
        text = call_text(run.summary(), colour=False, width=80)
        assert b"\x1b" not in text
        for form in (csv_report, hdr_log, json_report, prometheus):
            form.render(run)


@given(mutated(STREAM_REPORT))
@settings(max_examples=300)
def test_a_changed_report_of_a_stream_is_shown_or_refused(value: dict[str, Any]) -> None:
    """Likewise: what is shown is what was checked."""
    try:
        check_stream(value)
    except ValueError as error:
        assert str(error).startswith("is damaged: ")  # noqa: PT017 -- either is right
        return
    value["fail_if"] = []
    text = stream_text(value, percents_of(value["round_trip_ms"]), colour=False, width=80)
    assert b"\x1b" not in text


@pytest.mark.parametrize(
    ("place", "odd", "words"),
    [
        (("duration_s",), 1e300, "duration_s is 1e+300"),
        (("latency_ms", "p1e999"), 1.0, "latency_ms has 'p1e999', which is not a percentile"),
        (("latency_ms", "px"), 1.0, "latency_ms has 'px'"),
        (("latency_ms", "p101"), 1.0, "latency_ms has 'p101'"),
        (("methods",), {}, "methods"),
        (("started_at",), "yesterday", "started_at is 'yesterday'"),
        (("intervals", 1, "start_s"), 0.0, "intervals"),
        (("client", "machine_idle"), 7, "client.machine_idle is 7"),
        (("histograms", "p.S/A", "latency", "OK", "hdr"), "AAAA", "a histogram cannot be read"),
    ],
)
def test_what_is_damaged_is_named(place: tuple[Any, ...], odd: Any, words: str) -> None:
    """The sentence names the place and what is there."""
    value = copy.deepcopy(CALL_REPORT)
    *path, last = place
    at: Any = value
    for step in path:
        at = at[step]
    at[last] = odd
    with pytest.raises(ValueError, match="is damaged: ") as caught:
        saved_run(value)
    assert words in str(caught.value)
