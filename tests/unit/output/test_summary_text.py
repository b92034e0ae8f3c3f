"""The summary of a run as text: what stands in it, and what does not."""

from __future__ import annotations

from typing import Any

import pytest

from rpcx.output.summary import call_text, verdict_line
from rpcx.results import CallResult, Outcome, Settings, Status
from rpcx.stats.calls import CallStats
from rpcx.stats.merging import merged
from rpcx.stats.run import Run
from rpcx.stats.saved_run import saved_run
from rpcx.stats.summary import MethodFacts, RunFacts


def run_of(settings: Settings, *, waited_s: float = 0.0, calls: int = 20) -> Run:
    """A run of a second, each call 10 ms long, that waited so long for its slot."""
    stats = CallStats()
    stats.begin(0.0)
    results = []
    for number in range(calls):
        due = number / calls
        start = due + waited_s
        outcome = Outcome(None, start + 0.01, Status.OK, "", b"", (), (), False)
        results.append(CallResult(number, due, start, 1, outcome, False, False))
    stats.add(results, open_loop=settings.rate_per_s is not None)
    facts = RunFacts(
        "here", (MethodFacts("p.S/M"),), "total", settings.concurrency or 0, 1e9, 1.0, 1.0, 0.1,
        0.5, (), "core", settings,
    )  # fmt: skip
    return Run(stats, facts)


def text_of(run: Run) -> str:
    """The summary without colour."""
    return call_text(run.summary(), colour=False, width=80).decode()


OPEN = Settings(total=20, concurrency=10_000, rate_per_s=20.0)
CLOSED = Settings(total=20, concurrency=50)


def test_service_time_stands_only_where_it_differs() -> None:
    """Not in a closed loop, nor in an open one that kept its pace; but where calls waited."""
    assert "service time" not in text_of(run_of(CLOSED))
    assert "service time" not in text_of(run_of(OPEN))
    assert "service time" in text_of(run_of(OPEN, waited_s=0.2))


def test_how_many_at_once_is_a_fact() -> None:
    """A closed loop has as many calls in flight as it may and has; an open one has a rate."""
    assert ", up to 20 at once;" in text_of(run_of(CLOSED))
    assert ", up to 50 at once;" in text_of(run_of(CLOSED, calls=60))
    shown = text_of(run_of(OPEN))
    assert "at once" not in shown
    assert "20/s of 20/s due; ended by total" in shown


@pytest.mark.parametrize(
    ("condition", "value", "shown"),
    [
        ("p99>1ms", 8.991, "8.991 ms"),
        ("methods.p.S/M.service_ms.p50 > 1s", 2.5, "2.5 ms"),
        ("errors>1%", 0.025, "2.5 %"),
        ("client.busy<50%", 0.25, "25 %"),
        ("throughput_per_s<100", 2783.0, "2,783/s"),
        ("duration_s>1m", 61.0, "61 s"),
        ("bytes.sent_bytes>1kB", 2000, "2,000 bytes"),
        ("calls.failed>0", 3, "3"),
        ("p99>1ms", None, "not measured"),
    ],
)
def test_the_value_of_a_condition_has_its_unit(
    condition: str, value: float | None, shown: str
) -> None:
    """A number beside its condition says what it is a number of."""
    line = verdict_line({"condition": condition, "value": value, "met": True})
    assert line == f"fail-if {condition}: MET ({shown})"


def test_settings_survive_a_file_and_a_merge() -> None:
    """A saved run has its settings; of two merged, what both were asked for."""
    run = run_of(OPEN)
    assert saved_run(run.as_object()).facts.settings == OPEN
    other = run_of(OPEN._replace(rate_per_s=30.0))
    assert merged([run, other]).facts.settings == OPEN._replace(rate_per_s=None)


def test_a_file_without_settings_is_read() -> None:
    """The first files of version 1 have none: each is unknown, and nothing is made up."""
    saved: dict[str, Any] = run_of(OPEN, waited_s=0.2).as_object()
    del saved["settings"]
    run = saved_run(saved)
    assert run.facts.settings == Settings()
    assert "at once" not in text_of(run)


def test_a_damaged_setting_is_refused() -> None:
    """What a saved report says is checked."""
    saved = run_of(OPEN).as_object()
    saved["settings"] = saved["settings"] | {"timeout_s": "soon"}
    with pytest.raises(ValueError, match=r"settings\.timeout_s is not a number"):
        saved_run(saved)
