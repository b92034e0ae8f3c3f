"""`rpcx call`: unary calls of one method or of several over one shared channel."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Annotated

import typer

from rpcx.commands.connection_options import ConnectionOptions
from rpcx.commands.headers import HeaderOptions
from rpcx.commands.load_options import LoadOptions
from rpcx.commands.message_options import MessageOptions
from rpcx.commands.option_groups import with_option_groups
from rpcx.commands.options import (
    DataOption,
    Form,
    OutputOption,
    QuietOption,
    TargetArgument,
    seconds,
)
from rpcx.commands.report_options import RunReportOptions
from rpcx.commands.run_file import PlanOption
from rpcx.commands.schema_options import SchemaOptions
from rpcx.commands.template_options import TemplateOptions

if TYPE_CHECKING:
    from collections.abc import Sequence

    from google.protobuf.descriptor import MethodDescriptor

    from rpcx.commands.call_specs import CallSpec
    from rpcx.commands.data import DocumentSource
    from rpcx.commands.filled import Filling, Templates
    from rpcx.commands.requests import MethodData
    from rpcx.commands.session import Session
    from rpcx.plan import PlannedMethod, UnaryPlan
    from rpcx.results import Metadata


@with_option_groups
def call(
    target: TargetArgument,
    method: Annotated[
        str | None,
        typer.Argument(
            metavar="METHOD",
            help="package.Service/Method or package.Service.Method; --call names more.",
            show_default=False,
        ),
    ] = None,
    data: DataOption = None,
    calls: Annotated[
        list[str] | None,
        typer.Option(
            "--call",
            metavar="[WEIGHT:]METHOD=DATA",
            help="Call this method too, so often beside the others (repeatable): DATA as -d.",
            show_default=False,
        ),
    ] = None,
    plan: PlanOption = None,  # noqa: ARG001 -- its callback has read it
    output: OutputOption = None,
    *,
    messages: MessageOptions,
    load: LoadOptions,
    reports: RunReportOptions,
    templates: TemplateOptions,
    headers: HeaderOptions,
    schema: SchemaOptions,
    connection: ConnectionOptions,
    quiet: QuietOption = False,
) -> int:
    """Call a unary method, or several, -n times, -c at once, over one shared channel."""
    from rpcx.commands.call_output import CallOutput
    from rpcx.commands.call_run import CallRun
    from rpcx.commands.call_specs import call_specs
    from rpcx.commands.interrupts import Interrupts
    from rpcx.commands.report_options import empty_summary
    from rpcx.commands.requests import Requests
    from rpcx.commands.session import Session
    from rpcx.output.terminal import Terminals

    specs = call_specs(method, data, calls or ())
    load.check_data(spec.data for spec in specs)
    run_plan = load.plan(_methods(specs, headers.metadata(), load.timeout_s))
    filling = templates.templates()
    where = connection.target(target)
    reporting = reports.reporting()
    reporting.check(empty_summary(run_plan, reporting), methods_known=False)
    terminals = Terminals.of_this_process()
    form = output or (Form.MESSAGE if load.lone or not terminals.out else Form.SUMMARY)
    reflecting = schema.reflection_metadata(headers)
    with (
        Interrupts() as interrupts,
        Session(where, interrupts, schema, reflecting, messages, connection.story()) as session,
    ):
        named = [(spec.method, [spec.data] if spec.data else []) for spec in specs]
        descriptors = interrupts.run(lambda: session.unary_methods(named))
        run_plan = _with_paths(run_plan, [session.path(found) for found in descriptors])
        reporting.check(empty_summary(run_plan, reporting))
        interrupts.run(lambda: session.connect_more(run_plan.connections - 1))
        shown = CallOutput(
            form,
            session,
            descriptors,
            run_plan,
            terminals,
            quiet=quiet,
            lone=load.lone,
            reporting=reporting,
            interval_s=reports.interval_s,
        )
        data_of = _DataOf(session, run_plan, filling, templates.rows)
        with Requests(list(map(data_of, specs, descriptors, run_plan.methods))) as requests:
            run = CallRun(run_plan, session.transports, requests, interrupts)
            run.warm_up(shown)
            ran = run.run(shown)
        return shown.conclude(ran.engine, interrupts=interrupts, reader_gone=ran.reader_gone)


def _methods(
    specs: Sequence[CallSpec], metadata: Metadata, timeout_s: float
) -> tuple[PlannedMethod, ...]:
    """The methods as planned; their paths are known once the schema is."""
    from rpcx.commands.headers import parse_headers
    from rpcx.plan import PlannedMethod

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


class _DataOf:
    """Says where the requests of each method come from.

    Args:
        session: Where the calls go.
        plan: What is to be done.
        templates: What fills requests in; None where they have no templates.
        rows: `--rows`, for methods that name none of their own.
    """

    def __init__(
        self, session: Session, plan: UnaryPlan, templates: Templates | None, rows: str | None
    ) -> None:
        self._session = session
        self._templates = templates
        self._rows = rows
        self._again = plan.total is not None or plan.duration_s is not None

    def __call__(
        self, spec: CallSpec, descriptor: MethodDescriptor, planned: PlannedMethod
    ) -> MethodData:
        """The data of one method."""
        from rpcx.commands.data import open_data
        from rpcx.commands.requests import MethodData

        rows = spec.rows or self._rows
        filling = self._filling(descriptor, planned, rows)
        encode = self._session.encoder(descriptor) if filling is None else filling.compile
        # Where rows come, they say when it ends.
        again = self._again or (filling is not None and rows is not None)
        reading = self._session.reading(descriptor)
        text = reading.empty if spec.data is None else spec.data

        def opened() -> DocumentSource:
            return open_data(text, encode, again=again, required=True, reading=reading)

        return MethodData(spec.weight, opened, filling)

    def _filling(
        self, descriptor: MethodDescriptor, planned: PlannedMethod, rows: str | None
    ) -> Filling | None:
        if self._templates is None:
            return None
        from rpcx.codec import JsonEncoder
        from rpcx.commands.filled import Filling
        from rpcx.commands.rows import Rows
        from rpcx.errors import UsageError

        encoder = self._session.encoder(descriptor)
        if not isinstance(encoder, JsonEncoder):
            raise UsageError("--template fills in JSON: leave out --input-format")
        return Filling(
            self._templates,
            encoder,
            planned.metadata,
            None if rows is None else lambda: Rows(rows, again=self._again),
        )
