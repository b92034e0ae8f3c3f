"""What every unary call goes through, whatever loop starts it.

The law: the channel is shared by all calls, and one thread, the receive worker (`run`),
fetches every event. Every call is counted once and ends in one `CallResult`.

- An OK without exactly one message is a violation, and never a success.
- A call that the server provably never processed is issued again under the same number
  and deadline; that is no second call. (A gRPC client of one's own does so too: gRFC A6,
  transparent retries. On a busy machine it may meet the next connection's GOAWAY as well.)
"""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Final

from rpcx.engine.deadline import blame_deadline
from rpcx.engine.gaps import Gaps
from rpcx.engine.share import WHOLE
from rpcx.engine.source import END, NOT_YET, Dry
from rpcx.errors import RpcxError
from rpcx.results import CallResult, Outcome, Standing, Status, record
from rpcx.transport.protocol import Woken

if TYPE_CHECKING:
    from collections.abc import Callable

    from rpcx.engine.feed import Feed
    from rpcx.engine.share import Share
    from rpcx.engine.source import Request, RequestSource
    from rpcx.plan import PlannedMethod, UnaryPlan
    from rpcx.transport.protocol import Stream, Transport

clock = time.perf_counter

_OK: Final = Status.OK
_UNANSWERED: Final = (Status.UNAVAILABLE, Status.DEADLINE_EXCEEDED, Status.CANCELLED)
_MOST_REISSUES: Final = 5
"""An end to a server that turns every call away."""

TOO_MANY = "the server answered a unary call with more than one message"
TOO_FEW = "the server answered OK without a message"


class Call:
    """One call in flight: the tag that its events carry."""

    __slots__ = (
        "answer",
        "due",
        "reissues",
        "request",
        "seq",
        "started",
        "stream",
        "surplus",
        "waited",
    )

    def __init__(self, seq: int, due: float, request: Request) -> None:
        self.seq = seq
        self.due = due
        self.started = due
        self.request = request
        self.reissues = 0
        self.stream: Stream | None = None
        self.answer: bytes | None = None
        self.surplus = False
        self.waited = False

    def on_sent(self, _at: float, ok: bool) -> None:
        """Its one request is sent."""
        if ok and self.stream is not None:
            self.stream.half_close()

    def on_received(self, _at: float, message: bytes | None) -> None:
        """Read on to the end; a second message is one too many."""
        if message is None or self.stream is None:
            return
        if self.answer is None:
            self.answer = message
            self.stream.receive()
        else:
            self.surplus = True
            self.stream.cancel()


class CalledMethod:
    """One of the plan's methods, prepared on the channel.

    Attributes:
        planned: The method as planned.
        start: Starts a call of it in a single batch.
        timeout_s: The deadline of each call.
        verified: Whether it is known to answer with one message.
    """

    __slots__ = ("planned", "start", "timeout_s", "verified")

    def __init__(self, planned: PlannedMethod, transport: Transport) -> None:
        self.planned = planned
        self.start = transport.unary(planned.path, planned.metadata).start
        self.timeout_s = planned.timeout_s
        self.verified = False


class UnaryEngine:
    """Runs a `UnaryPlan` on a connected transport; a loop says when calls start.

    Args:
        plan: What to do.
        transport: A channel that is ready; nobody else drives it meanwhile.
        source: The requests.
        feed: Where the results go.
        share: Which of the plan's calls are this engine's.

    Attributes:
        begin_at: When to begin, in seconds of `time.perf_counter`; 0 for at once.
        begun: When the run began, in seconds of `time.perf_counter`; 0 before.
        end_reason, error, started, reissued, not_started, stopped_at: As in `Standing`.
    """

    def __init__(
        self,
        plan: UnaryPlan,
        transport: Transport,
        source: RequestSource,
        feed: Feed[CallResult],
        share: Share = WHOLE,
    ) -> None:
        self._transport = transport
        self._source = source
        self._announce = feed.announce
        self._finish = feed.finish
        self._plan = plan
        self._methods = tuple(CalledMethod(method, transport) for method in plan.methods)
        self._share = share
        self._numbers = share.numbers()
        self._total = None if plan.total is None else share.of_calls(plan.total)
        self._concurrency = share.of_slots(plan.concurrency)
        self._taken = 0
        self._finished = 0
        self._unanswered = 0
        self._cancelling = False
        self._gaps = Gaps(transport, lambda: self._finished - self._unanswered)
        self._stopped = threading.Event()
        self._helpers: list[threading.Thread] = []
        self.begin_at = 0.0
        self.begun = 0.0
        self.end_reason = ""
        self.error: RpcxError | None = None
        self.started = 0
        self.reissued = [0] * len(plan.methods)
        self.not_started = [0] * len(plan.methods)
        self.stopped_at: float | None = None

    @property
    def in_flight(self) -> int:
        """Calls that were started and have not ended."""
        return self.started - self._finished

    @property
    def due(self) -> int:
        """Calls that have become due."""
        raise NotImplementedError

    def standing(self) -> Standing:
        """Return how the run stands; from any thread."""
        gaps = self._gaps
        since = gaps.since
        return Standing(
            begun=self.begun,
            due=self.due,
            started=self.started,
            in_flight=self.in_flight,
            reissued=tuple(self.reissued),
            not_started=tuple(self.not_started),
            outages=gaps.outages(self.begun),
            outage=None if since is None else (since, gaps.cause),
            stopped_at=self.stopped_at,
            end_reason=self.end_reason,
            cpu_s=0.0,
            error=self.error,
        )

    def run(self) -> None:
        """Do it all; returns when every call has ended. To be run in a thread of its own."""
        try:
            self._stopped.wait(max(self.begin_at - clock(), 0.0))
            self.begun = self.begin_at or clock()
            self._begin()
            next_event = self._transport.next_event
            end_call = self._end_call
            while self.started != self._finished or self._going_on():
                event = next_event()
                if type(event) is Outcome:
                    end_call(event)
                elif type(event) is Woken:
                    self._on_woken(event.at)
        finally:
            self._end_helpers()
            self._gaps.ended(clock())
            self._finish()

    def stop(self, reason: str) -> None:
        """Start nothing more, from any thread; what is in flight goes on."""
        self._stop(reason)
        self._transport.wake()

    def trust(self, other: UnaryEngine) -> None:
        """Take for verified what another engine of the same methods has verified."""
        for method, known in zip(self._methods, other._methods, strict=True):
            method.verified = known.verified

    def cancel(self) -> None:
        """Cancel what is in flight, from any thread."""
        self._cancelling = True
        self._transport.cancel_all()

    def look(self, now: float) -> None:
        """Note whether there is a connection; from the driver's thread, every 50 ms or so."""
        if self.begun and (self.in_flight or not self._stopped.is_set()):
            self._gaps.look(now)

    def _begin(self) -> None:
        """Start the first calls."""
        raise NotImplementedError

    def _going_on(self) -> bool:
        """Whether an event is to be waited for although nothing is in flight."""
        raise NotImplementedError

    def _on_woken(self, now: float) -> None:
        """Data arrived, or the run was stopped."""
        raise NotImplementedError

    def _slot_free(self, now: float) -> None:
        """A call has ended."""
        raise NotImplementedError

    def _stop(self, reason: str) -> None:
        """End the starting of calls at this moment, although more may have been due."""
        if not self._stopped.is_set():
            self.stopped_at = clock()
        self._end(reason)

    def _help(self, work: Callable[[], None], name: str) -> None:
        """Have another thread of this engine's do some work; it ends before `run` does."""
        thread = threading.Thread(target=work, name=name, daemon=True)
        self._helpers.append(thread)
        thread.start()

    def _end_helpers(self) -> None:
        """Wait until no other thread uses the channel; also after a fault of this one."""
        self._end("fault")
        for thread in self._helpers:
            thread.join()

    def _end(self, reason: str) -> None:
        if not self._stopped.is_set():
            self.end_reason = reason
            self._stopped.set()

    def _take(self) -> Request | Dry:
        """The next request; where none is left, that ends the run."""
        if self._taken == self._total:
            self._end("total")
            return END
        try:
            request: Request | Dry = self._source.take()
        except RpcxError as error:
            self.error = error
            request = END
        if request is END:
            self._end("data")
        elif request is not NOT_YET:
            self._taken += 1
        return request

    def _start(self, call: Call) -> None:
        """Start it, or issue it again under what is left of its deadline."""
        index, message, metadata = call.request
        method = self._methods[index]
        timeout_s = method.timeout_s
        if not call.reissues:
            self.started += 1
        elif timeout_s is not None:
            timeout_s = max(timeout_s - (clock() - call.started), 0.0)
        if method.verified:
            method.start(call, message, timeout_s, metadata)
        else:
            self._start_verified(call, method, timeout_s)

    def _start_verified(self, call: Call, method: CalledMethod, timeout_s: float | None) -> None:
        """Until the method is known to answer once, read each call's stream to its end.

        The single batch of a unary call can't see a second message: it would hang.
        """
        _, message, metadata = call.request
        planned = method.planned
        if metadata is None:
            metadata = planned.metadata
        call.stream = stream = self._transport.stream(
            call, planned.path, metadata, timeout_s, call.on_sent, call.on_received
        )
        stream.receive()
        stream.send(message)

    def _end_call(self, outcome: Outcome) -> None:
        # Taken apart once: each name of a NamedTuple costs as much as all of this.
        tag, at, status, _, answer, _, _, _ = outcome
        call: Call = tag  # type: ignore[assignment] # the tag that _start gave
        if call.stream is not None:
            outcome = self._verdict(call, outcome)
            status, answer = outcome.status, outcome.message
        if status is not _OK:
            if not self._cancelling:
                timeout_s = self._methods[call.request.method].timeout_s
                outcome = blame_deadline(outcome, call.started, timeout_s)
            again = outcome.unprocessed and call.reissues < _MOST_REISSUES
            if again and not self._cancelling:
                self._reissue(call)
                return
            if outcome.status in _UNANSWERED:
                self._gaps.failed(outcome)
                self._unanswered += 1
        elif answer is None:
            outcome = outcome._replace(status=Status.INTERNAL, details=TOO_FEW)
        elif self._gaps.since is not None and self._transport.ready():
            # A call that was answered before the loss may be announced after it.
            self._gaps.ended(at)
        self._finished += 1
        method, message, _ = call.request
        self._announce(
            record(
                CallResult,
                (
                    call.seq,
                    call.due,
                    call.started,
                    len(message),
                    outcome,
                    self._cancelling and outcome.status is Status.CANCELLED,
                    call.waited,
                    method,
                ),
            )
        )
        self._slot_free(at)

    def _verdict(self, call: Call, outcome: Outcome) -> Outcome:
        """What the stream of a verified call comes to."""
        if call.surplus:
            return outcome._replace(status=Status.INTERNAL, details=TOO_MANY)
        if outcome.status is _OK and call.answer is not None:
            self._methods[call.request.method].verified = True
            return outcome._replace(message=call.answer)
        return outcome

    def _reissue(self, call: Call) -> None:
        if not call.reissues:
            self.reissued[call.request.method] += 1
        call.reissues += 1
        call.stream = None
        call.answer = None
        self._start(call)
