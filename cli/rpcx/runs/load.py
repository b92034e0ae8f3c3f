"""A run of one unary method, for a script or a test: what `rpcx call` does, in one function."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rpcx.codec.choices import MessageForm
from rpcx.engine.calls.share import Share
from rpcx.plans.calls import PlannedMethod, UnaryPlan
from rpcx.runs.answers import CallAnswers
from rpcx.runs.calls import CallRun
from rpcx.runs.interrupts import Interrupts
from rpcx.runs.requests.method_data import DataPlan
from rpcx.runs.requests.requests import Requests
from rpcx.runs.session import Session
from rpcx.schema.sources.asked import SchemaFiles
from rpcx.stats.latencies import PERCENTS
from rpcx.stats.recorder import Recorder

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rpcx.results import CallResult, Metadata
    from rpcx.stats.run import Run
    from rpcx.target.target import Target


class _Measured:
    """Watches a run only to measure it.

    Args:
        recorder: Measures the run.
        answers: Verifies responses.
    """

    def __init__(self, recorder: Recorder, answers: CallAnswers) -> None:
        self._recorder = recorder
        self._answers = answers

    def take_in(self, batch: Sequence[CallResult]) -> None:
        """Measure results."""
        self._recorder.take_in(self._answers.verified(batch))

    def tick(self, now: float) -> None:
        """Note the time."""
        self._recorder.tick(now)

    def close(self) -> None:
        """Note that the run is over."""
        self._recorder.end()


def run(
    target: Target,
    method: str,
    data: Sequence[str] = (),
    *,
    metadata: Metadata = (),
    timeout_s: float | None = 20.0,
    files: SchemaFiles = SchemaFiles(),  # noqa: B008 -- it is frozen
    form: MessageForm = MessageForm(),  # noqa: B008 -- it is frozen
    **load: Any,
) -> Run:
    """Call a unary method as `rpcx call` does, without a command line; in the main thread.

    Args:
        target: Where to; see `rpcx.target.target.parse_target`.
        method: `package.Service/Method`.
        data: As each `-d`; one empty message unless given.
        metadata: Headers of the calls and of reflection.
        timeout_s: The deadline of each call, in seconds; None for none.
        files: Where types come from before the server is asked.
        form: How `data` is written.
        load: What else `UnaryPlan` takes: `total`, `concurrency`, `rate_per_s`, `duration_s`, …

    Returns:
        The run; its `summary()` is the JSON of `-o json`.

    Raises:
        RpcxError: It failed on this side, or a document does not fit the message.
        InterruptedRunError: A signal came before there was anything to report.
    """
    with Interrupts() as interrupts, Session(target, interrupts, files, metadata, form) as session:
        [found] = interrupts.run(lambda: session.unary_methods([(method, data)]))
        planned = PlannedMethod(session.path(found), metadata, timeout_s)
        plan = UnaryPlan((planned,), **load)
        interrupts.run(lambda: session.connect_more(plan.connections - 1))
        again = plan.total is not None or plan.duration_s is not None
        opened = DataPlan(tuple(data), None, again).open_with(
            planned, session.encoder(found), session.reading(found), None
        )
        shares = [Share(index, plan.connections) for index in range(plan.connections)]
        recorder = Recorder([planned.name], open_loop=plan.rate_per_s is not None)
        measured = _Measured(recorder, CallAnswers([session.verifier(found.output_type)]))
        with Requests([opened]) as requests:
            CallRun(plan, session.transports, shares, requests, interrupts).run(recorder, measured)
        error = recorder.standing().error
        if error is not None:
            raise error
        return recorder.run(
            target=target.text,
            transport=session.transport.name,
            settings=plan.settings(1),
            percents=PERCENTS,
        )
