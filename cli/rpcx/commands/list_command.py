"""`rpcx list`: the services of a server, and their methods."""

from __future__ import annotations

import enum
from typing import Annotated

from rpcx.commands.options.connection import ConnectionOptions
from rpcx.commands.options.groups import with_option_groups
from rpcx.commands.options.headers import HeaderOptions
from rpcx.commands.options.schema import SchemaOptions
from rpcx.commands.options.shared import TargetArgument
from rpcx.config.option import Argument, Option, Variable, any_of


class ListForm(enum.StrEnum):
    """The forms of `rpcx list -o`."""

    TEXT = "text"
    JSON = "json"


@with_option_groups
def list_services(
    target: TargetArgument,
    service: Annotated[str | None, Argument("[SERVICE]", "List the methods of this one.")] = None,
    output: Annotated[
        ListForm,
        # RPCX_OUTPUT is not for it: that has the forms of `call` and `stream`.
        Option(f"Print {any_of(ListForm)}.", "FORM", short="-o", variable_is=Variable.NONE),
    ] = ListForm.TEXT,
    *,
    headers: HeaderOptions,
    schema: SchemaOptions,
    connection: ConnectionOptions,
) -> int:
    """List the services of a server, or the methods of one service.

    Methods are shown with their kind. With the target - and --protoset or --proto, no server is
    needed.

    Examples:
      rpcx list demo
      rpcx list demo helloworld.Greeter
      rpcx list demo -o json
      rpcx list demo --protoset-out demo.binpb
    """
    from rpcx.commands.options.places import target_and_name
    from rpcx.commands.options.session import session_plan
    from rpcx.output.records import json_line
    from rpcx.output.terminal import Terminals, width
    from rpcx.runs.interrupts import Interrupts
    from rpcx.schema.listing import as_objects, as_text

    target, service = target_and_name("list", target, service)
    terminals = Terminals.of_this_process()
    stdout = terminals.stdout()
    where = session_plan(target, headers, schema, connection)
    with Interrupts() as interrupts, where.open(interrupts) as session:
        run = interrupts.run
        if output is ListForm.JSON:
            stdout.lines([json_line(run(lambda: as_objects(session.schema, service)))])
        else:
            columns = width() if terminals.out else None
            stdout.raw(run(lambda: as_text(session.schema, service, columns)).encode())
        if service is None and schema.protoset_out is not None:
            run(session.schema.build_all)
        session.close_schema()
    return 0
