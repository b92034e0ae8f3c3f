"""`rpcx serve`: the bundled demo server, in the foreground."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

_HINT = """\
Try it from another shell; Ctrl-C ends the server.
  rpcx list --plaintext {address}
  rpcx call --plaintext {address} helloworld.Greeter/SayHello -d '{{"name":"world"}}'
"""


def serve(
    *,
    host: Annotated[
        str,
        typer.Option(
            help="Address to listen on. Any but the loopback's opens the server to others.",
            envvar="RPCX_HOST",
        ),
    ] = "127.0.0.1",
    port: Annotated[
        int,
        typer.Option(
            help="Port to listen on; 0 takes any that is free.",
            min=0,
            max=65535,
            envvar="RPCX_PORT",
        ),
    ] = 50051,
    delay: Annotated[
        str | None,
        typer.Option(
            help="Wait so long before each response.", metavar="DURATION", envvar="RPCX_DELAY"
        ),
    ] = None,
    max_handlers: Annotated[
        str | None,
        typer.Option(
            help="Run so many handlers at once; calls in excess queue.",
            metavar="N",
            envvar="RPCX_MAX_HANDLERS",
        ),
    ] = None,
    max_streams: Annotated[
        str | None,
        typer.Option(
            help="Allow so many open calls on a connection.",
            metavar="N",
            envvar="RPCX_MAX_STREAMS",
        ),
    ] = None,
    status: Annotated[
        str | None,
        typer.Option(
            help="End calls with this status, such as NOT_FOUND.",
            metavar="STATUS",
            envvar="RPCX_STATUS",
        ),
    ] = None,
    status_message: Annotated[
        str | None,
        typer.Option(
            help="The message of that status.", metavar="TEXT", envvar="RPCX_STATUS_MESSAGE"
        ),
    ] = None,
    status_details: Annotated[
        str | None,
        typer.Option(
            help="The google.rpc details it carries, such as ErrorInfo,BadRequest; or none.",
            metavar="NAMES",
            envvar="RPCX_STATUS_DETAILS",
        ),
    ] = None,
    status_after: Annotated[
        str | None,
        typer.Option(
            help="Let streams send so many responses before it.",
            metavar="N",
            envvar="RPCX_STATUS_AFTER",
        ),
    ] = None,
    status_every: Annotated[
        str | None,
        typer.Option(
            help="Give it to one call in so many only.",
            metavar="N",
            envvar="RPCX_STATUS_EVERY",
        ),
    ] = None,
    stall: Annotated[
        str | None,
        typer.Option(
            help="Send nothing for so long, once.", metavar="DURATION", envvar="RPCX_STALL"
        ),
    ] = None,
    stall_after: Annotated[
        str | None,
        typer.Option(
            help="Time from the first call to that stall.",
            metavar="DURATION",
            envvar="RPCX_STALL_AFTER",
        ),
    ] = None,
) -> None:
    """Run the demo server until Ctrl-C; its address is the first line it prints.

    It has helloworld.Greeter, grpc.examples.echo.Echo, routeguide.RouteGuide, its own
    rpcx.demo.Stats, health, and reflection v1 and v1alpha, all in plaintext. A call's
    request headers can ask for a delay or a failure too: rpcx describe demo rpcx.demo.Stats
    """
    from rpcx.demo.server import run
    from rpcx.demo.settings import DemoSettings

    given = {
        "delay": delay,
        "max-handlers": max_handlers,
        "max-streams": max_streams,
        "status": status,
        "status-message": status_message,
        "status-details": status_details,
        "status-after": status_after,
        "status-every": status_every,
        "stall": stall,
        "stall-after": stall_after,
    }
    settings = DemoSettings.parse(
        ((name, text) for name, text in given.items() if text is not None), prefix="--"
    )
    ended_by = run(settings, host=host, port=port, announce=_announce)
    raise typer.Exit(128 + ended_by)


def _announce(address: str) -> None:
    sys.stdout.write(f"{address}\n")
    sys.stdout.flush()
    if sys.stderr.isatty():
        sys.stderr.write(_HINT.format(address=address))
