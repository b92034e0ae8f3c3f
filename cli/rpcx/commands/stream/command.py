"""`rpcx stream`: streams of any kind, with send workers and receive workers."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Annotated

from rpcx.commands.options.connection import ConnectionOptions
from rpcx.commands.options.groups import with_option_groups
from rpcx.commands.options.headers import HeaderOptions
from rpcx.commands.options.messages import MessageOptions
from rpcx.commands.options.observe import ObserveOptions
from rpcx.commands.options.reports import VerdictOptions
from rpcx.commands.options.schema import SchemaOptions
from rpcx.commands.options.shared import (
    Form,
    OutputOption,
    QuietOption,
    TargetArgument,
)
from rpcx.commands.options.streams import StreamOptions
from rpcx.config.option import Argument, Option, Variable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rpcx.commands.stream.output import StreamOutput
    from rpcx.output.terminal import Terminals
    from rpcx.plans.streams import StreamPlan
    from rpcx.results import StreamAnnouncement
    from rpcx.runs.drive import Drive
    from rpcx.runs.requests.reading import Reading
    from rpcx.runs.requests.stream_data import StreamSources
    from rpcx.runs.session import Session


@with_option_groups
def stream(
    target: TargetArgument,
    method: Annotated[
        str | None, Argument("METHOD", "package.Service/Method or package.Service.Method.")
    ] = None,
    data: Annotated[
        list[str] | None,
        Option(
            "Messages: JSON, @FILE, or @- for standard input; give one for all senders, or one"
            " for each.",
            "JSON|@FILE|@-",
            short="-d",
            variable_is=Variable.NONE,
        ),
    ] = None,
    *,
    workers: StreamOptions,
    output: OutputOption = None,
    messages: MessageOptions,
    headers: HeaderOptions,
    observe: ObserveOptions,
    verdict: VerdictOptions,
    schema: SchemaOptions,
    connection: ConnectionOptions,
    quiet: QuietOption = False,
) -> int:
    """Drive streams with independent send and receive workers.

    Sending and receiving never wait for each other. Without -d, rpcx sends standard input if the
    client side streams, else one empty message.

    Examples:
      rpcx stream demo helloworld.Greeter/SayHelloBidiStream -d '{"name":"a"}'
      rpcx stream demo routeguide.RouteGuide/ListFeatures --max-responses 3
      rpcx stream demo helloworld.Greeter/SayHelloBidiStream -n 9 --match order
      rpcx stream demo helloworld.Greeter/SayHelloBidiStream -r 50 -z 1s -o summary
      rpcx stream demo helloworld.Greeter/SayHelloBidiStream -n 9 --senders 3
    """
    from rpcx.commands.options.places import required, told_apart
    from rpcx.commands.options.typed_data import typed_data
    from rpcx.commands.prompt import TypedLines, line_check
    from rpcx.commands.stream.output import StreamOutput
    from rpcx.commands.stream.reports import check_reporting
    from rpcx.documents.json_documents import json_documents
    from rpcx.output.terminal import Terminals
    from rpcx.runs.interrupts import Interrupts
    from rpcx.runs.requests.script_file import read_script
    from rpcx.runs.requests.stream_data import StreamSources
    from rpcx.runs.session import Session

    target, name = told_apart("stream", target, method)
    name = required("stream", name, "METHOD")
    data = typed_data(data, messages.input_format)
    workers.check(data)
    observe.check()
    reporting = verdict.reporting()
    check_reporting(reporting, observe)
    metadata = headers.metadata()
    where = connection.target(target)
    terminals = Terminals.of_this_process()
    reflecting = schema.reflection_metadata(headers)
    with (
        Interrupts() as interrupts,
        Session(
            where, interrupts, schema.files(), reflecting, messages.form(), connection.story()
        ) as session,
    ):
        descriptor = interrupts.run(lambda: session.streaming_method(name, data))
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
        measures = workers.measures or observe.measures or bool(reporting.conditions)
        form = output or (Form.SUMMARY if measures and terminals.out else Form.MESSAGE)
        shown = StreamOutput(
            form,
            session,
            descriptor,
            plan,
            stats,
            terminals,
            reporting,
            quiet=quiet,
            measures=measures,
        )
        reading, encode = session.reading(descriptor), session.encoder(descriptor)
        typed = None
        quiet_enough = shown.prints_results and not session.story.verbosity
        if quiet_enough and _is_typed(plan, data, terminals, reading):
            typed = TypedLines(line_check(json_documents, encode), interrupts.hang_up)
            shown.stdout.redirect(typed.write)
            shown.typed = True
        sources = StreamSources(data, plan, encode, reading, typed.descriptor if typed else None)
        try:
            drive = _drive(session, plan, sources, shown)
            cpu_before = time.process_time()
            drive.run(interrupts)
            cpu_s = time.process_time() - cpu_before
        finally:
            sources.close()
            if typed is not None:
                typed.close()
                shown.stdout.redirect(None)
        return shown.conclude(cpu_s=cpu_s, interrupts=interrupts, reader_gone=drive.reader_gone)


def _is_typed(
    plan: StreamPlan, data: Sequence[str], terminals: Terminals, reading: Reading
) -> bool:
    """Whether a person types the messages, one a line."""
    from rpcx.documents.forms import InputForm
    from rpcx.runs.requests.stream_data import reads_standard_input

    return (
        terminals.typed
        and not plan.script
        and reading.form is InputForm.JSON
        and reads_standard_input(data, client_streams=plan.client_streams)
    )


def _drive(
    session: Session, plan: StreamPlan, sources: StreamSources, shown: StreamOutput
) -> Drive[StreamAnnouncement]:
    from rpcx.engine.feed import Feed
    from rpcx.engine.streams.engine import StreamEngine
    from rpcx.runs.drive import Drive

    feed: Feed[StreamAnnouncement] = Feed(eager=shown.prints_results)
    engine = StreamEngine(plan, session.transport, sources, feed, show=shown.decode)
    shown.engine = engine
    return Drive(engine, feed, shown, gather=shown.prints_results)
