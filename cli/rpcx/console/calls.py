"""A run of unary calls as a console shows it: what `rpcx call` does once it knows what to do."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, NamedTuple

from rpcx.console.call_output import CallOutput
from rpcx.engine.calls.share import Share
from rpcx.errors import UsageError
from rpcx.runs.calls import CallRun
from rpcx.runs.interrupts import Interrupts
from rpcx.runs.requests.requests import Requests

if TYPE_CHECKING:
    from collections.abc import Sequence

    from google.protobuf.descriptor import MethodDescriptor

    from rpcx.cluster.shard import Shard
    from rpcx.output.forms import Form
    from rpcx.output.stdout import OutputError, ReaderGoneError
    from rpcx.output.terminal import Terminals
    from rpcx.plans.calls import UnaryPlan
    from rpcx.runs.requests.filling import Templates
    from rpcx.runs.requests.method_data import DataPlan
    from rpcx.runs.session import Session
    from rpcx.runs.session_plan import SessionPlan
    from rpcx.verdict.reporting import Reporting


class CallOrder(NamedTuple):
    """What is to be called and how it is shown, checked as far as it can be without a server.

    Attributes:
        where: Where to connect.
        names: The methods, `package.Service/Method`, in the order of the plan.
        data: What each of them is sent.
        plan: The run; the paths of its methods are not known yet.
        templates: What fills requests in; None if they have no templates.
        terminals: What the two standard streams are.
        form: The form of `-o`.
        quiet: No panel and no remarks on standard error.
        lone: A call or a few that somebody waits for: no panel and no summary.
        reporting: How the run is judged and where it is written.
        interval_s: The length of an interval that is printed; None for none.
        processes: In how many processes the calls are made.
    """

    where: SessionPlan
    names: tuple[str, ...]
    data: tuple[DataPlan, ...]
    plan: UnaryPlan
    templates: Templates | None
    terminals: Terminals
    form: Form
    quiet: bool
    lone: bool
    reporting: Reporting
    interval_s: float | None
    processes: int


def make_calls(order: CallOrder) -> int:
    """Make the calls, show them, and return the exit status.

    Raises:
        RpcxError: It could not be done; what was done is printed before.
    """
    with Interrupts() as interrupts, order.where.open(interrupts) as session:
        sent = [(name, data.data) for name, data in zip(order.names, order.data, strict=True)]
        methods = interrupts.run(lambda: session.unary_methods(sent))
        _refuse_unread_input(order.data, methods)
        plan = _with_paths(order.plan, [session.path(found) for found in methods])
        order.reporting.check_plan(plan)
        shown = CallOutput(order, session, methods, plan)
        if order.processes > 1:
            from rpcx.cluster.run import run_in_processes

            shards = _shards(order, session, plan, methods)
            unwritable = run_in_processes(shards, shown.recorder, shown.live, interrupts)
        else:
            unwritable = _run_here(order, session, plan, methods, shown)
        return shown.conclude(interrupts, unwritable)


def _run_here(
    order: CallOrder,
    session: Session,
    plan: UnaryPlan,
    methods: Sequence[MethodDescriptor],
    shown: CallOutput,
) -> OutputError | ReaderGoneError | None:
    """Make the calls in this process; return why standard output can no longer be written."""
    session.interrupts.run(lambda: session.connect_more(plan.connections - 1))
    shares = [Share(index, plan.connections) for index in range(plan.connections)]
    opened = [
        data.open_with(planned, session.encoder(found), session.reading(found), order.templates)
        for data, planned, found in zip(order.data, plan.methods, methods, strict=True)
    ]
    with Requests(opened) as requests:
        run = CallRun(plan, session.transports, shares, requests, session.interrupts)
        run.warm_up(shown.live.panel)
        return run.run(shown.recorder, shown, prints=shown.prints_results)


def _refuse_unread_input(data: Sequence[DataPlan], methods: Sequence[MethodDescriptor]) -> None:
    """Refuse to send an empty message while data waits on standard input.

    A method whose message has no field needs no data.

    Raises:
        UsageError: Somebody has piped data in, and no -d reads it.
    """
    from rpcx.runs.requests.unread import unread_bytes

    if any(one.data for one in data) or not methods[0].input_type.fields:
        return
    if unread_bytes():
        raise UsageError(
            "standard input has data, but no -d names it: add -d @- to send it, or -d '{}' to"
            " send an empty message"
        )


def _with_paths(plan: UnaryPlan, paths: Sequence[str]) -> UnaryPlan:
    methods = tuple(
        dataclasses.replace(method, path=path)
        for method, path in zip(plan.methods, paths, strict=True)
    )
    return dataclasses.replace(plan, methods=methods)


def _shards(
    order: CallOrder, session: Session, plan: UnaryPlan, methods: Sequence[MethodDescriptor]
) -> list[Shard]:
    """Return what each process does: every n-th connection of n processes, and its calls."""
    from rpcx.cluster.shard import Shard

    messages, templates = order.where.messages, order.templates
    return [
        Shard(
            plan=plan,
            target=session.target,
            connections=tuple(range(index, plan.connections, order.processes)),
            data=order.data,
            inputs=tuple(found.input_type.full_name for found in methods),
            outputs=tuple(found.output_type.full_name for found in methods),
            descriptors=session.schema.usable(),
            form=messages.input_format,
            allow_unknown_fields=messages.allow_unknown_fields,
            templates=templates is not None,
            allow_env=() if templates is None else templates.allowed,
            interval_s=order.interval_s or 1.0,
        )
        for index in range(order.processes)
    ]
