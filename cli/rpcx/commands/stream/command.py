"""`rpcx stream`: streams of any kind, with send workers and receive workers."""

from __future__ import annotations

from typing import Annotated

from rpcx.commands.options.connection import ConnectionOptions
from rpcx.commands.options.groups import with_option_groups
from rpcx.commands.options.headers import HeaderOptions
from rpcx.commands.options.messages import MessageOptions
from rpcx.commands.options.observe import ObserveOptions
from rpcx.commands.options.reports import VerdictOptions
from rpcx.commands.options.schema import SchemaOptions
from rpcx.commands.options.shared import OutputOption, QuietOption, TargetArgument
from rpcx.commands.options.streams import StreamOptions
from rpcx.config.option import Argument, Option, Variable
from rpcx.output.forms import Form


@with_option_groups
def stream(
    target: TargetArgument,
    method: Annotated[
        str | None, Argument("METHOD", "package.Service/Method or package.Service.Method.")
    ] = None,
    data: Annotated[
        list[str] | None,
        Option(
            "Messages: JSON, @FILE, or @- for standard input; give one for all senders, or one"
            " for each.",
            "JSON|@FILE|@-",
            short="-d",
            variable_is=Variable.NONE,
        ),
    ] = None,
    *,
    workers: StreamOptions,
    output: OutputOption = None,
    messages: MessageOptions,
    headers: HeaderOptions,
    observe: ObserveOptions,
    verdict: VerdictOptions,
    schema: SchemaOptions,
    connection: ConnectionOptions,
    quiet: QuietOption = False,
) -> int:
    """Drive streams with independent send and receive workers.

    Sending and receiving never wait for each other. Without -d, rpcx sends standard input if the
    client side streams, else one empty message.

    Examples:
      rpcx stream demo helloworld.Greeter/SayHelloBidiStream -d '{"name":"a"}'
      rpcx stream demo routeguide.RouteGuide/ListFeatures --max-responses 3
      rpcx stream demo helloworld.Greeter/SayHelloBidiStream -n 9 --match order
      rpcx stream demo helloworld.Greeter/SayHelloBidiStream -r 50 -z 1s -o summary
      rpcx stream demo helloworld.Greeter/SayHelloBidiStream -n 9 --senders 3
    """
    from rpcx.commands.options.places import required, target_and_name
    from rpcx.commands.options.session import session_plan
    from rpcx.commands.options.typed_data import typed_data
    from rpcx.console.streams import StreamOrder, drive_streams
    from rpcx.output.terminal import Terminals

    target, name = target_and_name("stream", target, method)
    name = required("stream", name, "METHOD")
    data = typed_data(data, messages.input_format)
    plan = workers.plan(headers.metadata())
    workers.check_script(data)
    observe.check()
    reporting = verdict.reporting()
    reporting.check_streams(observe.check_sequence)
    terminals = Terminals.of_this_process()
    measures = workers.measures or observe.measures or bool(reporting.conditions)
    return drive_streams(
        StreamOrder(
            where=session_plan(target, headers, schema, connection, messages),
            name=name,
            data=tuple(data),
            plan=plan,
            script=workers.script,
            observing=observe.observing(),
            terminals=terminals,
            form=output or (Form.SUMMARY if measures and terminals.out else Form.MESSAGE),
            quiet=quiet,
            measures=measures,
            reporting=reporting,
        )
    )
