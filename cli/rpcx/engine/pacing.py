"""When calls are due: pure functions of how many were due before."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ConstantRate:
    """Arrivals at even gaps, the first at the start (open loop, constant arrival rate).

    Attributes:
        per_s: Arrivals each second, above 0.
    """

    per_s: float

    def due(self, index: int) -> float:
        """Seconds from the start at which arrival `index` (from 0) is due.

        Computed from the index, so that no rounding adds up over a long run.
        """
        return index / self.per_s

    def due_by(self, elapsed_s: float) -> int:
        """How many arrivals are due once `elapsed_s` seconds have gone by."""
        return 0 if elapsed_s < 0 else math.floor(elapsed_s * self.per_s) + 1
