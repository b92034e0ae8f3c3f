"""Runs as files: written and read back, merged exactly, compared with what is noise."""

from __future__ import annotations

import random

import pytest

from rpcx.results import CallResult, Outcome, Status
from rpcx.stats.calls import CallStats
from rpcx.stats.compare import compared
from rpcx.stats.merging import merged
from rpcx.stats.run import Run
from rpcx.stats.summary import MethodFacts, RunFacts

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
    again = Run.of_object(run.as_object())
    assert again.summary() == run.summary()
    assert again.timeline() == run.timeline()


def test_runs_at_once_merge_exactly() -> None:
    """Halves of a run that two machines made give the numbers of the whole."""
    everything = calls(2001, 20, 8)
    whole = run_of(everything).summary()
    halves = [run_of(everything[start::2]) for start in (0, 1)]
    both = merged([Run.of_object(half.as_object()) for half in halves])
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
        Run.of_object(value)


@pytest.mark.parametrize("value", [[], {}, "x", None, {"version": 1}])
def test_other_json_is_no_report(value: object) -> None:
    """Whatever it is."""
    with pytest.raises(ValueError, match="is no report"):
        Run.of_object(value)


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


def test_too_few_intervals_say_nothing() -> None:
    """However far apart the numbers are."""
    found = compared(
        run_of(calls(400, 5, 8), seconds=5), run_of(calls(400, 5, 80), seconds=5), [50]
    )
    assert {row["verdict"] for row in found["rows"]} == {"unknown"}
    ratios = {row["name"]: row["ratio"] for row in found["rows"]}
    assert ratios["latency_ms.p50"] == pytest.approx(10, rel=0.1)
