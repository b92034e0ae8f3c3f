"""What a run of calls prints, while it works and at the end, and its exit status."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rpcx.output.call_progress import Live
from rpcx.output.forms import Form
from rpcx.output.remarks import remark
from rpcx.output.stdout import OutputError, Printer, ReaderGoneError
from rpcx.output.text_summary import TextSummary
from rpcx.results import Status
from rpcx.runs.answers import CallAnswers
from rpcx.stats.recorder import Recorder
from rpcx.verdict.exit_status import of_run

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from google.protobuf.descriptor import MethodDescriptor

    from rpcx.console.calls import CallOrder
    from rpcx.output.reports import ReportError
    from rpcx.plans.calls import UnaryPlan
    from rpcx.results import CallResult, Standing
    from rpcx.runs.interrupts import Interrupts
    from rpcx.runs.session import Session
    from rpcx.stats.run import Run

    Line = Callable[[CallResult], bytes | None]

_FAILURES_SHOWN: Final = 5


class CallOutput:
    """Takes the results of one run and shows them in the form that was asked for.

    Args:
        order: What is called and how it is shown.
        session: Where the calls go.
        descriptors: The plan's methods, in its order.
        plan: What is run.

    Attributes:
        recorder: What measures.
        prints_results: Whether each result is printed when it comes.
        live: What is shown meanwhile.
    """

    def __init__(
        self,
        order: CallOrder,
        session: Session,
        descriptors: Sequence[MethodDescriptor],
        plan: UnaryPlan,
    ) -> None:
        terminals, quiet, reporting = order.terminals, order.quiet, order.reporting
        self._form = order.form
        self._session = session
        self._names = [method.name for method in plan.methods]
        self._plan = plan
        self._quiet = quiet
        self._reporting = reporting
        self._processes = order.processes
        self._failed = 0
        self._stdout = terminals.stdout(session.interrupts.reader_is_late)
        line = self._line(descriptors)
        self._printer = Printer(self._stdout, line)
        self.prints_results = line is not None
        self._text = TextSummary(
            self._stdout,
            terminals,
            asked_for=self._form is Form.SUMMARY,
            aside=self.prints_results and not order.lone and not quiet,
        )
        self._answers = CallAnswers([session.verifier(one.output_type) for one in descriptors])
        self.recorder = Recorder(
            self._names, open_loop=plan.rate_per_s is not None, interval_s=order.interval_s or 1.0
        )
        self.live = Live(
            self.recorder,
            plan,
            session.target.text,
            panel=terminals.err and not quiet and not order.lone and not session.story.verbosity,
            colour=terminals.colour,
            lines=order.interval_s is not None,
            percents=reporting.percents,
            shown=reporting.asked_for,
        )

    def _line(self, descriptors: Sequence[MethodDescriptor]) -> Line | None:
        from rpcx.output.records import call_message, call_record

        if not self._form.prints_results:
            return None
        lines: list[Line] = []
        for name, descriptor in zip(self._names, descriptors, strict=True):
            decode = self._session.decoder(descriptor.output_type)
            if self._form is Form.MESSAGE:
                lines.append(call_message(decode))
            else:
                lines.append(
                    call_record(name, decode, self._session.details, self._session.story.response)
                )
        return lines[0] if len(lines) == 1 else lambda result: lines[result.method](result)

    def take_in(self, batch: Sequence[CallResult]) -> None:
        """Measure results and print them; show failures where the form does not.

        Raises:
            ReaderGoneError: The reader of standard output is gone.
            OutputError: Standard output cannot be written.
        """
        batch = self._answers.verified(batch)
        self.recorder.take_in(batch)
        if self._form is Form.MESSAGE:
            for result in batch:
                if result.outcome.status is not Status.OK and not result.cancelled:
                    self._show_failure(result)
        if self.prints_results:
            self.live.panel.clear()
            self._printer.print(batch)

    def tick(self, now: float) -> None:
        """Note the time, and show how the run stands."""
        self.recorder.tick(now)
        self.live.tick(now)

    def close(self) -> None:
        """Take the panel away."""
        self.live.panel.clear()

    def _show_failure(self, result: CallResult) -> None:
        from rpcx.runs.failures import failure_text

        self._failed += 1
        if self._failed > _FAILURES_SHOWN:
            return
        timeout_s = self._plan.methods[result.method].timeout_s
        text, details = failure_text(result.outcome, self._session, timeout_s)
        which = f"call {result.seq}: " if result.seq else ""
        self.live.panel.clear()
        remark(f"{which}{text}{details}")

    def conclude(
        self, interrupts: Interrupts, unwritable: OutputError | ReaderGoneError | None
    ) -> int:
        """Print what comes last, write reports, and return the exit status.

        Args:
            interrupts: Whether a signal has ended the run.
            unwritable: Why standard output can no longer be written; None if it can.

        Raises:
            RpcxError: What went wrong on this side, once everything else is printed.
        """
        standing = self.recorder.standing()
        self.recorder.end()
        run = self._reporting.judged_run(self._run())
        self.live.end(run.facts.duration_s)
        if unwritable is None:
            try:
                self._print_summary(run)
            except (OutputError, ReaderGoneError) as error:
                unwritable = error
        unwritten = self._write_reports(run)
        if unwritable is not None:
            return interrupts.exit_code_without_output(unwritable)
        self._remark_on(standing, run)
        self._text.remark_on(run.fail_if)
        if interrupts.exit_code:
            return interrupts.exit_code
        if standing.error is not None:
            raise standing.error
        if unwritten is not None:
            raise unwritten
        return of_run(run, self._reporting.conditions)

    def _run(self) -> Run:
        return self.recorder.run(
            target=self._session.target.text,
            transport=self._session.transport.name,
            settings=self._plan.settings(self._processes),
            percents=self._reporting.percents,
        )

    def _write_reports(self, run: Run) -> ReportError | None:
        if not self._reporting.paths:
            return None
        from rpcx.output.reports import write_each, write_report

        return write_each(self._reporting.paths, lambda path: write_report(path, run))

    def _print_summary(self, run: Run) -> None:
        if self._form is Form.JSON:
            from rpcx.output.records import json_line

            self._stdout.lines([json_line(run.summary())])
        elif self._text.is_shown:
            from rpcx.output.summary import call_text

            summary, percents = run.summary(), self._reporting.shown
            self._text.print(
                lambda colour, width: call_text(
                    summary, percents=percents, colour=colour, width=width
                )
            )

    def _remark_on(self, standing: Standing, run: Run) -> None:
        stats, plan = self.recorder.stats, self._plan
        if self._failed > _FAILURES_SHOWN and not self._text.is_shown:
            remark(
                f"{self._failed:,} of {stats.ended:,} calls failed: "
                + ", ".join(f"{s.name} {n:,}" for s, n in stats.total.statuses.items() if s)
            )
        says_it = self._form is Form.JSON or self._text.is_shown
        if stats.total.cancelled and not says_it:
            remark(
                f"{stats.total.cancelled:,} of {standing.started:,} calls were not answered within"
                f" {plan.drain_s:g} s after the end of the run (--drain); rpcx cancelled them"
            )
        if self._quiet:
            return
        if standing.end_reason == "data" and plan.total is not None and standing.error is None:
            remark(
                f"standard input ended after {standing.started:,} documents, before the"
                f" {plan.total:,} calls of -n; standard input cannot be repeated"
            )
        if standing.end_reason == "connection_lost":
            cause = run.facts.outages[-1].cause if run.facts.outages else ""
            remark(
                f"the connection was lost and did not come back within {plan.longest_timeout_s:g} s"
                f" (-t){': ' if cause else ''}{cause}; {standing.started:,} calls were started"
                " before"
            )
