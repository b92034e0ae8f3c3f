"""rpcx.demo.Stats: what the server counted, as messages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from rpcx.demo.counting import Counts, Ledger, Times
    from rpcx.demo.messages import Messages

NAME = "rpcx.demo.Stats"

_UINT32_MAX = 2**32 - 1
_NS_PER_MS = 1_000_000


def methods(messages: Messages, ledger: Ledger) -> dict[str, Callable[..., Any]]:
    """The methods by name.

    Args:
        messages: The demo's types.
        ledger: What they tell of, and reset.
    """
    snapshot = messages.type("rpcx.demo.Snapshot")

    def get(_request: Any) -> Any:
        return snapshot(
            total=_counts(ledger.total),
            methods={
                name: _counts(counts)
                for name, counts in ledger.methods.items()
                if counts.started or counts.waiting
            },
            elapsed_s=ledger.elapsed_s(),
        )

    def reset(request: Any) -> Any:
        until_now = get(request)
        ledger.reset()
        return until_now

    return {"Get": get, "Reset": reset}


def _counts(counts: Counts) -> dict[str, Any]:
    names = ("in_flight", "peak_in_flight", "waiting", "started", "finished", "cancelled")
    fields: dict[str, Any] = {name: min(getattr(counts, name), _UINT32_MAX) for name in names}
    if counts.times.count:
        fields["handler_time"] = _times(counts.times)
    return fields


def _times(times: Times) -> dict[str, Any]:
    return {
        "count": min(times.count, _UINT32_MAX),
        "min_ms": times.min_ns / _NS_PER_MS,
        "mean_ms": times.mean_ns() / _NS_PER_MS,
        "p50_ms": times.quantile_ns(0.50) / _NS_PER_MS,
        "p90_ms": times.quantile_ns(0.90) / _NS_PER_MS,
        "p99_ms": times.quantile_ns(0.99) / _NS_PER_MS,
        "max_ms": times.max_ns / _NS_PER_MS,
    }
