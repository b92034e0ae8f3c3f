"""A run of streams as a console shows it: what `rpcx stream` does once it knows what to do."""

from __future__ import annotations

import contextlib
import dataclasses
import time
from typing import TYPE_CHECKING, NamedTuple

from rpcx.console.stream_output import StreamOutput
from rpcx.documents.forms import InputForm
from rpcx.engine.feed import Feed
from rpcx.engine.streams.engine import StreamEngine
from rpcx.runs.drive import Drive
from rpcx.runs.interrupts import Interrupts
from rpcx.runs.requests.stream_data import StreamSources, reads_standard_input

if TYPE_CHECKING:
    from collections.abc import Iterator

    from google.protobuf.descriptor import MethodDescriptor

    from rpcx.output.forms import Form
    from rpcx.output.terminal import Terminals
    from rpcx.plans.streams import StreamPlan
    from rpcx.results import StreamAnnouncement
    from rpcx.runs.observing import Observing
    from rpcx.runs.session import Session
    from rpcx.runs.session_plan import SessionPlan
    from rpcx.verdict.reporting import Reporting


class StreamOrder(NamedTuple):
    """What streams are opened and how they are shown, checked as far as possible without a server.

    Attributes:
        where: Where to connect.
        name: The method, `package.Service/Method`.
        data: As each `-d`.
        plan: The run; what depends on the method and the script is not known yet.
        script: As `--script`; None for senders.
        observing: What is measured in the messages.
        terminals: What the standard streams are.
        form: The form of `-o`.
        quiet: No panel and no remarks on standard error.
        measures: Whether numbers were asked for: they are shown in addition to messages.
        reporting: How the run is judged and where it is written.
    """

    where: SessionPlan
    name: str
    data: tuple[str, ...]
    plan: StreamPlan
    script: str | None
    observing: Observing
    terminals: Terminals
    form: Form
    quiet: bool
    measures: bool
    reporting: Reporting


def drive_streams(order: StreamOrder) -> int:
    """Drive the streams, show them, and return the exit status.

    Raises:
        RpcxError: It could not be done; what was done is printed before.
    """
    with Interrupts() as interrupts, order.where.open(interrupts) as session:
        method = interrupts.run(lambda: session.streaming_method(order.name, order.data))
        plan = _planned(order, session, method)
        shown = StreamOutput(order, session, method, plan, order.observing.stats(method))
        with _sources(order, session, method, plan, shown) as sources:
            feed: Feed[StreamAnnouncement] = Feed(eager=shown.prints_results)
            engine = StreamEngine(plan, session.transport, sources, feed, show=shown.decode)
            shown.engine = engine
            drive = Drive(engine, feed, shown, gather=shown.prints_results)
            cpu_before = time.process_time()
            drive.run(interrupts)
            cpu_s = time.process_time() - cpu_before
        return shown.conclude(interrupts, drive.unwritable, cpu_s=cpu_s)


def _planned(order: StreamOrder, session: Session, method: MethodDescriptor) -> StreamPlan:
    """Return the plan for this method.

    Raises:
        UsageError: An option does not fit the method's kind, or the script is not valid.
    """
    script = order.plan.script
    if order.script is not None:
        from rpcx.runs.requests.script_file import read_script

        script = read_script(order.script, method, session.schema.pool)
    return dataclasses.replace(
        order.plan,
        method=session.path(method),
        client_streams=method.client_streaming,
        server_streams=method.server_streaming,
        script=script,
    )


@contextlib.contextmanager
def _sources(
    order: StreamOrder,
    session: Session,
    method: MethodDescriptor,
    plan: StreamPlan,
    shown: StreamOutput,
) -> Iterator[StreamSources]:
    """Open what the streams send; a prompt where a person types it."""
    reading, encode = session.reading(method), session.encoder(method)
    typed: int | None = None
    quiet = shown.prints_results and not session.story.verbosity
    with contextlib.ExitStack() as opened:
        if quiet and reading.form is InputForm.JSON and _is_typed(order, plan):
            from rpcx.console.prompt import TypedLines, line_check
            from rpcx.documents.json_documents import json_documents

            check = line_check(json_documents, encode)
            lines = TypedLines(check, session.interrupts.hang_up)
            opened.callback(shown.stdout.redirect, None)
            opened.callback(lines.close)
            shown.stdout.redirect(lines.write)
            shown.typed, typed = True, lines.descriptor
        sources = StreamSources(order.data, plan, encode, reading, typed)
        opened.callback(sources.close)
        yield sources


def _is_typed(order: StreamOrder, plan: StreamPlan) -> bool:
    """Return whether a person types the messages, one a line."""
    return (
        order.terminals.typed
        and not plan.script
        and reads_standard_input(order.data, client_streams=plan.client_streams)
    )
