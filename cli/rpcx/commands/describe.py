"""`rpcx describe`: a symbol in its source form, or a request to fill in."""

from __future__ import annotations

from typing import Annotated

import typer

from rpcx.commands.options import (
    ConnectTimeoutOption,
    HeaderOption,
    ImportPathOption,
    PlaintextOption,
    ProtoOption,
    ProtosetOption,
    TargetArgument,
    seconds,
)


def describe(
    target: TargetArgument,
    symbol: Annotated[
        str,
        typer.Argument(
            metavar="SYMBOL", help="A service, method, message or enum.", show_default=False
        ),
    ],
    header: HeaderOption = None,
    example: Annotated[
        bool, typer.Option("--example", help="Print a JSON request to fill in instead.")
    ] = False,
    protoset: ProtosetOption = None,
    proto: ProtoOption = None,
    import_path: ImportPathOption = None,
    plaintext: PlaintextOption = False,
    connect_timeout: ConnectTimeoutOption = "10s",
) -> int:
    """Show a service, method, message or enum in its source form."""
    from rpcx.commands.headers import parse_headers
    from rpcx.commands.interrupts import Interrupts
    from rpcx.commands.session import SchemaFiles, Session
    from rpcx.output.stdout import Stdout
    from rpcx.output.terminal import Terminals
    from rpcx.schema.example import example_request
    from rpcx.schema.source import source_of
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
        descriptor = interrupts.run(lambda: session.schema.symbol(symbol))
        session.close_schema()
        if example:
            stdout.lines([example_request(descriptor)])
        else:
            stdout.raw(source_of(descriptor, session.schema.file_of(descriptor)).encode())
    return 0
