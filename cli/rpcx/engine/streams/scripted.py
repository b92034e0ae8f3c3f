"""A sender that follows a script and checks the messages that arrive.

Messages wait, in order, until a step takes them. A step whose message does not come, or does
not fit, ends the stream. The error says what was expected and what there was.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from rpcx.engine.streams.eager import EagerReceiver
from rpcx.engine.streams.turns import Worker
from rpcx.errors import ExpectationError, RpcxError
from rpcx.plans.script import Cancel, Expect, ExpectStatus, HalfClose, Send, Sleep, Step, WaitFor
from rpcx.results import MessageResult
from rpcx.words.printable import printable

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from rpcx.engine.streams.lifetime import LiveStream
    from rpcx.results import Outcome


class ScriptedSender:
    """Does one step after another.

    Args:
        live: The stream.
        steps: The steps of the script.
        show: Returns a received message as JSON, for sentences.

    Attributes:
        expected: Whether the stream ended with a status that the script wanted.
    """

    def __init__(
        self, live: LiveStream, steps: Sequence[Step], show: Callable[[bytes], bytes]
    ) -> None:
        self._live = live
        self._steps = steps
        self._show = show
        self._at = 0
        self._taken = 0
        self._inbox: deque[bytes] = deque()
        self._begun = False
        self._worker = Worker(0)
        self.workers = (self._worker,)
        self.given = 0
        self.completed = 0
        self.busy_since: float | None = None
        self.unfinished_s = 0.0
        self.expected = False

    def begin(self, now: float) -> None:
        """Do the first steps."""
        self._go_on(now)

    def resume(self, now: float) -> None:
        """Do nothing: a script has all its data."""

    def finish(self, reason: str, now: float) -> None:
        """Do nothing: the script says when to close."""

    def on_sent(self, at: float, ok: bool) -> None:
        """Go on: the message of this step is sent."""
        began = self.busy_since
        assert began is not None  # noqa: S101 -- only an outstanding send can be over
        self.busy_since = None
        if not ok:
            self.unfinished_s = at - began
            return
        step = self._steps[self._at]
        assert isinstance(step, Send)  # noqa: S101 -- the step that was begun
        seq = self.completed
        self.completed = self._worker.messages = seq + 1
        self._live.announce(MessageResult(at, True, seq, 0, step.message, began, self._live.number))
        self._done(at)

    def on_message(self, message: bytes, now: float) -> None:
        """Take in a message."""
        self._inbox.append(message)
        self._go_on(now)

    def conclude(self, outcome: Outcome) -> ExpectationError | None:
        """Return the error of the steps that are left when the stream has ended; None for none."""
        for step in self._steps[self._at :]:
            try:
                if isinstance(step, Expect | WaitFor) and self._takes(step):
                    self._taken = 0
                elif isinstance(step, Send | Expect | WaitFor):
                    return _failure(step, f"the stream had ended: {_ended(outcome)}")
                elif isinstance(step, ExpectStatus):
                    if step.status is not outcome.status:
                        return _failure(step, f"got {_ended(outcome)}")
                    self.expected = True
            except ExpectationError as error:
                return error
        return None

    def _go_on(self, now: float) -> None:
        """Do steps until one waits."""
        live = self._live
        try:
            while not live.is_over and self._at < len(self._steps):
                if not self._do(self._steps[self._at], now):
                    return
                self._leave()
        except ExpectationError as error:
            live.error = live.error or error
            live.cancel("error")
        if not live.is_over:
            live.half_close("script", now)

    def _done(self, now: float) -> None:
        self._leave()
        self._go_on(now)

    def _leave(self) -> None:
        self._at += 1
        self._taken = 0
        self._begun = False

    def _do(self, step: Step, now: float) -> bool:
        """Begin or continue a step; return whether it is done."""
        begun, self._begun = self._begun, True
        live, number = self._live, self._at
        if isinstance(step, Expect | WaitFor | ExpectStatus):
            if not begun:
                live.timers.at(now + step.within_s, lambda _now: self._too_late(number))
            return not isinstance(step, ExpectStatus) and self._takes(step)
        if isinstance(step, HalfClose):
            live.half_close("script", now)
            return True
        if isinstance(step, Cancel):
            live.cancel("script")
            return True
        if isinstance(step, Send) and not begun:
            self._send(step, now)
        elif isinstance(step, Sleep) and not begun:
            live.timers.at(now + step.seconds, lambda now: self._on_time(number, now))
        return False

    def _send(self, step: Send, now: float) -> None:
        if self._live.half_closed_at is not None:
            raise _failure(step, "the sending side was closed by a step before")
        self.given += 1
        self._worker.turns = 1
        self.busy_since = now
        self._live.rpc.send(step.message)

    def _takes(self, step: Expect | WaitFor) -> bool:
        """Give the step the messages there are; return whether it wants no more.

        Raises:
            ExpectationError: A message does not fit.
        """
        while self._inbox:
            message = self._inbox.popleft()
            self._taken += 1
            difference = None if step.matches is None else step.matches(message)
            if isinstance(step, Expect):
                if difference is not None:
                    shown = printable(self._shown(message), limit=500)
                    raise _failure(step, f"got {shown}: {difference}")
                return True
            if difference is None and (step.matches is not None or self._taken == step.count):
                return True
        return False

    def _shown(self, message: bytes) -> str:
        try:
            return self._show(message).decode()
        except RpcxError:
            return f"{len(message):,} bytes"  # the difference says what is wrong with them

    def _on_time(self, number: int, now: float) -> None:
        if self._at == number and not self._live.is_over:
            self._done(now)

    def _too_late(self, number: int) -> None:
        live, step = self._live, self._steps[number]
        if self._at == number and not live.is_over:
            others = f" but {self._taken:,} that do not fit" if self._taken else ""
            hint = ""
            if isinstance(step, ExpectStatus) and live.half_closed_at is None:
                hint = '; the sending side is open: {"half-close": true} before it may be missing'
            live.error = live.error or _failure(
                step, f"got nothing{others} within {step.within_s:g} s{hint}"
            )
            live.cancel("error")


def _failure(step: Step, what: str) -> ExpectationError:
    return ExpectationError(f"script line {step.line}: {step.text}: {what}")


def _ended(outcome: Outcome) -> str:
    details = f" ({printable(outcome.details)})" if outcome.details else ""
    return outcome.status.name + details


class ScriptedReceiver(EagerReceiver):
    """Gives the script the messages that arrive.

    Args:
        live: The stream.
        most: As for any receiver.
        script: Takes them in.
    """

    def __init__(self, live: LiveStream, most: int | None, script: ScriptedSender) -> None:
        super().__init__(live, most)
        self._script = script

    def on_received(self, at: float, message: bytes | None) -> None:
        """Announce the message, ask for the next one, and give it to the script."""
        super().on_received(at, message)
        if message is not None:
            self._script.on_message(message, at)
