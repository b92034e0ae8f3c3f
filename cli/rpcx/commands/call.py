"""`rpcx call`: unary calls over one shared channel."""

from __future__ import annotations

import dataclasses
import time
from typing import TYPE_CHECKING, Annotated

import typer

from rpcx.commands.connection_options import ConnectionOptions
from rpcx.commands.option_groups import with_option_groups
from rpcx.commands.options import (
    DataOption,
    Form,
    HeaderOption,
    MethodArgument,
    OutputOption,
    QuietOption,
    TargetArgument,
    seconds,
)
from rpcx.commands.schema_options import SchemaOptions

if TYPE_CHECKING:
    from rpcx.commands.call_output import CallOutput
    from rpcx.commands.interrupts import Interrupts
    from rpcx.commands.session import Session
    from rpcx.engine.feed import Feed
    from rpcx.engine.source import Source
    from rpcx.engine.unary import UnaryEngine
    from rpcx.plan import UnaryPlan
    from rpcx.results import CallResult

OPEN_LOOP_CONCURRENCY = 10_000


@with_option_groups
def call(
    target: TargetArgument,
    method: MethodArgument,
    data: DataOption = None,
    header: HeaderOption = None,
    total: Annotated[
        int | None,
        typer.Option("-n", "--total", help="Calls in all.", show_default="one a document"),
    ] = None,
    concurrency: Annotated[
        int | None,
        typer.Option(
            "-c",
            "--concurrency",
            envvar="RPCX_CONCURRENCY",
            help="Calls in flight at once.",
            show_default="1, with -r 10000",
        ),
    ] = None,
    duration: Annotated[
        str | None,
        typer.Option("-z", "--duration", metavar="DURATION", help="Start nothing after so long."),
    ] = None,
    rps: Annotated[
        float | None,
        typer.Option(
            "-r",
            "--rps",
            envvar="RPCX_RPS",
            help="Calls due each second, whatever the server does (open loop).",
        ),
    ] = None,
    timeout: Annotated[
        str,
        typer.Option(
            "-t",
            "--timeout",
            metavar="DURATION",
            envvar="RPCX_TIMEOUT",
            help="Deadline of each call.",
        ),
    ] = "20s",
    drain: Annotated[
        str,
        typer.Option(
            "--drain",
            metavar="DURATION",
            envvar="RPCX_DRAIN",
            help="How long calls in flight may go on once the run has ended.",
        ),
    ] = "5s",
    output: OutputOption = None,
    *,
    schema: SchemaOptions,
    connection: ConnectionOptions,
    quiet: QuietOption = False,
) -> int:
    """Call a unary method -n times, -c at once, over one shared channel."""
    from rpcx.commands.call_output import CallOutput
    from rpcx.commands.headers import parse_headers
    from rpcx.commands.interrupts import Interrupts
    from rpcx.commands.session import Session
    from rpcx.output.terminal import Terminals
    from rpcx.plan import UnaryPlan

    if concurrency is None:
        concurrency = 1 if rps is None else OPEN_LOOP_CONCURRENCY
    duration_s = seconds(duration, "--duration")
    plan = UnaryPlan(
        method="",
        metadata=parse_headers(header or ()),
        total=total,
        concurrency=concurrency,
        rate_per_s=rps,
        timeout_s=seconds(timeout, "--timeout"),
    )
    drain_s = seconds(drain, "--drain") or 0.0
    where = connection.target(target)
    lone = duration_s is None and rps is None and total in (None, 1)
    terminals = Terminals.of_this_process()
    form = output or (Form.MESSAGE if lone or not terminals.out else Form.SUMMARY)
    with Interrupts() as interrupts, Session(where, interrupts, schema) as session:
        descriptor = interrupts.run(lambda: session.unary_method(method))
        plan = dataclasses.replace(plan, method=session.path(descriptor))
        shown = CallOutput(form, session, descriptor, plan, terminals, quiet=quiet, lone=lone)
        return _run(session, plan, shown, interrupts, data, duration_s, drain_s)


def _run(
    session: Session,
    plan: UnaryPlan,
    shown: CallOutput,
    interrupts: Interrupts,
    data: str | None,
    duration_s: float | None,
    drain_s: float,
) -> int:
    from rpcx.commands.data import open_data
    from rpcx.commands.drive import Drive
    from rpcx.engine.feed import Feed

    endless = plan.total is not None or duration_s is not None
    source = open_data("{}" if data is None else data, shown.encode, again=endless, required=True)
    feed: Feed[CallResult] = Feed(eager=shown.prints_results)
    engine = _engine(session, plan, source, feed)
    drive: Drive[CallResult] = Drive(
        engine,
        feed,
        take_in=shown.take_in,
        line=shown.line,
        stdout=shown.stdout,
        panel=shown.panel,
        panel_lines=lambda now: shown.panel_lines(engine, now, duration_s),
        duration_s=duration_s,
        drain_s=drain_s,
    )
    cpu_before = time.process_time()
    try:
        drive.run(interrupts)
    finally:
        source.close()
    return shown.conclude(
        engine,
        cpu_s=time.process_time() - cpu_before,
        interrupts=interrupts,
        reader_gone=drive.reader_gone,
    )


def _engine(
    session: Session, plan: UnaryPlan, source: Source, feed: Feed[CallResult]
) -> UnaryEngine:
    if plan.rate_per_s is None:
        from rpcx.engine.closed_loop import ClosedLoop

        return ClosedLoop(plan, session.transport, source, feed)
    from rpcx.engine.open_loop import OpenLoop
    from rpcx.engine.pacing import ConstantRate

    return OpenLoop(plan, session.transport, source, feed, ConstantRate(plan.rate_per_s))
