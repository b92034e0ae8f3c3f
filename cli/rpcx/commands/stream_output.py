"""What `rpcx stream` prints, while it works and at the end, and its exit status."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from rpcx.commands.drive import statuses_exit_code
from rpcx.commands.options import Form
from rpcx.errors import ExitCode
from rpcx.output.panel import Panel
from rpcx.output.stdout import ReaderGoneError, Stdout
from rpcx.output.summary import size
from rpcx.results import Status
from rpcx.stats.streams import StreamStats
from rpcx.text import printable

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from google.protobuf.descriptor import MethodDescriptor

    from rpcx.commands.interrupts import Interrupts
    from rpcx.commands.session import Session
    from rpcx.documents import Document
    from rpcx.engine.stream import StreamEngine
    from rpcx.output.terminal import Terminals
    from rpcx.plan import StreamPlan
    from rpcx.results import MessageResult, Outcome


class StreamOutput:
    """Takes the messages of one stream and shows them in the form that was asked for.

    Args:
        form: The form of `-o`.
        session: Where the stream goes.
        descriptor: The method.
        plan: What is run.
        terminals: What the two streams are.
        quiet: No panel and no remarks on standard error.

    Attributes:
        encode: Turns a document into a message to send.
        engine: Whose messages these are; set before the first of them.
        line: A message as a line of standard output; None where the form prints none.
        stdout: Where those lines go.
        panel: Where the live view goes.
    """

    engine: StreamEngine

    def __init__(
        self,
        form: Form,
        session: Session,
        descriptor: MethodDescriptor,
        plan: StreamPlan,
        terminals: Terminals,
        *,
        quiet: bool,
    ) -> None:
        self._form = form
        self._session = session
        self._plan = plan
        self._terminals = terminals
        self._quiet = quiet
        self._stats = StreamStats()
        self.encode: Callable[[Document], bytes] = session.encoder(descriptor)
        self.line = self._line(descriptor)
        self.stdout = Stdout(terminal=terminals.out, colour=terminals.out and terminals.colour)
        # Typed lines and a panel would draw over each other.
        typed = self.prints_results and terminals.out
        self.panel = Panel(enabled=terminals.err and not quiet and not typed)

    @property
    def prints_results(self) -> bool:
        """Whether each message is printed when it comes."""
        return self.line is not None

    def _line(self, descriptor: MethodDescriptor) -> Callable[[MessageResult], bytes | None] | None:
        from rpcx.output.records import stream_message, stream_record

        if self._form is Form.MESSAGE:
            return stream_message(self._session.decoder(descriptor.output_type))
        if self._form is Form.RECORD:
            return stream_record(
                lambda: self.engine.begun,
                self._session.decoder(descriptor.input_type),
                self._session.decoder(descriptor.output_type),
            )
        return None

    def take_in(self, batch: Sequence[MessageResult]) -> None:
        """Add messages to the statistics."""
        self._stats.add(batch)

    def panel_lines(self, now: float) -> list[str]:
        """The live view: both directions side by side."""
        stats, elapsed = self._stats, max(now - self.engine.begun, 1e-9)
        sent, received = (
            f"{way.messages:,} messages  {way.messages / elapsed:,.0f}/s  {size(way.bytes)}"
            for way in (stats.sent, stats.received)
        )
        return [
            f"{self._plan.method[1:]} on {printable(self._session.target.text)}  {elapsed:.1f} s",
            f"sent      {sent}",
            f"received  {received}",
            f"sent and not answered {stats.lag:,}",
        ]

    def conclude(self, *, interrupts: Interrupts, reader_gone: bool) -> int:
        """Print what comes last and say the exit status.

        Raises:
            RpcxError: What went wrong on this side, once everything else is printed.
        """
        outcome = self.engine.outcome
        if reader_gone:
            return ExitCode.SIGPIPE
        assert outcome is not None  # noqa: S101 -- the engine ran to its end
        try:
            self._print_end(outcome)
        except ReaderGoneError:
            return ExitCode.SIGPIPE
        failed = outcome.status is not Status.OK and self.engine.ended_by != "client"
        if self._form is Form.MESSAGE and failed:
            self._tell_failure(outcome)
        if interrupts.exit_code:
            return interrupts.exit_code
        if self.engine.error is not None:
            raise self.engine.error
        return statuses_exit_code([outcome.status] if outcome.status else [])

    def _tell_failure(self, outcome: Outcome) -> None:
        from rpcx.output.records import json_line

        text = f": {printable(outcome.details)}" if outcome.details else ""
        details = "".join(
            f"\n  {printable(json_line(detail).decode(), limit=2000)}"
            for detail in self._session.details(outcome.trailers)
        )
        sys.stderr.write(
            f"rpcx: {outcome.status.name}{text} (after {self._stats.received.messages:,} messages"
            f" received, ended by {self.engine.ended_by}){details}\n"
        )
        sys.stderr.flush()

    def _print_end(self, outcome: Outcome) -> None:
        from rpcx.output.records import json_line, stream_end
        from rpcx.output.terminal import width

        if self._form is Form.RECORD:
            end = stream_end(
                outcome, self.engine.begun, self.engine.ended_by, self._session.details
            )
            self.stdout.lines([end])
        elif self._form is Form.JSON:
            self.stdout.lines([json_line(self._summary(outcome))])
        elif self._form is Form.SUMMARY:
            from rpcx.output.summary import stream_text

            colour = self._terminals.out and self._terminals.colour
            self.stdout.raw(stream_text(self._summary(outcome), colour=colour, width=width()))

    def _summary(self, outcome: Outcome) -> dict[str, Any]:
        from rpcx.stats.streams import stream_summary

        return stream_summary(
            self._stats,
            target=self._session.target.text,
            method=self._plan.method[1:],
            status=outcome.status,
            ended_by=self.engine.ended_by,
            duration_s=outcome.at - self.engine.begun,
        )
