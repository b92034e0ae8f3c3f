"""When calls are due: pure functions of the number of calls due before."""

from __future__ import annotations

import bisect
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from rpcx.engine.calls.share import Share
    from rpcx.plans.ramps import Ramp


class Pace(Protocol):
    """When calls are due."""

    def due(self, index: int) -> float:
        """Return when call `index` (from 0) is due, in seconds; infinity for never."""
        ...


@dataclass(frozen=True, slots=True)
class ConstantRate:
    """Arrivals at even gaps, the first at the start (open loop, constant arrival rate).

    Attributes:
        per_s: Arrivals each second, above 0.
    """

    per_s: float

    def due(self, index: int) -> float:
        """Return when arrival `index` (from 0) is due, in seconds from the start.

        Computed from the index, so that no rounding adds up over a long run.
        """
        return index / self.per_s


class RampedRate:
    """Arrivals at a rate that changes: the time by which the rate adds up to the index.

    Args:
        ramp: The rate, in arrivals each second.
    """

    def __init__(self, ramp: Ramp) -> None:
        legs = list(ramp.beginnings())
        self._legs = legs
        self._areas = [area for _, area, _ in legs]
        self._end_s = ramp.length_s
        self._end_area = sum(leg.area for leg in ramp.legs)
        self._last = ramp.last

    def due(self, index: int) -> float:
        """Return when arrival `index` (from 0) is due, in seconds from the start."""
        if index >= self._end_area:
            if not self._last:
                return math.inf
            return self._end_s + (index - self._end_area) / self._last
        seconds, area, leg = self._legs[bisect.bisect_right(self._areas, index) - 1]
        # Solves start·t + slope·t²/2 = n for t, in the form that also holds for slope 0.
        n = index - area
        slope = (leg.end - leg.start) / leg.length_s
        root = math.sqrt(max(leg.start * leg.start + 2 * slope * n, 0.0))
        return seconds + (2 * n / (leg.start + root) if n else 0.0)


class SharedPace:
    """The arrivals of one share.

    Args:
        pace: The arrivals of all shares.
        share: Which of them.
    """

    def __init__(self, pace: Pace, share: Share) -> None:
        self._due = pace.due
        self._number = share.number

    def due(self, index: int) -> float:
        """Return when this share's arrival `index` (from 0) is due, in seconds."""
        return self._due(self._number(index))
