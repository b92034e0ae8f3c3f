"""A population of times, kept as an HDR histogram.

Recording into the histogram costs 1.3 µs a value, counting equal values in bulk 0.1 µs.
So whole microseconds are counted first and folded into the histogram now and then.
"""

from __future__ import annotations

import math
from collections import Counter
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

QUANTILES: Final = (("p50", 50.0), ("p90", 90.0), ("p95", 95.0), ("p99", 99.0), ("p99.9", 99.9))
COLUMNS: Final = ("min", "mean", *(name for name, _ in QUANTILES), "max")

_HIGHEST_US: Final = 24 * 3600 * 1_000_000
_SIGNIFICANT_DIGITS: Final = 3
_FOLD_AT: Final = 8192
_ROUNDING: Final = 1e-6
"""A rank that is whole but for floating-point noise is that rank, not the next."""


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

    def quantile_ms(self, percent: float, *, never: int = 0) -> float | None:
        """The least value that `percent` of the population do not exceed, in milliseconds.

        Args:
            percent: From 0 to 100.
            never: Members that have no value and count as slower than all.

        Returns:
            The value, None where it is that of a member without one.
        """
        rank = math.ceil(percent / 100 * (self.count + never) - _ROUNDING)
        if not self.count or rank > self.count:
            return None
        # The library rounds to a rank: a whole one is left alone.
        value = self._histogram().get_value_at_percentile(rank / self.count * 100)
        return float(min(max(value, self._min_us), self._max_us)) / 1000

    def snapshot(self, *, never: int = 0) -> dict[str, float | None]:
        """Milliseconds by name, `COLUMNS` in order; null where there is no such number.

        Args:
            never: Members that have no value (calls that were due and never started). They
                count as slower than all.
        """
        if not self.count:
            return dict.fromkeys(COLUMNS)
        numbers: dict[str, float | None] = {
            "min": self._min_us / 1000,
            "mean": round(self._sum_us / self.count / 1000, 4),
        }
        for name, percent in QUANTILES:
            numbers[name] = self.quantile_ms(percent, never=never)
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
