"""`rpcx list`: the services of a server, and their methods."""

from __future__ import annotations

from typing import Annotated

import typer

from rpcx.commands.options import (
    ConnectTimeoutOption,
    HeaderOption,
    ImportPathOption,
    ListForm,
    PlaintextOption,
    ProtoOption,
    ProtosetOption,
    TargetArgument,
    seconds,
)


def list_services(
    target: TargetArgument,
    service: Annotated[
        str | None,
        typer.Argument(metavar="[SERVICE]", help="Only this service.", show_default=False),
    ] = None,
    header: HeaderOption = None,
    output: Annotated[
        ListForm,
        typer.Option("-o", "--output", envvar="RPCX_OUTPUT", help="Text, or one JSON document."),
    ] = ListForm.TEXT,
    protoset: ProtosetOption = None,
    proto: ProtoOption = None,
    import_path: ImportPathOption = None,
    plaintext: PlaintextOption = False,
    connect_timeout: ConnectTimeoutOption = "10s",
) -> int:
    """List the services of a server, and the methods of one with their kind."""
    from rpcx.commands.headers import parse_headers
    from rpcx.commands.interrupts import Interrupts
    from rpcx.commands.session import SchemaFiles, Session
    from rpcx.output.records import json_line
    from rpcx.output.stdout import Stdout
    from rpcx.output.terminal import Terminals
    from rpcx.schema.listing import as_objects, as_text
    from rpcx.target import parse_target

    metadata = parse_headers(header or ())
    files = SchemaFiles.of(protoset, proto, import_path)
    where = parse_target(
        target,
        plaintext=plaintext,
        connect_timeout_s=seconds(connect_timeout, "--connect-timeout"),
        may_be_none=bool(files),
    )
    terminals = Terminals.of_this_process()
    stdout = Stdout(terminal=terminals.out, colour=terminals.out and terminals.colour)
    with Interrupts() as interrupts, Session(where, interrupts, metadata, files) as session:
        if output is ListForm.JSON:
            stdout.lines([json_line(interrupts.run(lambda: as_objects(session.schema, service)))])
        else:
            stdout.raw(interrupts.run(lambda: as_text(session.schema, service)).encode())
        session.close_schema()
    return 0
