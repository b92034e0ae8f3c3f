"""`rpcx stream`: streams of any kind, with send workers and receive workers."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Annotated

import typer

from rpcx.commands.connection_options import ConnectionOptions
from rpcx.commands.headers import HeaderOptions
from rpcx.commands.message_options import MessageOptions
from rpcx.commands.observe_options import ObserveOptions
from rpcx.commands.option_groups import with_option_groups
from rpcx.commands.options import (
    Form,
    MethodArgument,
    OutputOption,
    QuietOption,
    TargetArgument,
)
from rpcx.commands.schema_options import SchemaOptions
from rpcx.commands.stream_options import StreamOptions

if TYPE_CHECKING:
    from rpcx.commands.interrupts import Interrupts
    from rpcx.commands.session import Session
    from rpcx.commands.stream_data import StreamSources
    from rpcx.commands.stream_output import StreamOutput
    from rpcx.plan import StreamPlan
    from rpcx.results import StreamAnnouncement


@with_option_groups
def stream(
    target: TargetArgument,
    method: MethodArgument,
    data: Annotated[
        list[str] | None,
        typer.Option(
            "-d",
            "--data",
            metavar="JSON|@FILE|@-",
            help="Messages: JSON, a file, or standard input; once for all senders, or for each.",
        ),
    ] = None,
    *,
    messages: MessageOptions,
    headers: HeaderOptions,
    workers: StreamOptions,
    observe: ObserveOptions,
    output: OutputOption = None,
    schema: SchemaOptions,
    connection: ConnectionOptions,
    quiet: QuietOption = False,
) -> int:
    """Drive streams: send workers and receive workers that never wait for each other.

    Without -d, standard input is sent where the client side streams, else one empty message.
    """
    from rpcx.commands.interrupts import Interrupts
    from rpcx.commands.session import Session
    from rpcx.commands.stream_data import StreamSources
    from rpcx.commands.stream_output import StreamOutput
    from rpcx.commands.stream_script import read_script
    from rpcx.output.terminal import Terminals

    workers.check(data or ())
    observe.check()
    metadata = headers.metadata()
    where = connection.target(target)
    terminals = Terminals.of_this_process()
    reflecting = schema.reflection_metadata(headers)
    with (
        Interrupts() as interrupts,
        Session(where, interrupts, schema, reflecting, messages) as session,
    ):
        descriptor = interrupts.run(lambda: session.streaming_method(method, data or ()))
        script = (
            read_script(workers.script, descriptor, session.schema.pool) if workers.script else ()
        )
        plan = workers.plan(
            session.path(descriptor),
            metadata=metadata,
            client_streams=descriptor.client_streaming,
            server_streams=descriptor.server_streaming,
            script=script,
        )
        stats = observe.stats(descriptor)
        form = output or Form.MESSAGE
        shown = StreamOutput(form, session, descriptor, plan, stats, terminals, quiet=quiet)
        sources = StreamSources(
            data or (), plan, session.encoder(descriptor), session.reading(descriptor)
        )
        try:
            return _run(session, plan, sources, shown, interrupts)
        finally:
            sources.close()


def _run(
    session: Session,
    plan: StreamPlan,
    sources: StreamSources,
    shown: StreamOutput,
    interrupts: Interrupts,
) -> int:
    from rpcx.commands.drive import Drive
    from rpcx.engine.feed import Feed
    from rpcx.engine.streams.engine import StreamEngine

    feed: Feed[StreamAnnouncement] = Feed(eager=shown.prints_results)
    engine = StreamEngine(plan, session.transport, sources, feed, show=shown.decode)
    shown.engine = engine
    drive: Drive[StreamAnnouncement] = Drive(
        engine,
        feed,
        take_in=shown.take_in,
        line=shown.line,
        stdout=shown.stdout,
        panel=shown.panel,
        panel_lines=shown.panel_lines,
    )
    cpu_before = time.process_time()
    drive.run(interrupts)
    return shown.conclude(
        cpu_s=time.process_time() - cpu_before,
        interrupts=interrupts,
        reader_gone=drive.reader_gone,
    )
