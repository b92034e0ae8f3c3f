"""What a run of streams prints, while it works and at the end, and its exit status."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rpcx.output.forms import Form
from rpcx.output.panel import Panel
from rpcx.output.remarks import remark
from rpcx.output.stdout import OutputError, Printer, ReaderGoneError
from rpcx.output.stream_panel import StreamPanel, StreamView, WayView
from rpcx.output.text_summary import TextSummary
from rpcx.results import Status
from rpcx.runs.answers import StreamAnswers
from rpcx.verdict.exit_status import exit_status

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from google.protobuf.descriptor import MethodDescriptor

    from rpcx.console.streams import StreamOrder
    from rpcx.engine.streams.engine import StreamEngine
    from rpcx.output.reports import ReportError
    from rpcx.output.spans import Line as PanelLine
    from rpcx.plans.streams import StreamPlan
    from rpcx.results import StreamAnnouncement, StreamEnd
    from rpcx.runs.interrupts import Interrupts
    from rpcx.runs.session import Session
    from rpcx.stats.streams import Direction, StreamStats

    Line = Callable[[StreamAnnouncement], bytes | None]


class StreamOutput:
    """Takes what happens on streams and shows it in the form that was asked for.

    Args:
        order: What is opened and how it is shown.
        session: Where the streams go.
        descriptor: The method.
        plan: What is run.
        stats: What is counted.

    Attributes:
        engine: Whose messages these are; set before the first of them.
        decode: JSON of a message that was received.
        prints_results: Whether each message is printed when it comes.
        stdout: Where it is printed.
        panel: Where the live view goes.
        typed: Whether a person types the messages: then a line at the end says how it ended.
    """

    engine: StreamEngine
    typed = False

    def __init__(
        self,
        order: StreamOrder,
        session: Session,
        descriptor: MethodDescriptor,
        plan: StreamPlan,
        stats: StreamStats,
    ) -> None:
        terminals, quiet = order.terminals, order.quiet
        self._form = order.form
        self._quiet = quiet
        self._reporting = order.reporting
        self._session = session
        self._plan = plan
        self._stats = stats
        self._begun = [0.0] * plan.streams
        self._answers = plan.client_streams and plan.server_streams
        self.decode = session.decoder(descriptor.output_type)
        self._verifying = StreamAnswers(session.verifier(descriptor.output_type))
        line = self._line(descriptor)
        self.prints_results = line is not None
        self.stdout = terminals.stdout(session.interrupts.reader_is_late)
        self._printer = Printer(self.stdout, line)
        self._text = TextSummary(
            self.stdout,
            terminals,
            asked_for=self._form is Form.SUMMARY,
            aside=self.prints_results and order.measures and not quiet,
        )
        # Typed lines and a panel would draw over each other.
        typed = self.prints_results and terminals.out
        self.panel = Panel(
            enabled=terminals.err and not quiet and not typed and not session.story.verbosity,
            colour=terminals.colour,
        )
        self._view = StreamPanel(plan.method[1:], session.target.text, plan.streams)

    def _line(self, descriptor: MethodDescriptor) -> Line | None:
        from rpcx.output.stream_records import stream_message, stream_record

        if self._form is Form.MESSAGE:
            return stream_message(self.decode)
        if self._form is Form.RECORD:
            return stream_record(
                self._begun,
                self._session.decoder(descriptor.input_type),
                self.decode,
                self._session.details,
                self._session.story.response,
            )
        return None

    def take_in(self, batch: Sequence[StreamAnnouncement]) -> None:
        """Measure messages and print them.

        Raises:
            ReaderGoneError: The reader of standard output is gone.
            OutputError: Standard output cannot be written.
        """
        if not self._begun[-1]:
            self._begun[:] = [live.begun for live in self.engine.streams]
        batch = self._verifying.verified(batch)
        self._stats.add(batch)
        if self.prints_results:
            self.panel.clear()
            self._printer.print(batch)

    def tick(self, now: float) -> None:
        """Show how the streams stand."""
        if self.panel.is_due(now):
            self.panel.draw(self._panel_lines(now), now)

    def close(self) -> None:
        """Take the panel away."""
        self.panel.clear()

    def _panel_lines(self, now: float) -> list[PanelLine]:
        """The live view: both directions side by side."""
        stats, moment = self._stats, self.engine.moment(now)

        def way(direction: Direction, outstanding: int, held_up_s: float) -> WayView:
            last = max(direction.last.values(), default=self.engine.begun)
            return WayView(
                messages=direction.messages,
                bytes=direction.bytes,
                held_up_s=direction.busy_s + held_up_s,
                outstanding=outstanding,
                still_s=now - last,
            )

        return self._view.lines(
            StreamView(
                elapsed_s=now - self.engine.begun,
                open=moment.open,
                sent=way(stats.sent, moment.sends, moment.blocked_s),
                received=way(stats.received, moment.receives, moment.waiting_s),
                lag=stats.lag if self._answers else None,
                most_lag=stats.most_lag,
                reads=self._plan.receivers > 0,
                hungry=moment.hungry,
                holder=moment.holder,
            )
        )

    def conclude(
        self,
        interrupts: Interrupts,
        unwritable: OutputError | ReaderGoneError | None,
        *,
        cpu_s: float,
    ) -> int:
        """Print what comes last, write reports, and return the exit status.

        Args:
            interrupts: Whether a signal has ended the run.
            unwritable: Why standard output can no longer be written; None if it can.
            cpu_s: CPU seconds of the run.

        Raises:
            RpcxError: What went wrong on this side, once everything else is printed.
        """
        summary = self._summary(cpu_s)
        if unwritable is None:
            try:
                self._print(summary)
            except (OutputError, ReaderGoneError) as error:
                unwritable = error
        unwritten = self._write_reports(summary)
        if unwritable is not None:
            return interrupts.exit_code_without_output(unwritable)
        self._text.remark_on(summary["fail_if"])
        failures = self._failures()
        if self._form in (Form.MESSAGE, Form.SUMMARY):
            for end in failures.values():
                self._show_failure(end)
        if self.typed and not failures and not self._quiet:
            self._say_how_it_ended(summary["duration_s"])
        if interrupts.exit_code:
            return interrupts.exit_code
        if self.engine.error is not None:
            raise self.engine.error
        if unwritten is not None:
            raise unwritten
        return exit_status(summary["fail_if"], self._reporting.conditions, list(failures))

    def _failures(self) -> dict[Status, StreamEnd]:
        """Return the first stream that ended with each failure.

        A stream that rpcx cancelled did not fail, nor did one that ended as its script expects.
        """
        failures: dict[Status, StreamEnd] = {}
        for end in self._stats.ends:
            wanted = end.ended_by == "client" or end.expected
            if end.outcome.status is not Status.OK and not wanted:
                failures.setdefault(end.outcome.status, end)
        return failures

    def _show_failure(self, end: StreamEnd) -> None:
        from rpcx.runs.failures import failure_text

        outcome = end.outcome
        text, details = failure_text(outcome, self._session, self._plan.timeout_s)
        alike = self._stats.statuses[outcome.status]
        others = f"; {alike:,} streams ended like this, and this was the first" if alike > 1 else ""
        remark(
            f"{text} (after {end.received:,} messages received,"
            f" ended by {end.ended_by}{others}){details}"
        )

    def _say_how_it_ended(self, duration_s: float) -> None:
        statuses = ", ".join(status.name for status in self._stats.statuses)
        who = ", ".join(dict.fromkeys(end.ended_by for end in self._stats.ends))
        remark(
            f"{statuses} after {duration_s:.1f} s: {self._stats.sent.messages:,} sent,"
            f" {self._stats.received.messages:,} received; ended by {who}"
        )

    def _print(self, summary: dict[str, Any]) -> None:
        if self._form is Form.JSON:
            from rpcx.output.records import json_line

            self.stdout.lines([json_line(summary)])
        elif self._text.is_shown:
            from rpcx.output.stream_summary import stream_text

            percents = self._reporting.shown
            self._text.print(
                lambda colour, width: stream_text(summary, percents, colour=colour, width=width)
            )

    def _write_reports(self, summary: dict[str, Any]) -> ReportError | None:
        if not self._reporting.paths:
            return None
        from rpcx.output.records import json_line
        from rpcx.output.reports import replace, write_each

        report = json_line(summary | {"histograms": self._stats.histograms()}) + b"\n"
        return write_each(self._reporting.paths, lambda path: replace(path, report))

    def _summary(self, cpu_s: float) -> dict[str, Any]:
        from rpcx.output.stream_records import stream_ending
        from rpcx.stats.stream_summary import StreamFacts, stream_summary

        session = self._session
        facts = StreamFacts(
            target=session.target.text,
            method=self._plan.method[1:],
            answers=self._answers,
            streams=self._plan.streams,
            begun=self.engine.begun,
            cpu_s=cpu_s,
            transport=session.transport.name,
            connections=self.engine.connections,
            percents=self._reporting.percents,
            ending=stream_ending(self._stats.ends, session.details, session.story.response),
        )
        summary = stream_summary(self._stats, facts)
        summary["fail_if"] = list(self._reporting.judged(summary))
        return summary
