"""--fail-if: the grammar, which numbers there are, and when a condition is met."""

from __future__ import annotations

from typing import Any

import pytest

from rpcx.errors import UsageError
from rpcx.results import CallResult, Outcome, Status
from rpcx.stats.calls import CallStats
from rpcx.stats.summary import MethodFacts, RunFacts, call_summary
from rpcx.verdict.conditions import parse_condition, percents

METHOD = "p.q.S/M"


def summary(*calls: tuple[Status, float], with_percents: tuple[float, ...] = (50, 99.9)) -> Any:
    """The summary of calls that ended so, after so many milliseconds."""
    stats = CallStats()
    stats.begin(0.0)
    stats.add(
        [
            CallResult(
                0,
                1.0,
                1.0,
                1,
                Outcome(None, 1 + ms / 1e3, status, "", b"", (), (), False),
                *[False] * 2,
            )
            for status, ms in calls
        ],
        open_loop=False,
    )
    facts = RunFacts(
        "t", (MethodFacts(METHOD),), "total", 4, 0.0, 2.0, 2.0, 0.5, None, (), "wire"
    )  # fmt: skip
    return call_summary(stats, facts, with_percents)


SOME = summary((Status.OK, 10), (Status.OK, 20), (Status.OK, 30), (Status.UNAVAILABLE, 5))


@pytest.mark.parametrize(
    ("text", "value", "met"),
    [
        ("p50>15ms", 20.0, True),
        ("p50 > 25ms", 20.0, False),
        ("p99.9>=0.03s", 30.0, True),
        ("latency_ms.p99.9 >= 20", 30.0, True),
        ("latency_ms.p99.9>=20ms", 30.0, True),
        ("max==30ms", 30.0, True),
        ("min<10ms", 10.0, False),
        ("mean!=20ms", 20.0, False),
        ("errors>20%", 0.25, True),
        ("errors>25%", 0.25, False),
        ("errors>0", 0.25, True),
        ("calls.failed>0", 1, True),
        ("calls.not_started>0", 0, False),
        ("statuses.UNAVAILABLE>0", 1, True),
        ("statuses.NOT_FOUND>0", 0, False),
        ("status_latency_ms.UNAVAILABLE.max<=5ms", 5.0, True),
        ("throughput_per_s<1000", 2.0, True),
        ("throughput_per_s<1/s", 2.0, False),
        ("bytes.sent_bytes>1kB", 4, False),
        ("bytes.sent_bytes>3", 4, True),
        ("duration_s>1s", 2.0, True),
        ("duration_s>3000ms", 2.0, False),
        (f"methods.{METHOD}.p50>15ms", 20.0, True),
        (f"methods.{METHOD}.errors>50%", 0.25, False),
        (f"methods.{METHOD}.latency_ms.p99.9>1", 30.0, True),
        (f"methods.{METHOD}.statuses.ABORTED>0", 0, False),
    ],
)
def test_a_condition_is_met_or_not(text: str, value: float, met: bool) -> None:
    """The number is found by its name, the limit read in its unit, and they are compared."""
    condition = parse_condition(text)
    condition.check(SOME)
    result = condition.result(SOME)
    assert (result["condition"], result["met"]) == (text, met)
    assert result["value"] == pytest.approx(value, rel=1e-3)


@pytest.mark.parametrize(
    "text",
    ["p50>1s", "errors>1%", "client.busy>85%", "concurrency.effective<4",
     "status_latency_ms.NOT_FOUND.p50>1s"],
)  # fmt: skip
def test_what_was_not_measured_meets_every_condition(text: str) -> None:
    """Nothing shows that it holds: that fails, and never passes by chance."""
    nothing = summary()
    condition = parse_condition(text)
    condition.check(nothing)
    assert condition.result(nothing) == {"condition": text, "value": None, "met": True}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("p50", "is not a condition"),
        (">50ms", "is not a condition"),
        ("p50>", "is not a condition"),
        ("p50=5ms", "write =="),
        ("p50>5", "Write 5ms"),
        ("p50>5 parsecs", "no duration"),
        ("errors>1", "write 1%"),
        ("errors>x", "not a number"),
        ("calls.failed>5%", "no unit"),
        ("bytes.sent_bytes>1 stone", "not a unit of sizes"),
    ],
)
def test_what_is_no_condition(text: str, says: str) -> None:
    """It is quoted, with what would work."""
    with pytest.raises(UsageError, match=says):
        parse_condition(text).check(SOME)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("latncy_ms.p50>5ms", "did you mean .*latency_ms.p50"),
        ("p5x>5ms", "there is no number 'p5x'; did you mean p50"),
        ("latncy>5 parsecs", "there is no number 'latncy'"),
        ("latency_ms.p51>5ms", "no number"),
        ("statuses.GONE>0", "no number"),
        ("end_reason>5", "is not a number"),
        ("calls>5", "is not a number"),
        ("disconnected>5", "is not a number"),
        ("methods.p.q.S/Other.p50>5ms", "no number"),
        ("status_latency_ms.ABORTED.p51>5ms", "no number"),
    ],
)
def test_a_name_that_no_number_has(text: str, says: str) -> None:
    """It is refused before anything runs, with the nearest names."""
    with pytest.raises(UsageError, match=says):
        parse_condition(text).check(SOME)


def test_conditions_bring_the_percentiles_they_need() -> None:
    """Also those that nobody asked to see, of a method too."""
    texts = ["p99.99>1s", f"methods.{METHOD}.service_ms.p75>1s", "errors>1%", "max>1s"]
    assert percents(map(parse_condition, texts), [50]) == [50, 75, 99.99]


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("errors>1%", True),
        ("calls.failed>3", True),
        ("statuses.NOT_FOUND>0", True),
        (f"methods.{METHOD}.errors>1%", True),
        ("p99>1s", False),
        ("calls.not_started>0", False),
    ],
)
def test_whether_a_condition_says_which_failures_count(text: str, clean: bool) -> None:
    """Then failures it allows end in exit status 0."""
    assert parse_condition(text).speaks_of_errors is clean


@pytest.mark.parametrize("size", ["10mb", "10MB", "10k", "10KiB", "1.5G"])
def test_sizes_are_written_as_everywhere(size: str) -> None:
    """The units are those of --max-message-size."""
    parse_condition(f"bytes.sent_bytes>{size}").check(SOME)
