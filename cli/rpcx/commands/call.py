"""`rpcx call`: unary calls over one shared channel."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from rpcx.commands.connection_options import ConnectionOptions
from rpcx.commands.headers import HeaderOptions
from rpcx.commands.load_options import LoadOptions
from rpcx.commands.message_options import MessageOptions
from rpcx.commands.option_groups import with_option_groups
from rpcx.commands.options import (
    DataOption,
    Form,
    MethodArgument,
    OutputOption,
    QuietOption,
    TargetArgument,
)
from rpcx.commands.schema_options import SchemaOptions

if TYPE_CHECKING:
    from rpcx.commands.call_output import CallOutput
    from rpcx.commands.data import DocumentSource
    from rpcx.commands.interrupts import Interrupts
    from rpcx.commands.session import Session
    from rpcx.plan import UnaryPlan
    from rpcx.results import CallResult


@with_option_groups
def call(
    target: TargetArgument,
    method: MethodArgument,
    data: DataOption = None,
    output: OutputOption = None,
    *,
    messages: MessageOptions,
    load: LoadOptions,
    headers: HeaderOptions,
    schema: SchemaOptions,
    connection: ConnectionOptions,
    quiet: QuietOption = False,
) -> int:
    """Call a unary method -n times, -c at once, over one shared channel."""
    from rpcx.commands.call_output import CallOutput
    from rpcx.commands.data import open_data
    from rpcx.commands.interrupts import Interrupts
    from rpcx.commands.session import Session
    from rpcx.output.terminal import Terminals
    from rpcx.plan import PlannedMethod

    planned = PlannedMethod("", headers.metadata(), load.timeout_s)
    plan = load.plan((planned,))
    where = connection.target(target)
    terminals = Terminals.of_this_process()
    form = output or (Form.MESSAGE if load.lone or not terminals.out else Form.SUMMARY)
    reflecting = schema.reflection_metadata(headers)
    with (
        Interrupts() as interrupts,
        Session(where, interrupts, schema, reflecting, messages) as session,
    ):
        descriptor = interrupts.run(lambda: session.unary_method(method, filter(None, (data,))))
        planned = dataclasses.replace(planned, path=session.path(descriptor))
        plan = dataclasses.replace(plan, methods=(planned,))
        shown = CallOutput(
            form, session, (descriptor,), plan, terminals, quiet=quiet, lone=load.lone
        )
        [encode] = shown.encoders
        again = plan.total is not None or plan.duration_s is not None
        reading = session.reading(descriptor)
        source = open_data(
            reading.empty if data is None else data,
            encode,
            again=again,
            required=True,
            reading=reading,
        )
        return _run(session, plan, shown, interrupts, source)


def _run(
    session: Session,
    plan: UnaryPlan,
    shown: CallOutput,
    interrupts: Interrupts,
    source: DocumentSource,
) -> int:
    from rpcx.commands.drive import Drive
    from rpcx.engine.feed import Feed
    from rpcx.engine.loops import unary_engine
    from rpcx.engine.source import OneMethod

    feed: Feed[CallResult] = Feed(eager=shown.prints_results)
    engine = unary_engine(plan, session.transport, OneMethod(source), feed)
    drive: Drive[CallResult] = Drive(
        engine,
        feed,
        take_in=shown.take_in,
        line=shown.line,
        stdout=shown.stdout,
        panel=shown.panel,
        panel_lines=lambda now: shown.panel_lines(engine, now),
        tick=lambda now: shown.tick(engine, now),
        duration_s=plan.duration_s,
        drain_s=plan.drain_s,
    )
    shown.begin()
    try:
        drive.run(interrupts)
    finally:
        source.close()
    return shown.conclude(engine, interrupts=interrupts, reader_gone=drive.reader_gone)
