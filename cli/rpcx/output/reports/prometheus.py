"""`--report x.prom`: Prometheus text format, as node_exporter's text file collector reads it.

https://prometheus.io/docs/instrumenting/exposition_formats/
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rpcx.results import Status

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rpcx.stats.latencies import Latencies
    from rpcx.stats.run import Run

    Sample = tuple[str, dict[str, str], float | None]


def check() -> None:
    """It needs nothing."""


def render(run: Run) -> bytes:
    """Counters, gauges and summaries; what was not measured has no sample."""
    return "".join(_lines(run)).encode()


def _lines(run: Run) -> Iterator[str]:
    summary = run.summary()
    target = {"target": summary["target"]}
    methods = [
        (target | {"method": method.name}, calls)
        for method, calls in zip(run.facts.methods, run.stats.methods, strict=True)
    ]
    yield from _family(
        "rpcx_calls_total",
        "counter",
        "Calls that ended, by status.",
        [
            ("", labels | {"status": status.name}, count)
            for labels, calls in methods
            for status, count in calls.statuses.items()
        ],
    )
    for key in ("due", "not_started", "cancelled", "reissued"):
        yield from _family(
            f"rpcx_calls_{key}",
            "gauge",
            f"Calls {key.replace('_', ' ')}.",
            [
                ("", target | {"method": name}, numbers["calls"][key])
                for name, numbers in summary["methods"].items()
            ],
        )
    yield from _family(
        "rpcx_latency_seconds",
        "summary",
        "Due to status, of OK calls.",
        [
            sample
            for (labels, calls), method in zip(methods, run.facts.methods, strict=True)
            for sample in _quantiles(labels, calls.ok_latency, run, method.not_started)
        ],
    )
    yield from _family(
        "rpcx_service_seconds",
        "summary",
        "Actual start to status, of OK calls.",
        [
            sample
            for labels, calls in methods
            for sample in _quantiles(labels, calls.ok_service, run)
        ],
    )
    yield from _family(
        "rpcx_failed_latency_seconds",
        "summary",
        "Due to status, of failed calls.",
        [
            sample
            for labels, calls in methods
            for status, latencies in sorted(calls.latency.items())
            if status is not Status.OK
            for sample in _quantiles(labels | {"status": status.name}, latencies, run)
        ],
    )
    sent, received = (summary["bytes"][key] for key in ("sent_bytes", "received_bytes"))
    client = summary["client"]
    for name, what, value in (
        ("duration_seconds", "How long the run was.", summary["duration_s"]),
        (
            "throughput_calls_per_second",
            "Calls that ended ÷ duration.",
            summary["throughput_per_s"],
        ),
        ("sent_bytes", "Serialised requests.", sent),
        ("received_bytes", "Serialised responses.", received),
        ("in_flight_calls", "Calls in flight on average.", summary["concurrency"]["in_flight"]),
        ("client_busy_ratio", "CPU seconds ÷ seconds, the highest interval.", client["busy"]),
        ("machine_idle_ratio", "Processor time nobody used.", client["machine_idle"]),
        ("started_timestamp_seconds", "When the run began.", run.facts.started_at),
    ):
        yield from _family(f"rpcx_{name}", "gauge", what, [("", target, value)])


def _quantiles(
    labels: dict[str, str], latencies: Latencies, run: Run, never: int = 0
) -> list[Sample]:
    if not latencies.count:
        return []
    values = latencies.quantiles_ms(run.percents, never=never)
    return [
        *(
            ("", labels | {"quantile": f"{percent / 100:.12g}"}, value / 1e3)
            for percent, value in zip(run.percents, values, strict=True)
            if value is not None
        ),
        ("_sum", labels, latencies.sum_s),
        ("_count", labels, latencies.count),
    ]


def _family(name: str, kind: str, what: str, samples: list[Sample]) -> Iterator[str]:
    measured = [sample for sample in samples if sample[2] is not None]
    if not measured:
        return
    yield f"# HELP {name} {what}\n# TYPE {name} {kind}\n"
    for suffix, labels, value in measured:
        inside = ",".join(f'{key}="{_escaped(text)}"' for key, text in labels.items())
        yield f"{name}{suffix}{{{inside}}} {value}\n"


def _escaped(text: str) -> str:
    clean = text.encode("utf-8", "replace").decode()
    return clean.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
