"""When the next attempt to connect is due (gRPC's doc/connection-backoff.md)."""

from __future__ import annotations

import random
from typing import Final

_FIRST_S: Final = 1.0
_FACTOR: Final = 1.6
_JITTER: Final = 0.2
_LONGEST_S: Final = 120.0

EAGER_S: Final = 0.2
"""Between attempts where the server is waited for: it may be there at any moment."""


class Backoff:
    """The waits between attempts that fail.

    Args:
        eager: Whether they stay short.
    """

    def __init__(self, *, eager: bool) -> None:
        self._eager = eager
        self._wait_s = _FIRST_S

    def reset(self) -> None:
        """Begin anew: a connection came about."""
        self._wait_s = _FIRST_S

    def failed(self) -> float:
        """Return how long to wait after an attempt that failed, from its beginning, in seconds."""
        if self._eager:
            return EAGER_S
        wait_s = self._wait_s
        self._wait_s = min(wait_s * _FACTOR, _LONGEST_S)
        return wait_s * random.uniform(1 - _JITTER, 1 + _JITTER)  # noqa: S311 -- no secret
