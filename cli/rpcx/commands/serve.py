"""`rpcx serve`: the bundled demo server, in the foreground."""

from __future__ import annotations

import sys
from typing import Annotated

from rpcx.commands.options.demo import DemoOptions
from rpcx.commands.options.groups import with_option_groups
from rpcx.config.option import Option

_HINT = """\
Try it from another shell; Ctrl-C ends the server.
  rpcx list --plaintext {address}
  rpcx call --plaintext {address} helloworld.Greeter/SayHello -d '{{"name":"world"}}'
"""


@with_option_groups
def serve(
    *,
    host: Annotated[
        str,
        Option("Address to listen on; any but the loopback's opens the server to others.", "HOST"),
    ] = "127.0.0.1",
    port: Annotated[
        int,
        Option("Port to listen on; 0 takes a free one.", "PORT", parsing={"min": 0, "max": 65535}),
    ] = 50051,
    behaviour: DemoOptions,
) -> int:
    """Run the demo server in the foreground.

    It runs until Ctrl-C; its address is the first line it prints.

    It has helloworld.Greeter, grpc.examples.echo.Echo, routeguide.RouteGuide, its own
    rpcx.demo.Stats, health, and reflection v1 and v1alpha, all in plaintext. A call's
    request headers can ask for a delay or a failure too: rpcx describe demo rpcx.demo.Stats

    Examples:
      rpcx serve --port 0
      rpcx serve --port 0 --delay 20ms --max-handlers 4
      rpcx serve --port 0 --status NOT_FOUND --status-every 10
    """
    from rpcx.demo.server import run

    return 128 + run(behaviour.settings(), host=host, port=port, announce=_announce)


def _announce(address: str) -> None:
    sys.stdout.write(f"{address}\n")
    sys.stdout.flush()
    if sys.stderr.isatty():
        sys.stderr.write(_HINT.format(address=address))
