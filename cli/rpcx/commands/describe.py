"""`rpcx describe`: a symbol in its source form, or a request to fill in."""

from __future__ import annotations

from typing import Annotated

import typer

from rpcx.commands.connection_options import ConnectionOptions
from rpcx.commands.headers import HeaderOptions
from rpcx.commands.option_groups import with_option_groups
from rpcx.commands.options import (
    TargetArgument,
)
from rpcx.commands.schema_options import SchemaOptions


@with_option_groups
def describe(
    target: TargetArgument,
    symbol: Annotated[
        str,
        typer.Argument(
            metavar="SYMBOL",
            help="A service, method, message, enum, field, oneof or extension; or a file, x.proto.",
            show_default=False,
        ),
    ],
    example: Annotated[
        bool, typer.Option("--example", help="Print a JSON request to fill in instead.")
    ] = False,
    *,
    headers: HeaderOptions,
    schema: SchemaOptions,
    connection: ConnectionOptions,
) -> int:
    """Show a symbol in its source form: a service, a message, whatever has a name."""
    from rpcx.commands.interrupts import Interrupts
    from rpcx.commands.session import Session
    from rpcx.output.stdout import Stdout
    from rpcx.output.terminal import Terminals
    from rpcx.schema.example import example_request
    from rpcx.schema.source import source_of

    reflecting = schema.reflection_metadata(headers)
    where = connection.target(target, may_be_none=schema.has_files)
    terminals = Terminals.of_this_process()
    stdout = Stdout(terminal=terminals.out, colour=terminals.out and terminals.colour)
    story = connection.story()
    with (
        Interrupts() as interrupts,
        Session(where, interrupts, schema, reflecting, story=story) as session,
    ):
        descriptor = interrupts.run(lambda: session.schema.symbol(symbol))
        session.close_schema()
        if example:
            stdout.lines([example_request(descriptor)])
        else:
            stdout.raw(source_of(descriptor, session.schema.file_of(descriptor)).encode())
    return 0
