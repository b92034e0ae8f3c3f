"""What `rpcx call` prints, while it works and at the end, and its exit status."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Final

from rpcx.commands.live import Live
from rpcx.commands.options import Form
from rpcx.commands.remarks import remark
from rpcx.commands.verdict_exit import judged, verdict_exit, write_reports
from rpcx.errors import ExitCode
from rpcx.output.stdout import ReaderGoneError, Stdout
from rpcx.results import Status
from rpcx.stats.calls import CallStats
from rpcx.stats.latencies import PERCENTS
from rpcx.stats.machine import idle_share, processor_times

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from google.protobuf.descriptor import MethodDescriptor

    from rpcx.commands.interrupts import Interrupts
    from rpcx.commands.report_options import Reporting
    from rpcx.commands.session import Session
    from rpcx.engine.protocol import CallEngine
    from rpcx.output.terminal import Terminals
    from rpcx.plan import UnaryPlan
    from rpcx.results import CallResult
    from rpcx.stats.machine import ProcessorTimes
    from rpcx.stats.run import Run
    from rpcx.stats.summary import RunFacts

    Line = Callable[[CallResult], bytes | None]

_FAILURES_TOLD: Final = 5


class CallOutput:
    """Takes the results of one run and shows them in the form that was asked for.

    Args:
        form: The form of `-o`.
        session: Where the calls go.
        descriptors: The plan's methods, in its order.
        plan: What is run.
        terminals: What the two streams are.
        quiet: No panel and no remarks on standard error.
        lone: A call or a few that somebody waits for: no panel either.
        reporting: How the run is judged and where it is written.
        interval_s: The length of an interval that is told on standard error; None for none.

    Attributes:
        line: A result as a line of standard output; None where the form prints none.
        stdout: Where those lines go.
        live: What is shown meanwhile.
    """

    def __init__(
        self,
        form: Form,
        session: Session,
        descriptors: Sequence[MethodDescriptor],
        plan: UnaryPlan,
        terminals: Terminals,
        *,
        quiet: bool,
        lone: bool,
        reporting: Reporting,
        interval_s: float | None,
    ) -> None:
        self._form = form
        self._session = session
        self._names = [method.name for method in plan.methods]
        self._plan = plan
        self._terminals = terminals
        self._quiet = quiet
        self._reporting = reporting
        self._stats = CallStats(len(plan.methods), interval_s or 1.0)
        self._started_at = self._cpu_before = 0.0
        self._machine_before: ProcessorTimes | None = None
        self._told = 0
        self.line = self._line(descriptors)
        self.stdout = Stdout(terminal=terminals.out, colour=terminals.out and terminals.colour)
        self.live = Live(
            self._stats,
            plan,
            session.target.text,
            panel=terminals.err and not quiet and not lone and not session.story.verbosity,
            lines=interval_s is not None,
            percents=reporting.percents,
            shown=reporting.shown if reporting.shown is not PERCENTS else None,
        )

    @property
    def prints_results(self) -> bool:
        """Whether each result is printed when it comes."""
        return self.line is not None

    def _line(self, descriptors: Sequence[MethodDescriptor]) -> Line | None:
        from rpcx.output.records import call_message, call_record

        if self._form not in (Form.MESSAGE, Form.RECORD):
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

    def begin(self) -> None:
        """Note when the run starts, and what this process and the machine had done by then."""
        self._started_at = time.time()
        self._cpu_before = time.process_time()
        self._machine_before = processor_times()

    def take_in(self, batch: Sequence[CallResult]) -> None:
        """Add results to the statistics; tell of failures where the form does not."""
        self._stats.add(batch, open_loop=self._plan.rate_per_s is not None)
        if self._form is Form.MESSAGE:
            for result in batch:
                if result.outcome.status is not Status.OK and not result.cancelled:
                    self._tell_failure(result)

    def replace(self, parts: Sequence[CallStats]) -> None:
        """Take what several processes have measured so far in place of what was there."""
        self._stats.replace(parts)

    def _tell_failure(self, result: CallResult) -> None:
        from rpcx.commands.failures import failure_text

        self._told += 1
        if self._told > _FAILURES_TOLD:
            return
        timeout_s = self._plan.methods[result.method].timeout_s
        text, details = failure_text(result.outcome, self._session, timeout_s)
        which = f"call {result.seq}: " if result.seq else ""
        self.live.panel.clear()
        remark(f"{which}{text}{details}")

    def conclude(self, engine: CallEngine, *, interrupts: Interrupts, reader_gone: bool) -> int:
        """Print what comes last and say the exit status.

        Raises:
            RpcxError: What went wrong on this side, once everything else is printed.
        """
        run = self._run(engine)
        self.live.end(engine, run.facts.duration_s)
        if not reader_gone:
            try:
                self._print_summary(run)
            except ReaderGoneError:
                reader_gone = True
        unwritten = write_reports(run, self._reporting)
        if reader_gone:
            return ExitCode.SIGPIPE
        self._remark_on(engine)
        self._tell_verdict(run)
        if interrupts.exit_code:
            return interrupts.exit_code
        if engine.error is not None:
            raise engine.error
        if unwritten is not None:
            raise unwritten
        return verdict_exit(run, self._reporting)

    def _run(self, engine: CallEngine) -> Run:
        from rpcx.stats.run import Run

        cpu_s = time.process_time()
        self._stats.end(time.perf_counter(), cpu_s)
        facts = self._facts(engine, cpu_s - self._cpu_before + engine.cpu_s)
        run = Run(self._stats, facts, self._reporting.percents)
        if len(set(self._names)) < len(self._names):
            # One method that was named twice, with other data: numbers are by method.
            from rpcx.stats.merging import merged

            run = merged([run])
        return judged(run, self._reporting)

    def _tell_verdict(self, run: Run) -> None:
        met = [result for result in run.fail_if if result["met"]]
        if not met or self._form is Form.SUMMARY:  # which says it
            return
        from rpcx.output.summary import verdict_line

        for result in met:
            remark(verdict_line(result))

    def _facts(self, engine: CallEngine, cpu_s: float) -> RunFacts:
        from rpcx.stats.summary import MethodFacts, RunFacts

        methods = tuple(map(MethodFacts, self._names, engine.not_started, engine.reissued))
        last = self._stats.last_end or time.perf_counter()
        return RunFacts(
            target=self._session.target.text,
            methods=methods,
            end_reason=engine.end_reason,
            concurrency=self._plan.concurrency,
            started_at=self._started_at,
            duration_s=round(max(last - engine.begun, 0.0), 6),
            cpu_s=cpu_s,
            machine_idle=idle_share(self._machine_before, processor_times()),
            gaps=tuple(engine.gaps),
            transport=self._session.transport.name,
        )

    def _print_summary(self, run: Run) -> None:
        from rpcx.output.terminal import width

        if self._form is Form.JSON:
            from rpcx.output.records import json_line

            self.stdout.lines([json_line(run.summary())])
            return
        several = self._stats.ended > 1 and self._plan.concurrency > 1
        aside = self._terminals.err and not self._quiet and self.line is not None and several
        if self._form is not Form.SUMMARY and not aside:
            return
        from rpcx.output.summary import call_text

        to_out = self._form is Form.SUMMARY
        text = call_text(
            run.summary(),
            percents=self._reporting.shown,
            colour=self._terminals.colour and (self._terminals.out if to_out else True),
            width=width(),
        )
        if to_out:
            self.stdout.raw(text)
        else:
            sys.stderr.write("\n" + text.decode())
            sys.stderr.flush()

    def _remark_on(self, engine: CallEngine) -> None:
        stats, plan = self._stats, self._plan
        if self._told > _FAILURES_TOLD:
            remark(
                f"{self._told:,} of {stats.ended:,} calls failed: "
                + ", ".join(f"{s.name} {n:,}" for s, n in stats.total.statuses.items() if s)
            )
        if self._quiet:
            return
        if engine.end_reason == "data" and plan.total is not None and engine.error is None:
            remark(
                f"standard input ended after {engine.started:,} documents, before the"
                f" {plan.total:,} calls of -n; it can't go round again"
            )
        if engine.end_reason == "connection_lost":
            remark(
                f"the connection was lost and did not come back within {plan.longest_timeout_s:g} s"
                f" (-t); {engine.started:,} calls were started before"
            )
