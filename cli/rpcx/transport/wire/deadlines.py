"""The deadlines of calls: which is next, and which are over.

The law: most calls of a run have the same timeout, and among those a call that starts later is due
later. So calls are kept by timeout, in the order of their starts, and only the first of each is
looked at. A call that ends takes itself out (`Call.due`).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rpcx.transport.wire.calls import Call


class Deadlines:
    """The deadlines of all calls of a transport.

    Attributes:
        next: No deadline is before this moment, in seconds; infinite where there is none.
    """

    def __init__(self) -> None:
        self._by_timeout: dict[float, dict[Call, float]] = {}
        self.next = math.inf

    def add(self, call: Call) -> None:
        """Keep the deadline of a call that has one."""
        timeout_s = call.timeout_s
        assert timeout_s is not None  # noqa: S101 -- the caller asked for that
        calls = self._by_timeout.get(timeout_s)
        if calls is None:
            calls = self._by_timeout[timeout_s] = {}
        calls[call] = call.deadline
        call.due = calls
        if call.deadline < self.next:  # noqa: PLR1730 -- `min` costs as much as all of this
            self.next = call.deadline

    def take_over(self, now: float) -> list[Call]:
        """Return the calls whose deadlines are over, and drop them."""
        over: list[Call] = []
        self.next = math.inf
        for timeout_s, calls in tuple(self._by_timeout.items()):
            for call, deadline in calls.items():
                if deadline > now:
                    self.next = min(self.next, deadline)
                    break
                over.append(call)
            if not calls:
                del self._by_timeout[timeout_s]
        for call in over:
            if call.due is not None:
                del call.due[call]
                call.due = None
        return over
