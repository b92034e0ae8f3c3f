"""What every unary call goes through, from its start to its result.

The law: every call is counted once and ends in one `CallResult`.

- An OK without exactly one message is a violation, and never a success.
- A call that the server provably never processed is issued again under the same number
  and deadline; that is not a second call. (Every gRPC client does so: gRFC A6, transparent
  retries. On a busy machine the second attempt may meet another GOAWAY.)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rpcx.engine.deadline import blame_deadline
from rpcx.results import CallResult, Outcome, Status, record

if TYPE_CHECKING:
    from collections.abc import Callable

    from rpcx.engine.calls.gaps import Gaps
    from rpcx.engine.source import Request
    from rpcx.plans.calls import PlannedMethod, UnaryPlan
    from rpcx.transport.protocol import Stream, Transport

_OK: Final = Status.OK
_UNANSWERED: Final = (Status.UNAVAILABLE, Status.DEADLINE_EXCEEDED, Status.CANCELLED)
_MOST_REISSUES: Final = 5
"""The limit for a server that turns every call away."""

TOO_MANY = "the server answered a unary call with more than one message"
TOO_FEW = "the server answered OK without a message"


class Call:
    """One call in flight, and the tag of its events."""

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
        """Half-close, as the only request is sent."""
        if ok and self.stream is not None:
            self.stream.half_close()

    def on_received(self, _at: float, message: bytes | None) -> None:
        """Read to the end of the stream; a second message is one too many."""
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
        verified: Whether one of its calls has answered with exactly one message.
    """

    __slots__ = ("planned", "start", "timeout_s", "verified")

    def __init__(self, planned: PlannedMethod, transport: Transport) -> None:
        self.planned = planned
        self.start = transport.unary(planned.path, planned.metadata).start
        self.timeout_s = planned.timeout_s
        self.verified = False


class Flight:
    """The calls of one engine.

    Args:
        plan: Whose methods are called.
        transport: Carries the calls.
        gaps: Learns of calls that fail without an answer, and of those that are answered.
        announce: Where results go.
        clock: Returns seconds of `time.perf_counter`.

    Attributes:
        methods: The plan's methods, prepared.
        started: Calls started.
        finished: Calls that have ended.
        unanswered: Those of them that no server answered, by their status.
        reissued: Calls that were issued more than once, for each method.
        cancelling: Whether rpcx cancels what is in flight.
    """

    def __init__(
        self,
        plan: UnaryPlan,
        transport: Transport,
        gaps: Gaps,
        announce: Callable[[CallResult], None],
        clock: Callable[[], float],
    ) -> None:
        self._transport = transport
        self._gaps = gaps
        self._announce = announce
        self._clock = clock
        self.methods = tuple(CalledMethod(method, transport) for method in plan.methods)
        self.started = 0
        self.finished = 0
        self.unanswered = 0
        self.reissued = [0] * len(plan.methods)
        self.cancelling = False

    def start(self, call: Call) -> None:
        """Start a call, or issue it again under what is left of its deadline."""
        index, message, metadata = call.request
        method = self.methods[index]
        timeout_s = method.timeout_s
        if not call.reissues:
            self.started += 1
        elif timeout_s is not None:
            timeout_s = max(timeout_s - (self._clock() - call.started), 0.0)
        if method.verified:
            method.start(call, message, timeout_s, metadata)
        else:
            self._start_verified(call, method, timeout_s)

    def end(self, outcome: Outcome) -> None:
        """Take in the end of an attempt: the call's result, unless it is issued again."""
        # Unpacked once: reading one attribute of a NamedTuple costs as much as all of this.
        tag, at, status, _, answer, _, _, _, _ = outcome
        call: Call = tag  # type: ignore[assignment] # the tag that `start` gave
        if call.stream is not None:
            outcome = self._verdict(call, outcome)
            status, answer = outcome.status, outcome.message
        if status is not _OK:
            if not self.cancelling:
                timeout_s = self.methods[call.request.method].timeout_s
                outcome = blame_deadline(outcome, call.started, timeout_s)
                if outcome.unprocessed and call.reissues < _MOST_REISSUES:
                    self._reissue(call)
                    return
            if outcome.status in _UNANSWERED:
                self._gaps.failed(outcome)
                self.unanswered += 1
        elif answer is None:
            outcome = outcome._replace(status=Status.INTERNAL, details=TOO_FEW)
        elif self._gaps.since is not None and self._transport.ready():
            # A call that was answered before the loss may be announced after it.
            self._gaps.ended(at)
        self.finished += 1
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
                    self.cancelling and outcome.status is Status.CANCELLED,
                    call.waited,
                    method,
                ),
            )
        )

    def _start_verified(self, call: Call, method: CalledMethod, timeout_s: float | None) -> None:
        """Read each call's stream to its end, until the method is verified.

        The single batch of a unary call cannot see a second message: it would hang.
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

    def _verdict(self, call: Call, outcome: Outcome) -> Outcome:
        """Return the outcome of a call whose stream was read to its end."""
        if call.surplus:
            return outcome._replace(status=Status.INTERNAL, details=TOO_MANY)
        if outcome.status is _OK and call.answer is not None:
            self.methods[call.request.method].verified = True
            return outcome._replace(message=call.answer)
        return outcome

    def _reissue(self, call: Call) -> None:
        if not call.reissues:
            self.reissued[call.request.method] += 1
        call.reissues += 1
        call.stream = None
        call.answer = None
        self.start(call)
