"""The demo's server: puts the services together and runs them until it is told to end."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import signal
import threading
from typing import TYPE_CHECKING, Any

import grpc
from grpc_health.v1 import health, health_pb2, health_pb2_grpc

from rpcx.demo.handlers import Runner, bind, plain
from rpcx.demo.messages import Messages
from rpcx.demo.reflection import NAMES as REFLECTION_NAMES
from rpcx.demo.reflection import Index, reflection
from rpcx.demo.services import echo, greeter, route_guide, stats
from rpcx.errors import ConnectError

if TYPE_CHECKING:
    from collections.abc import Callable

    from rpcx.demo.settings import DemoSettings

GRACE_S = 1.0
"""How long open calls may go on after a signal; a second signal cuts them off."""


def run(
    settings: DemoSettings,
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    announce: Callable[[str], None],
    until_stdin_closes: bool = False,
) -> int:
    """Serve until SIGINT, SIGTERM, SIGHUP or, where that is wanted, the end of standard input.

    Args:
        settings: What to do to the calls.
        host: The address to bind, a name or a number.
        port: The port, 0 for any that is free.
        announce: Is called with the address, `HOST:PORT`, once calls are taken.
        until_stdin_closes: Whether the end of standard input ends the server too.

    Returns:
        The number of the signal that ended it, 0 for the end of standard input.

    Raises:
        ConnectError: The address cannot be bound.
    """
    # In this thread and all that it starts: gRPC's may write to what is closed already, and at
    # the interpreter's end that would be death by SIGPIPE. One that is sent is waited for.
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGPIPE})
    return asyncio.run(_serve(settings, host, port, announce, until_stdin_closes))


async def _serve(
    settings: DemoSettings,
    host: str,
    port: int,
    announce: Callable[[str], None],
    until_stdin_closes: bool,
) -> int:
    server = await build(settings)
    bound = _bind(server, host, port)
    await server.start()
    ended = _signals_and_stdin(until_stdin_closes)
    # The descriptors and modules live as long as the process: no collection need visit them.
    gc.freeze()
    announce(_join(host, bound))
    ended_by = await ended.get()
    stopped = asyncio.ensure_future(server.stop(GRACE_S if ended_by else None))
    again = asyncio.ensure_future(ended.get())
    await asyncio.wait((stopped, again), return_when=asyncio.FIRST_COMPLETED)
    again.cancel()
    if not stopped.done():
        await server.stop(None)
    await stopped
    return ended_by


async def build(settings: DemoSettings) -> grpc.aio.Server:
    """A server with all the demo's services, bound to no address yet."""
    options: list[tuple[str, Any]] = [("grpc.so_reuseport", 0)]
    if settings.max_streams:
        # Without the protection the limit is what clients are told, and they keep to it. With
        # it, one that opens a stream as another ends is refused now and then: to the server
        # the old one is still there.
        options += [
            ("grpc.max_concurrent_streams", settings.max_streams),
            ("grpc.http.overload_protection", 0),
        ]
    server = grpc.aio.server(options=options)

    messages = Messages()
    runner = Runner(settings)
    server.add_generic_rpc_handlers(
        [
            bind(messages, messages.service(service.NAME), service.methods(messages), runner.wrap)
            for service in (greeter, echo, route_guide)
        ]
        + [
            bind(
                messages,
                messages.service(stats.NAME),
                stats.methods(messages, runner.ledger),
                plain,
            )
        ]
    )
    names = [greeter.NAME, echo.NAME, route_guide.NAME, stats.NAME]
    names += await _add_health(server, names)
    _add_reflection(server, messages, [*names, *REFLECTION_NAMES])
    return server


async def _add_health(server: grpc.aio.Server, healthy: list[str]) -> list[str]:
    servicer = health.aio.HealthServicer()
    for name in healthy:
        await servicer.set(name, health_pb2.HealthCheckResponse.SERVING)
    health_pb2_grpc.add_HealthServicer_to_server(servicer, server)
    return [health.SERVICE_NAME]


def _add_reflection(server: grpc.aio.Server, messages: Messages, listed: list[str]) -> None:
    handler = reflection(messages, Index(messages.pool, messages.files, listed))
    answer = grpc.stream_stream_rpc_method_handler(
        handler,
        request_deserializer=messages.type("grpc.reflection.v1.ServerReflectionRequest").FromString,
        response_serializer=messages.type(
            "grpc.reflection.v1.ServerReflectionResponse"
        ).SerializeToString,
    )
    server.add_generic_rpc_handlers(
        [
            grpc.method_handlers_generic_handler(name, {"ServerReflectionInfo": answer})
            for name in REFLECTION_NAMES
        ]
    )


def _bind(server: grpc.aio.Server, host: str, port: int) -> int:
    address = _join(host, port)
    bound = 0
    with contextlib.suppress(RuntimeError):
        bound = server.add_insecure_port(address)
    if not bound:
        raise ConnectError(
            f"cannot listen on {address}: it is in use or not an address of this machine; "
            "choose another --port (0 takes any that is free) or --host"
        )
    return bound


def _join(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _signals_and_stdin(until_stdin_closes: bool) -> asyncio.Queue[int]:
    """What tells the server to end, as it comes: a signal's number, or 0 for end of input."""
    events: asyncio.Queue[int] = asyncio.Queue()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        if number != signal.SIGHUP or signal.getsignal(number) is not signal.SIG_IGN:  # by nohup
            loop.add_signal_handler(number, events.put_nowait, number)

    def await_pipe() -> None:
        number = signal.sigwait({signal.SIGPIPE})
        with contextlib.suppress(RuntimeError):  # the loop has closed just now
            loop.call_soon_threadsafe(events.put_nowait, number)

    threading.Thread(target=await_pipe, name="rpcx-pipe", daemon=True).start()
    if until_stdin_closes:

        def readable() -> None:
            if not os.read(0, 4096):
                loop.remove_reader(0)
                events.put_nowait(0)

        try:
            loop.add_reader(0, readable)
        except PermissionError:  # a file, or /dev/null: at its end as good as at once
            events.put_nowait(0)
    return events
