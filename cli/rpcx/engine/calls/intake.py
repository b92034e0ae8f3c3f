"""Which request is next, and when there is none.

The law: a request that was taken is one call, with the next number of the share. The first
reason to take nothing more is kept.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from rpcx.engine.source import END, NOT_YET, Dry
from rpcx.errors import RpcxError

if TYPE_CHECKING:
    from collections.abc import Callable

    from rpcx.engine.calls.share import Share
    from rpcx.engine.source import Request, RequestSource
    from rpcx.plans.calls import UnaryPlan


class Intake:
    """Takes the requests of one engine.

    Args:
        plan: The whole plan.
        source: The requests.
        share: Which of the plan's calls are this engine's.
        clock: Returns seconds of `time.perf_counter`.

    Attributes:
        numbers: The numbers of the calls, in order.
        taken: Requests taken so far.
        not_started: Calls that were due and never started, for each method.
        ended: Set once nothing more is taken.
        reason: Why, of `END_REASONS`; empty before.
        stopped_at: When `stop` ended it, in seconds of `time.perf_counter`; None if something
            else did.
        error: Why a document is not a message; None while all are.
    """

    def __init__(
        self, plan: UnaryPlan, source: RequestSource, share: Share, clock: Callable[[], float]
    ) -> None:
        self._source = source
        self._clock = clock
        self._total = None if plan.total is None else share.of_calls(plan.total)
        self.numbers = share.numbers()
        self.taken = 0
        self.not_started = [0] * len(plan.methods)
        self.ended = threading.Event()
        self.reason = ""
        self.stopped_at: float | None = None
        self.error: RpcxError | None = None
        self.on_arrival = source.on_arrival

    def take(self) -> Request | Dry:
        """Return the next request, or why there is none; END is final."""
        if self.taken == self._total:
            self.end("total")
            return END
        try:
            request = self._source.take()
        except RpcxError as error:
            self.error = error
            self.end("error")
            return END
        if request is END:
            self.end("data")
        elif request is not NOT_YET:
            self.taken += 1
        return request

    def pass_over(self) -> bool:
        """Count the next request as due and not started; return False if there is none."""
        if self.taken == self._total:
            return False
        method = self._source.skip()
        if isinstance(method, Dry):
            return False
        self.taken += 1
        self.not_started[method] += 1
        return True

    def stop(self, reason: str) -> None:
        """Take nothing more from this moment on, although more may have been due."""
        if not self.ended.is_set():
            self.stopped_at = self._clock()
        self.end(reason)

    def end(self, reason: str) -> None:
        """Take nothing more."""
        if not self.ended.is_set():
            self.reason = reason
            self.ended.set()
