"""`rpcx describe`: the definition of a symbol, or a request to fill in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from rpcx.commands.options.connection import ConnectionOptions
from rpcx.commands.options.groups import with_option_groups
from rpcx.commands.options.headers import HeaderOptions
from rpcx.commands.options.schema import SchemaOptions
from rpcx.commands.options.shared import TargetArgument
from rpcx.config.option import Argument, Option, Variable
from rpcx.errors import UsageError
from rpcx.output.remarks import remark
from rpcx.words.printable import printable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rpcx.schema import Schema


@with_option_groups
def describe(
    target: TargetArgument,
    symbol: Annotated[
        str | None,
        Argument(
            "[SYMBOL]",
            "A service, method, message, enum, enum value, field, oneof or extension, or a file"
            " such as x.proto; all services if it is left out.",
        ),
    ] = None,
    example: Annotated[
        bool,
        Option(
            "Print a JSON request to fill in instead.",
            variable_is=Variable.NONE,
            also=("msg-template",),
        ),
    ] = False,
    *,
    headers: HeaderOptions,
    schema: SchemaOptions,
    connection: ConnectionOptions,
) -> int:
    """Show the definition of a service, message, enum, field or file.

    The definition is in the syntax of .proto files. With the target - and --protoset or --proto,
    no server is needed.

    Examples:
      rpcx describe demo helloworld.Greeter
      rpcx describe demo routeguide.RouteNote
      rpcx describe demo routeguide.RouteGuide/RouteChat --example
      rpcx describe demo route_guide.proto
    """
    from rpcx.commands.options.places import target_and_name
    from rpcx.commands.options.session import session_plan
    from rpcx.output.terminal import Terminals
    from rpcx.runs.interrupts import Interrupts
    from rpcx.schema.example import example_request
    from rpcx.schema.proto_text.symbol import source_of

    target, symbol = target_and_name("describe", target, symbol)
    if example and symbol is None:
        raise UsageError("--example needs a SYMBOL: a method, a message or an enum")
    stdout = Terminals.of_this_process().stdout()
    where = session_plan(target, headers, schema, connection)
    with Interrupts() as interrupts, where.open(interrupts) as session:
        found = interrupts.run(lambda: _symbols(session.schema, symbol))
        session.close_schema()
        for number, descriptor in enumerate(found):
            if example:
                stdout.lines([example_request(descriptor, on_cut=_remark_on_cut)])
            else:
                text = source_of(descriptor, session.schema.file_of(descriptor))
                stdout.raw(("\n" * bool(number) + text).encode())
    return 0


def _remark_on_cut(field: str) -> None:
    remark(
        f"the example leaves out the required field {printable(field)}: its message requires itself"
        " and would never end"
    )


def _symbols(schema: Schema, symbol: str | None) -> Sequence[Any]:
    """Return what is shown: the symbol, or every service if no symbol is given."""
    if symbol is not None:
        return [schema.symbol(symbol)]
    return [schema.symbol(name) for name in schema.services()]
