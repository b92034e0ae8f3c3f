"""`rpcx call`: unary calls of one method or of several over one shared channel."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Annotated

import typer

from rpcx.commands.call.plan import PlanOption
from rpcx.commands.options.connection import ConnectionOptions
from rpcx.commands.options.groups import with_option_groups
from rpcx.commands.options.headers import HeaderOptions
from rpcx.commands.options.load import LoadOptions
from rpcx.commands.options.messages import MessageOptions
from rpcx.commands.options.reports import IntervalOptions, VerdictOptions
from rpcx.commands.options.schema import SchemaOptions
from rpcx.commands.options.shared import (
    DataOption,
    Form,
    OutputOption,
    QuietOption,
    TargetArgument,
    seconds,
)
from rpcx.commands.options.templates import TemplateOptions
from rpcx.config.option import Argument, Group, Option, Variable
from rpcx.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from google.protobuf.descriptor import MethodDescriptor

    from rpcx.cluster.shard import Shard
    from rpcx.commands.call.specs import CallSpec
    from rpcx.plans.calls import PlannedMethod, UnaryPlan
    from rpcx.results import Metadata
    from rpcx.runs.requests.method_data import DataPlan
    from rpcx.runs.session import Session


@with_option_groups
def call(
    target: TargetArgument,
    method: Annotated[
        str | None,
        Argument("METHOD", "package.Service/Method or package.Service.Method; --call adds more."),
    ] = None,
    data: DataOption = None,
    call: Annotated[
        list[str] | None,
        Option(
            "Also call this method, in proportion to WEIGHT; DATA as for -d (repeatable).",
            "[WEIGHT:]METHOD=DATA",
            group=Group.REQUESTS,
            variable_is=Variable.NONE,
        ),
    ] = None,
    plan: PlanOption = None,  # noqa: ARG001 -- its callback has read it
    *,
    load: LoadOptions,
    output: OutputOption = None,
    messages: MessageOptions,
    verdict: VerdictOptions,
    watching: IntervalOptions,
    templates: TemplateOptions,
    headers: HeaderOptions,
    schema: SchemaOptions,
    connection: ConnectionOptions,
    context: typer.Context,
    quiet: QuietOption = False,
) -> int:
    """Make unary calls, one or many, over one shared channel.

    Without -n and -z each document of -d makes one call. Either option makes a load test of it:
    -c sets how many calls run at once, -r how many start each second.

    Examples:
      rpcx call demo helloworld.Greeter/SayHello -d '{"name":"world"}'
      rpcx call demo helloworld.Greeter/SayHello -H 'x-id: 7' -t 500ms -o record
      rpcx call demo helloworld.Greeter/SayHello -n 500 -c 20 -o summary
      rpcx call demo helloworld.Greeter/SayHello -r 200 -z 1s --fail-if 'p99>2s'
      rpcx call demo helloworld.Greeter/SayHello -n 500 -o none --report run.json
    """
    from rpcx.commands.call.output import CallOutput
    from rpcx.commands.call.specs import call_specs
    from rpcx.commands.options.ineffective import remark_on_ineffective
    from rpcx.commands.options.places import told_apart
    from rpcx.commands.options.typed_data import typed_data
    from rpcx.engine.calls.share import Share
    from rpcx.output.terminal import Terminals
    from rpcx.runs.calls import CallRun
    from rpcx.runs.interrupts import Interrupts
    from rpcx.runs.requests.method_data import DataPlan
    from rpcx.runs.requests.requests import Requests
    from rpcx.runs.session import Session

    target, method = told_apart("call", target, method)
    data = typed_data(data, messages.input_format)
    specs = call_specs(method, data, call or ())
    run_plan = load.plan(_methods(specs, headers.metadata(), load.timeout_s))
    load.check_data(
        [spec.data for spec in specs], messages.input_format, rows=bool(templates.rows or call)
    )
    filling = templates.templates()
    where = connection.target(target)
    reporting = verdict.reporting()
    reporting.check_plan(run_plan, methods_known=False)
    terminals = Terminals.of_this_process()
    form = output or load.form(to_terminal=terminals.out)
    load.check_form(form)
    if not quiet:
        templates.remark_on_braces([*data, *(headers.header or ())])
        summary = form in (Form.SUMMARY, Form.JSON) or (form is not Form.NONE and not load.lone)
        remark_on_ineffective(context, form=form, summary=summary)
    reflecting = schema.reflection_metadata(headers)
    with (
        Interrupts() as interrupts,
        Session(
            where, interrupts, schema.files(), reflecting, messages.form(), connection.story()
        ) as session,
    ):
        named = [(spec.method, spec.data) for spec in specs]
        descriptors = interrupts.run(lambda: session.unary_methods(named))
        _refuse_unread_input(specs, descriptors)
        run_plan = _with_paths(run_plan, [session.path(found) for found in descriptors])
        reporting.check_plan(run_plan)
        shown = CallOutput(
            form,
            session,
            descriptors,
            run_plan,
            terminals,
            quiet=quiet,
            lone=load.lone,
            reporting=reporting,
            interval_s=watching.interval_s,
            processes=load.processes,
        )
        again = run_plan.total is not None or run_plan.duration_s is not None
        data_plans = [DataPlan(spec.data, spec.rows or templates.rows, again) for spec in specs]
        if load.processes > 1:
            shards = _shards(
                session,
                run_plan,
                data_plans,
                descriptors,
                messages,
                templates,
                load,
                watching.interval_s or 1.0,
            )
            from rpcx.cluster.run import run_in_processes

            gone = run_in_processes(shards, shown.recorder, shown.live, interrupts)
            return shown.conclude(interrupts=interrupts, reader_gone=gone)
        interrupts.run(lambda: session.connect_more(run_plan.connections - 1))
        shares = [Share(index, run_plan.connections) for index in range(run_plan.connections)]
        opened = [
            data.open_with(method, session.encoder(found), session.reading(found), filling)
            for data, method, found in zip(data_plans, run_plan.methods, descriptors, strict=True)
        ]
        with Requests(opened) as requests:
            run = CallRun(run_plan, session.transports, shares, requests, interrupts)
            run.warm_up(shown.live.panel)
            reader_gone = run.run(shown.recorder, shown, prints=shown.prints_results)
        return shown.conclude(interrupts=interrupts, reader_gone=reader_gone)


def _refuse_unread_input(
    specs: Sequence[CallSpec], descriptors: Sequence[MethodDescriptor]
) -> None:
    """Refuse to send an empty message while data waits on standard input.

    A method whose message has no field takes none.

    Raises:
        UsageError: Somebody has piped data in, and no -d reads it.
    """
    from rpcx.runs.requests.unread import unread_bytes

    if any(spec.data for spec in specs) or not descriptors[0].input_type.fields:
        return
    if unread_bytes():
        raise UsageError(
            "standard input has data, but no -d names it: add -d @- to send it, or -d '{}' to"
            " send an empty message"
        )


def _methods(
    specs: Sequence[CallSpec], metadata: Metadata, timeout_s: float
) -> tuple[PlannedMethod, ...]:
    """The methods as planned; their paths are known once the schema is."""
    from rpcx.commands.options.headers import parse_headers
    from rpcx.plans.calls import PlannedMethod

    return tuple(
        PlannedMethod(
            "",
            (*metadata, *parse_headers(spec.header)),
            timeout_s if spec.timeout is None else seconds(spec.timeout, "timeout"),
            spec.weight,
        )
        for spec in specs
    )


def _with_paths(plan: UnaryPlan, paths: Sequence[str]) -> UnaryPlan:
    methods = tuple(
        dataclasses.replace(method, path=path)
        for method, path in zip(plan.methods, paths, strict=True)
    )
    return dataclasses.replace(plan, methods=methods)


def _shards(
    session: Session,
    plan: UnaryPlan,
    data: Sequence[DataPlan],
    descriptors: Sequence[MethodDescriptor],
    messages: MessageOptions,
    templates: TemplateOptions,
    load: LoadOptions,
    interval_s: float,
) -> list[Shard]:
    """What each of the processes is to do: every so-many-th connection, and its calls."""
    from rpcx.cluster.shard import Shard

    return [
        Shard(
            plan=plan,
            target=session.reached,
            connections=tuple(range(index, plan.connections, load.processes)),
            data=tuple(data),
            inputs=tuple(found.input_type.full_name for found in descriptors),
            outputs=tuple(found.output_type.full_name for found in descriptors),
            descriptors=session.schema.serialized(),
            form=messages.input_format,
            allow_unknown_fields=messages.allow_unknown_fields,
            templates=templates.template,
            allow_env=tuple(templates.allow_env or ()),
            interval_s=interval_s,
        )
        for index in range(load.processes)
    ]
