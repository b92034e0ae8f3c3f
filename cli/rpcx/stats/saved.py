"""Checks of saved reports: what is shown, merged or compared afterwards is valid.

A report comes from a file that anybody may have changed. Its form is written here once, as a
combination of checks, and code that reads a report relies on them. Keys without a check are
ignored: they are computed again, or not shown.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

from rpcx.connections import Holder
from rpcx.results import Status
from rpcx.stats.intervals import MOST
from rpcx.stats.latencies import column

Check = Callable[[Any, str], None]
"""Takes a value and where it is, and raises ValueError if it is not what it should be."""

_LONGEST_S: Final = 10.0 * 366 * 24 * 3600
_LARGEST: Final = 2**63
_PAIRING: Final = ("pairs", "sent_alone", "received_alone")
_COLUMNS: Final = ("min", "mean", "max")
_STATUSES: Final = frozenset(Status.__members__)
_MOST_METHODS: Final = 10_000


def check_call(value: Any) -> None:
    """Check the report of a `call`.

    Raises:
        ValueError: It is damaged; the text says where, as the end of a sentence.
    """
    _CALL(value, "")
    if list(value["histograms"]) != list(value["methods"]):
        raise _damage("histograms", "does not have the methods of the run")
    rows, duration_s = value["intervals"], value["duration_s"]
    length_s = interval_length_s(value)
    for index, row in enumerate(rows):
        if not math.isclose(row["start_s"], index * length_s, rel_tol=1e-3, abs_tol=1e-3):
            raise _damage(f"intervals[{index}].start_s", "does not follow the interval before")
    if rows and duration_s > (len(rows) + 1) * length_s + 1.0:
        raise _damage("duration_s", "is longer than the intervals")


def interval_length_s(value: dict[str, Any]) -> float:
    """Return the length of the intervals of a report of a `call`, in seconds."""
    rows = value["intervals"]
    if len(rows) > 1:
        return float(rows[1]["start_s"] - rows[0]["start_s"])
    lengths = [float(row["duration_s"]) for row in rows]
    return max([*lengths, 0.0]) or max(1.0, value["duration_s"] / MOST)


def check_stream(value: Any) -> None:
    """Check the report of a `stream`; raises as `check_call`."""
    _STREAM(value, "")
    lag, match = value["lag"], value["match"]
    if (lag["max"] is None) is not (lag["end"] is None):
        raise _damage("lag", "has one number and not the other")
    if match["by"] is not None and None in [match[name] for name in _PAIRING]:
        raise _damage("match", "lacks a count")


def percents_of(times: dict[str, Any]) -> list[float]:
    """Return the percentiles that a report's times have."""
    return [float(name[1:]) for name in times if name not in _COLUMNS]


def _damage(where: str, what: str) -> ValueError:
    return ValueError(f"is damaged: {where or 'it'} {what}")


def _number(least: float = 0.0, most: float = _LARGEST) -> Check:
    def check(value: Any, where: str) -> None:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise _damage(where, "is not a number")
        if not least <= value <= most:  # false for what is not finite, too
            raise _damage(where, f"is {value!r}, not a number from {least:g} to {most:g}")

    return check


def _count(value: Any, where: str) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < _LARGEST:
        raise _damage(where, "is not a count")


def _whole(value: Any, where: str) -> None:
    _count(abs(value) if isinstance(value, int) else value, where)


def _text(value: Any, where: str) -> None:
    if not isinstance(value, str):
        raise _damage(where, "is not a text")


def _status(value: Any, where: str) -> None:
    if not isinstance(value, str) or value not in _STATUSES:
        raise _damage(where, f"has {value!r}, which is not a status of gRPC")


def _moment(value: Any, where: str) -> None:
    try:
        year = datetime.fromisoformat(value).year
    except (TypeError, ValueError):
        year = 0
    if not 1970 <= year <= 9000:  # noqa: PLR2004 -- what can be reckoned with in every time zone
        raise _damage(where, f"is {value!r}, not a time such as 2030-01-31T12:00:00+00:00")


def _times(value: Any, where: str) -> None:
    """Milliseconds by name: `min`, `mean`, percentiles, `max`."""
    _record(dict.fromkeys(_COLUMNS, _MS))(value, where)
    for name, number in value.items():
        _MS(number, f"{where}.{name}")
        if name in _COLUMNS:
            continue
        try:
            percent = float(name.removeprefix("p"))
        except ValueError:
            percent = math.nan
        if not 0 < percent <= 100 or column(percent) != name:  # noqa: PLR2004 -- percent
            raise _damage(where, f"has {name!r}, which is not a percentile such as p99.9")


def _or_null(check: Check) -> Check:
    def check_or_null(value: Any, where: str) -> None:
        if value is not None:
            check(value, where)

    return check_or_null


def _record(needed: Mapping[str, Check], optional: Mapping[str, Check] | None = None) -> Check:
    """Return the check of an object: keys that it needs, and others that it may have."""
    known = {**needed, **(optional or {})}

    def check(value: Any, where: str) -> None:
        if not isinstance(value, dict):
            raise _damage(where, "is not an object")
        for name, inner in known.items():
            there = f"{where}.{name}" if where else name
            if name in value:
                inner(value[name], there)
            elif name in needed:
                raise _damage(there, "is missing")

    return check


def _mapping(name: Check, inner: Check, *, least: int = 0, most: int = _MOST_METHODS) -> Check:
    """Return the check of an object whose keys are data."""

    def check(value: Any, where: str) -> None:
        if not isinstance(value, dict) or not least <= len(value) <= most:
            raise _damage(where, f"is not an object with {least:,} to {most:,} keys")
        for key, item in value.items():
            name(key, where)
            inner(item, f"{where}.{key}")

    return check


def _list(inner: Check, most: int) -> Check:
    def check(value: Any, where: str) -> None:
        if not isinstance(value, list) or len(value) > most:
            raise _damage(where, f"is not a list of at most {most:,}")
        for index, item in enumerate(value):
            inner(item, f"{where}[{index}]")

    return check


_SECONDS: Final = _number(most=_LONGEST_S)
_SHARE: Final = _number(most=1.0)
_MS: Final = _or_null(_number(most=_LONGEST_S * 1e3))
_COUNTS: Final = _mapping(_text, _count)
_STATUS_COUNTS: Final = _mapping(_status, _count)
_HISTOGRAM: Final = _record(
    {
        "count": _count,
        "min_us": _or_null(_count),
        "max_us": _or_null(_count),
        "sum_us": _count,
        "hdr": _or_null(_text),
    }
)
_FAILURES: Final = _list(
    _record({"status": _status, "count": _count, "first_seq": _count, "message": _or_null(_text)}),
    most=_MOST_METHODS,
)
_SETTINGS: Final = _record(
    {},
    {
        **dict.fromkeys(
            ("total", "concurrency", "warmup_calls", "connections", "processes"), _or_null(_count)
        ),
        **dict.fromkeys(("duration_s", "timeout_s", "drain_s", "warmup_s"), _or_null(_SECONDS)),
        "rate_per_s": _or_null(_number()),
        "ramp": _or_null(_text),
    },
)
_BLOCKED_BY: Final = _record(dict.fromkeys([holder.value for holder in Holder], _number(most=1e15)))
_CONNECTION: Final = _record(
    {
        "queued": _count,
        "queued_s": _number(most=1e15),
        "peer_settings": _or_null(_record({"max_concurrent_streams": _or_null(_count)})),
        "blocked_by": _BLOCKED_BY,
    }
)
_CALL: Final = _record(
    {
        "target": _text,
        "started_at": _moment,
        "end_reason": _text,
        "duration_s": _SECONDS,
        "latency_ms": _times,
        "concurrency": _record({"offered": _count}),
        "client": _record(
            {"transport": _text, "cpu_s": _SECONDS, "machine_idle": _or_null(_SHARE)}
        ),
        "disconnected": _list(
            _record({"start_s": _SECONDS, "duration_s": _SECONDS}, {"cause": _or_null(_text)}),
            most=1_000_000,
        ),
        "methods": _mapping(
            _text,
            _record(
                {
                    "calls": _record(
                        {"not_started": _count, "reissued": _count, "cancelled": _count},
                        {"drained": _count},
                    ),
                    "bytes": _record({"sent_bytes": _count, "received_bytes": _count}),
                },
                {"errors": _FAILURES},
            ),
            least=1,
        ),
        "histograms": _mapping(
            _text,
            _record(
                {
                    "latency": _mapping(_status, _HISTOGRAM),
                    "service": _or_null(_HISTOGRAM),
                    "late_start": _HISTOGRAM,
                    "in_flight_s": _number(most=1e15),
                }
            ),
            least=1,
        ),
        "intervals": _list(
            _record(
                {
                    "start_s": _SECONDS,
                    "duration_s": _SECONDS,
                    "statuses": _STATUS_COUNTS,
                    "cancelled": _count,
                    "in_flight": _or_null(_number()),
                    "client_busy": _or_null(_SHARE),
                    "latency_histogram": _HISTOGRAM,
                },
                {"errors": _FAILURES},
            ),
            most=2 * MOST,
        ),
    },
    {"due_s": _SECONDS, "settings": _SETTINGS, "connection": _or_null(_CONNECTION)},
)
_WAY: Final = {
    "messages": _count,
    "bytes": _count,
    "messages_per_s": _or_null(_number(most=1e15)),
    "gap_ms": _times,
    "workers": _list(
        _record({"worker": _count, "turns": _count, "messages": _count, "waiting_s": _SECONDS}),
        most=1_000_000,
    ),
}
# Times of many streams are added up.
_ADDED_UP: Final = _number(most=_LONGEST_S * 1e6)
_STREAM: Final = _record(
    {
        "target": _text,
        "method": _text,
        "end_reason": _or_null(_text),
        "duration_s": _SECONDS,
        "streams": _count,
        "statuses": _STATUS_COUNTS,
        "ended_by": _or_null(_text),
        "ends": _COUNTS,
        "half_close_s": _or_null(_SECONDS),
        "sent": _record(
            {"given": _count, **_WAY, "blocked_s": _ADDED_UP},
            {"blocked_by": _or_null(_BLOCKED_BY)},
        ),
        "received": _record(
            {**_WAY, "after_half_close": _or_null(_count), "waiting_s": _or_null(_ADDED_UP)}
        ),
        "lag": _record({"max": _or_null(_count), "end": _or_null(_whole)}),
        "round_trip_ms": _times,
        "match": _record(
            {
                "by": _or_null(_text),
                "reason": _or_null(_text),
                "pairs": _or_null(_count),
                "sent_alone": _or_null(_count),
                "received_alone": _or_null(_count),
            }
        ),
        "sequence": _or_null(
            _record(
                {
                    "field": _text,
                    "missing": _count,
                    "duplicates": _count,
                    "reordered": _count,
                    "unreadable": _count,
                }
            )
        ),
        "client": _record({"transport": _text, "busy": _or_null(_SHARE), "cpu_s": _SECONDS}),
    }
)
