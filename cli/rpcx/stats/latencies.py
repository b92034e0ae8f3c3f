"""A population of times, kept as an HDR histogram.

A bucket of the histogram is a time cut to three significant digits (http://hdrhistogram.org).
Few of its 28,672 buckets are ever used, so counts are kept by bucket in a dictionary: it
merges, sorts and sends to another process cheaply. Counting costs 0.1 µs a value in bulk;
values are cut when there are many of them, or when the population is read.
"""

from __future__ import annotations

import base64
import bisect
import itertools
import math
import struct
import zlib
from collections import Counter
from typing import TYPE_CHECKING, Any, Final, Self

if TYPE_CHECKING:
    from collections.abc import Iterable

PERCENTS: Final = (50.0, 90.0, 95.0, 99.0, 99.9)
"""The percentiles that every summary has."""

_HIGHEST_US: Final = 24 * 3600 * 1_000_000
_SIGNIFICANT_DIGITS: Final = 3
_EXACT_BITS: Final = 11
"""Three digits need 2,000 steps; the format takes the next power of two, 2 ** 11."""

_FOLD_AT: Final = 8192
_MOST_ENCODED: Final = 2**20
"""The most bytes of an uncompressed histogram: each bucket takes at most nine."""

_ROUNDING: Final = 1e-6
"""How far above a whole number a rank may be by rounding."""


def column(percent: float) -> str:
    """Return the name of a percentile: `p50`, `p99.9`."""
    return f"p{percent!r}".removesuffix(".0")


def columns(percents: Iterable[float] = PERCENTS) -> list[str]:
    """Return the names in a snapshot with these percentiles, in order."""
    return ["min", "mean", *map(column, percents), "max"]


COLUMNS: Final = tuple(columns())


class Latencies:
    """Times in whole microseconds, from 0 to a day, to three significant digits.

    `min`, `mean` and `max` are exact to the microsecond. It pickles.
    """

    __slots__ = ("_buckets", "_fresh", "_max_us", "_min_us", "_sum_us", "count")

    def __init__(self) -> None:
        self._fresh: Counter[int] = Counter()
        self._buckets: dict[int, int] = {}
        self._sum_us = 0
        self._min_us = _HIGHEST_US
        self._max_us = 0
        self.count = 0

    @property
    def sum_s(self) -> float:
        """All values added up, in seconds."""
        return self._sum_us / 1e6

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
        """Add another population; exact."""
        if not other.count:
            return
        buckets = self.buckets()
        for lowest, count in other.buckets().items():
            buckets[lowest] = buckets.get(lowest, 0) + count
        self.count += other.count
        self._sum_us += other._sum_us
        self._min_us = min(self._min_us, other._min_us)
        self._max_us = max(self._max_us, other._max_us)

    def buckets(self) -> dict[int, int]:
        """Return the number of values of each bucket, by its lowest value in microseconds."""
        if self._fresh:
            self._fold()
        return self._buckets

    def quantiles_ms(self, percents: Iterable[float], *, never: int = 0) -> list[float | None]:
        """Return quantiles: the least values that these shares do not exceed, in milliseconds.

        Args:
            percents: From 0 to 100.
            never: Members that have no value and count as slower than all.

        Returns:
            A value for each percent; None if its member has no value.
        """
        lowests = sorted(self.buckets())
        up_to = list(itertools.accumulate(map(self._buckets.__getitem__, lowests)))
        found: list[float | None] = []
        for percent in percents:
            rank = max(math.ceil(percent / 100 * (self.count + never) - _ROUNDING), 1)
            if rank > self.count:
                found.append(None)
                continue
            value = highest(lowests[bisect.bisect_left(up_to, rank)])
            found.append(min(max(value, self._min_us), self._max_us) / 1000)
        return found

    def quantile_ms(self, percent: float, *, never: int = 0) -> float | None:
        """Return one of `quantiles_ms`."""
        return self.quantiles_ms([percent], never=never)[0]

    def snapshot(
        self, percents: Iterable[float] = PERCENTS, *, never: int = 0
    ) -> dict[str, float | None]:
        """Return milliseconds by name, in the order of `columns(percents)`; None for no number.

        Args:
            percents: Which percentiles.
            never: Members that have no value (calls that were due and never started). They
                count as slower than all.
        """
        percents = tuple(percents)
        if not self.count:
            return dict.fromkeys(columns(percents))
        return {
            "min": self._min_us / 1000,
            "mean": round(self._sum_us / self.count / 1000, 4),
            **dict(
                zip(map(column, percents), self.quantiles_ms(percents, never=never), strict=True)
            ),
            "max": self._max_us / 1000,
        }

    def histogram(self) -> Any:
        """Return a new `HdrHistogram` of these values, in microseconds."""
        from hdrh.histogram import HdrHistogram  # noqa: PLC0415 -- 26 ms that few runs need

        histogram = HdrHistogram(1, _HIGHEST_US, _SIGNIFICANT_DIGITS)
        for lowest, count in self.buckets().items():
            histogram.record_value(lowest, count)
        return histogram

    def as_object(self) -> dict[str, Any]:
        """Return for JSON: the histogram in HDR's base64 form, and what that form lacks."""
        return {
            "count": self.count,
            "min_us": self._min_us if self.count else None,
            "max_us": self._max_us if self.count else None,
            "sum_us": self._sum_us,
            "hdr": self.histogram().encode().decode() if self.count else None,
        }

    @classmethod
    def of_object(cls, value: dict[str, Any]) -> Self:
        """Return the population that `as_object` wrote.

        Raises:
            ValueError: `as_object` did not write it, or its parts do not match.
        """
        from hdrh.histogram import HdrHistogram  # noqa: PLC0415 -- as above

        made = cls()
        try:
            if not value["count"]:
                return made
            encoded = value["hdr"].encode("ascii")
            _check_room(encoded)
            decoded = HdrHistogram.decode(encoded)
            counts = decoded.counts[: decoded.counts_len]
            made._buckets = {
                decoded.get_value_from_index(index): count
                for index, count in enumerate(counts)
                if count
            }
            made.count = int(value["count"])
            made._sum_us = int(value["sum_us"])
            made._min_us, made._max_us = int(value["min_us"]), int(value["max_us"])
        except Exception as error:
            # The decoder raises anything on damaged bytes: zlib.error, IndexError, ...
            raise ValueError(f"a histogram cannot be read ({error})") from error
        if sum(made._buckets.values()) != made.count or any(
            bucket(lowest) != lowest for lowest in made._buckets
        ):
            raise ValueError("a histogram does not have the count that stands beside it")
        return made

    def _fold(self) -> None:
        buckets = self._buckets
        for value, count in self._fresh.items():
            lowest = bucket(min(value, _HIGHEST_US))
            buckets[lowest] = buckets.get(lowest, 0) + count
        self._fresh.clear()


def _check_room(encoded: bytes) -> None:
    """Refuse an encoded histogram that would take more room than one of ours.

    The format (HdrHistogram's V2): in base64, a cookie and a length, and compressed by zlib a
    cookie, a length, an offset, the digits, the lowest and the highest value, and a ratio.

    Raises:
        ValueError: It takes more.
    """
    unpacking = zlib.decompressobj()
    content = unpacking.decompress(base64.b64decode(encoded)[8:], _MOST_ENCODED)
    _, _, _, digits, lowest, most, _ = struct.unpack_from(">iiiiqqd", content)
    ours = (digits, lowest, most) == (_SIGNIFICANT_DIGITS, 1, _HIGHEST_US)
    if unpacking.unconsumed_tail or not ours:
        raise ValueError("it is not one of microseconds up to a day, to three digits")


def bucket(microseconds: int) -> int:
    """Return the lowest value of the bucket of a value."""
    unused = microseconds.bit_length() - _EXACT_BITS
    return microseconds >> unused << unused if unused > 0 else microseconds


def highest(lowest: int) -> int:
    """Return the highest value of the bucket with this lowest value."""
    unused = lowest.bit_length() - _EXACT_BITS
    return lowest + (1 << unused) - 1 if unused > 0 else lowest
