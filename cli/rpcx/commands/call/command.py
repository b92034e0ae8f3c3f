"""`rpcx call`: unary calls of one method or of several over one shared channel."""

from __future__ import annotations

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
    OutputOption,
    QuietOption,
    TargetArgument,
    seconds,
)
from rpcx.commands.options.templates import TemplateOptions
from rpcx.config.option import Argument, Group, Option, Variable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rpcx.commands.call.specs import CallSpec
    from rpcx.plans.calls import PlannedMethod
    from rpcx.results import Metadata


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
    from rpcx.commands.call.specs import call_specs
    from rpcx.commands.options.ineffective import remark_on_ineffective
    from rpcx.commands.options.places import target_and_name
    from rpcx.commands.options.session import session_plan
    from rpcx.commands.options.typed_data import typed_data
    from rpcx.console.calls import CallOrder, make_calls
    from rpcx.output.terminal import Terminals
    from rpcx.runs.requests.method_data import DataPlan

    target, method = target_and_name("call", target, method)
    data = typed_data(data, messages.input_format)
    specs = call_specs(method, data, call or ())
    run_plan = load.plan(_methods(specs, headers.metadata(), load.timeout_s))
    load.check_data(
        [spec.data for spec in specs], messages.input_format, rows=bool(templates.rows or call)
    )
    again = run_plan.total is not None or run_plan.duration_s is not None
    reporting = verdict.reporting()
    reporting.check_plan(run_plan, methods_known=False)
    terminals = Terminals.of_this_process()
    form = output or load.form(to_terminal=terminals.out)
    load.check_form(form)
    order = CallOrder(
        where=session_plan(target, headers, schema, connection, messages),
        names=tuple(spec.method for spec in specs),
        data=tuple(DataPlan(spec.data, spec.rows or templates.rows, again) for spec in specs),
        plan=run_plan,
        templates=templates.templates(),
        terminals=terminals,
        form=form,
        quiet=quiet,
        lone=load.lone,
        reporting=reporting,
        interval_s=watching.interval_s,
        processes=load.processes,
    )
    if not quiet:
        templates.remark_on_braces([*data, *(headers.header or ())])
        summary = form.sums_up or (form.prints_results and not load.lone)
        remark_on_ineffective(context, form=form, summary=summary)
    return make_calls(order)


def _methods(
    specs: Sequence[CallSpec], metadata: Metadata, timeout_s: float
) -> tuple[PlannedMethod, ...]:
    """Return the methods as planned; their paths are known later, with the schema."""
    from rpcx.documents.headers import parse_headers
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
