"""A population of times, kept as an HDR histogram.

Recording into the histogram costs 1.3 µs a value, counting equal values in bulk 0.1 µs.
So whole microseconds are counted first and folded into the histogram now and then.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

QUANTILES: Final = (("p50", 50.0), ("p90", 90.0), ("p95", 95.0), ("p99", 99.0), ("p99.9", 99.9))
COLUMNS: Final = ("min", "mean", *(name for name, _ in QUANTILES), "max")

_HIGHEST_US: Final = 24 * 3600 * 1_000_000
_SIGNIFICANT_DIGITS: Final = 3
_FOLD_AT: Final = 8192


class Latencies:
    """Times in whole microseconds, from 0 to a day, to three significant digits.

    `min`, `mean` and `max` are exact to the microsecond.
    """

    def __init__(self) -> None:
        self._fresh: Counter[int] = Counter()
        self._folded: Any = None
        self._sum_us = 0
        self._min_us = _HIGHEST_US
        self._max_us = 0
        self.count = 0

    def add(self, microseconds: list[int]) -> None:
        """Add many values at once."""
        if not microseconds:
            return
        self._fresh.update(microseconds)
        self.count += len(microseconds)
        self._sum_us += sum(microseconds)
        self._min_us = min(self._min_us, min(microseconds))  # noqa: PLW3301 -- one is a list
        self._max_us = max(self._max_us, max(microseconds))  # noqa: PLW3301 -- one is a list
        if len(self._fresh) > _FOLD_AT:
            self._fold()

    def merge(self, other: Latencies) -> None:
        """Add another population; nothing is lost by it."""
        if not other.count:
            return
        self._histogram().add(other._histogram())
        self.count += other.count
        self._sum_us += other._sum_us
        self._min_us = min(self._min_us, other._min_us)
        self._max_us = max(self._max_us, other._max_us)

    def quantile_ms(self, percent: float) -> float | None:
        """The value below which `percent` of the population lie, in milliseconds."""
        if not self.count:
            return None
        value = self._histogram().get_value_at_percentile(percent)
        return float(min(max(value, self._min_us), self._max_us)) / 1000

    def snapshot(self, *, never: int = 0) -> dict[str, float | None]:
        """Milliseconds by name, `COLUMNS` in order; null where there is no such number.

        Args:
            never: Members that have no value (calls that were due and never started). They
                count as slower than all: a quantile that they could change is null.
        """
        if not self.count:
            return dict.fromkeys(COLUMNS)
        known = self.count / (self.count + never) * 100
        numbers: dict[str, float | None] = {
            "min": self._min_us / 1000,
            "mean": round(self._sum_us / self.count / 1000, 4),
        }
        for name, percent in QUANTILES:
            numbers[name] = self.quantile_ms(percent) if percent <= known else None
        numbers["max"] = self._max_us / 1000
        return numbers

    def encoded(self) -> str:
        """The histogram in HDR's own base64 form, which other tools read and merge."""
        return str(self._histogram().encode().decode())

    def _histogram(self) -> Any:
        self._fold()
        return self._folded

    def _fold(self) -> None:
        if self._folded is None:
            from hdrh.histogram import HdrHistogram  # noqa: PLC0415 -- 26 ms that a lone call saves

            self._folded = HdrHistogram(1, _HIGHEST_US, _SIGNIFICANT_DIGITS)
        record = self._folded.record_value
        for value, count in self._fresh.items():
            record(min(value, _HIGHEST_US), count)
        self._fresh.clear()


def microseconds(seconds: Iterable[float]) -> list[int]:
    """Whole microseconds."""
    return [int(value * 1e6) for value in seconds]
