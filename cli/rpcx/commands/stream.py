"""`rpcx stream`: one RPC of any streaming kind, a send worker and a receive worker."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from rpcx.commands.connection_options import ConnectionOptions
from rpcx.commands.headers import HeaderOptions
from rpcx.commands.option_groups import with_option_groups
from rpcx.commands.options import (
    DataOption,
    Form,
    MethodArgument,
    OutputOption,
    QuietOption,
    TargetArgument,
    seconds,
)
from rpcx.commands.schema_options import SchemaOptions
from rpcx.errors import UsageError

if TYPE_CHECKING:
    from rpcx.commands.interrupts import Interrupts
    from rpcx.commands.session import Session
    from rpcx.commands.stream_output import StreamOutput
    from rpcx.engine.source import Source
    from rpcx.plan import StreamPlan
    from rpcx.results import MessageResult


@with_option_groups
def stream(
    target: TargetArgument,
    method: MethodArgument,
    data: DataOption = None,
    senders: Annotated[
        int, typer.Option("--senders", envvar="RPCX_SENDERS", help="Send workers: 1.")
    ] = 1,
    receivers: Annotated[
        int, typer.Option("--receivers", envvar="RPCX_RECEIVERS", help="Receive workers: 1.")
    ] = 1,
    total: Annotated[
        int | None,
        typer.Option("-n", "--total", help="Messages to send.", show_default="each document once"),
    ] = None,
    timeout: Annotated[
        str | None,
        typer.Option(
            "-t",
            "--timeout",
            metavar="DURATION",
            envvar="RPCX_TIMEOUT",
            help="Deadline of the stream.",
            show_default="none",
        ),
    ] = None,
    output: OutputOption = None,
    *,
    headers: HeaderOptions,
    schema: SchemaOptions,
    connection: ConnectionOptions,
    quiet: QuietOption = False,
) -> int:
    """Drive one stream: a send worker and a receive worker that never wait for each other.

    Without -d, standard input is sent where the client side streams, else one empty message.
    """
    from rpcx.commands.interrupts import Interrupts
    from rpcx.commands.session import Session
    from rpcx.commands.stream_output import StreamOutput
    from rpcx.output.terminal import Terminals
    from rpcx.plan import StreamPlan

    for option, workers in (("--senders", senders), ("--receivers", receivers)):
        if workers != 1:
            raise UsageError(
                f"{option} {workers}: on one stream one worker sends and one receives; only 1"
                " will do"
            )
    metadata = headers.metadata()
    timeout_s = seconds(timeout, "--timeout")
    where = connection.target(target)
    terminals = Terminals.of_this_process()
    form = output or Form.MESSAGE
    with Interrupts() as interrupts, Session(where, interrupts, schema) as session:
        descriptor = interrupts.run(lambda: session.streaming_method(method))
        plan = StreamPlan(
            method=session.path(descriptor),
            metadata=metadata,
            client_streams=descriptor.client_streaming,
            total=total,
            timeout_s=timeout_s,
        )
        if data is None:
            data = "@-" if plan.client_streams else "{}"
        shown = StreamOutput(form, session, descriptor, plan, terminals, quiet=quiet)
        return _run(session, plan, shown, interrupts, data)


def _run(
    session: Session,
    plan: StreamPlan,
    shown: StreamOutput,
    interrupts: Interrupts,
    data: str,
) -> int:
    from rpcx.commands.data import open_data
    from rpcx.commands.drive import Drive
    from rpcx.engine.feed import Feed
    from rpcx.engine.source import Limited, Single
    from rpcx.engine.stream import StreamEngine

    documents = open_data(
        data, shown.encode, again=plan.total is not None, required=not plan.client_streams
    )
    source: Source = documents
    if not plan.client_streams:
        source = Single(documents)
    elif plan.total is not None:
        source = Limited(documents, plan.total)
    feed: Feed[MessageResult] = Feed(eager=shown.prints_results)
    engine = StreamEngine(plan, session.transport, source, feed)
    shown.engine = engine
    drive: Drive[MessageResult] = Drive(
        engine,
        feed,
        take_in=shown.take_in,
        line=shown.line,
        stdout=shown.stdout,
        panel=shown.panel,
        panel_lines=shown.panel_lines,
    )
    try:
        drive.run(interrupts)
    finally:
        documents.close()
    return shown.conclude(interrupts=interrupts, reader_gone=drive.reader_gone)
