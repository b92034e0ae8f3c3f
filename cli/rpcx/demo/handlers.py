"""Runs the services' functions as gRPC handlers, each call on its own.

Every call is counted, and made to wait or fail as the settings and its headers say. A
call that neither of them says anything about goes the shortest way: the demo also has to
be a server that benchmarks can lean on.
"""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any

import grpc

from rpcx.demo.controls import PREFIX, Control
from rpcx.demo.counting import Ledger
from rpcx.demo.details import status_details
from rpcx.demo.limits import Places, Run, Stall
from rpcx.errors import UsageError
from rpcx.results import Status

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from google.protobuf.descriptor import MethodDescriptor, ServiceDescriptor

    from rpcx.demo.counting import Counts
    from rpcx.demo.messages import Messages
    from rpcx.demo.settings import DemoSettings

    Context = grpc.aio.ServicerContext[Any, Any]
    Handler = Callable[[Any, Context], Awaitable[Any]]

_CODES = {code.value[0]: code for code in grpc.StatusCode}
_DETAILS_KEY = "grpc-status-details-bin"


def bind(
    messages: Messages,
    service: ServiceDescriptor,
    functions: Mapping[str, Callable[..., Any]],
    wrap: Callable[[MethodDescriptor, Callable[..., Any]], Handler],
) -> grpc.GenericRpcHandler:
    """Make a service that a server can take from the functions of its methods.

    Args:
        messages: The demo's types.
        service: Says which methods there are, of which kinds and with which messages.
        functions: What each method does, by its name.
        wrap: Makes a coroutine of a request (or an unused iterator) and a context out of
            a method's function.
    """
    methods = {}
    for method in service.methods:
        # grpc has one constructor for each kind, named alike: unary_stream_rpc_method_handler.
        kind = "_".join(
            "stream" if streams else "unary"
            for streams in (method.client_streaming, method.server_streaming)
        )
        methods[method.name] = getattr(grpc, f"{kind}_rpc_method_handler")(
            wrap(method, functions[method.name]),
            request_deserializer=messages.type(method.input_type.full_name).FromString,
            response_serializer=messages.type(method.output_type.full_name).SerializeToString,
        )
    return grpc.method_handlers_generic_handler(service.full_name, methods)


def plain(_method: MethodDescriptor, function: Callable[..., Any]) -> Handler:
    """Wrap a unary function that is neither counted nor controlled."""

    async def handler(request: Any, _context: Context) -> Any:
        return function(request)

    return handler


class Runner:
    """Wraps functions so that each call of them is counted and controlled.

    Args:
        settings: What holds for calls that say nothing else in their headers.
    """

    def __init__(self, settings: DemoSettings) -> None:
        self.ledger = Ledger()
        self._settings = settings
        self._places = Places(settings.max_handlers)
        self._stall = Stall(settings.stall, settings.stall_after)
        self._calls = 0
        self._changes_nothing = not (
            settings.delay or settings.max_handlers or settings.status or settings.stall
        )

    def wrap(self, method: MethodDescriptor, function: Callable[..., Any]) -> Handler:
        """The handler of a method, whichever its kind."""
        name = f"{method.containing_service.full_name}/{method.name}"
        counts = self.ledger.method(name)
        if method.client_streaming:
            wrapped = self._bidi if method.server_streaming else self._client_stream
        else:
            wrapped = self._server_stream if method.server_streaming else self._unary
        return wrapped(name, counts, function)

    def _unary(self, name: str, counts: Counts, function: Callable[..., Any]) -> Handler:
        async def handler(request: Any, context: Context) -> Any:
            if self._changes_nothing and not _controls(context):
                started_ns = counts.start()
                try:
                    return function(request)
                finally:
                    counts.finish(started_ns)
            call = await self._call(name, context)
            async with Run(self._places, counts):
                await call.begin()
                await call.pause()
                await call.end()
                return function(request)

        return handler

    def _server_stream(self, name: str, counts: Counts, function: Callable[..., Any]) -> Handler:
        async def handler(request: Any, context: Context) -> None:
            call = await self._call(name, context)
            async with Run(self._places, counts):
                await call.begin()
                await call.fail_if_due()
                for response in function(request, call.control.responses):
                    await call.send(response)
                await call.end()

        return handler

    def _client_stream(self, name: str, counts: Counts, function: Callable[..., Any]) -> Handler:
        async def handler(_requests: Any, context: Context) -> Any:
            call = await self._call(name, context)
            async with Run(self._places, counts):
                await call.begin()
                await call.fail_if_due()
                fold = function()
                while (request := await call.read()) is not grpc.aio.EOF:
                    fold.add(request)
                await call.pause()
                await call.end()
                return fold.result()

        return handler

    def _bidi(self, name: str, counts: Counts, function: Callable[..., Any]) -> Handler:
        async def handler(_requests: Any, context: Context) -> None:
            call = await self._call(name, context)
            async with Run(self._places, counts):
                await call.begin()
                await call.fail_if_due()
                while (request := await call.read()) is not grpc.aio.EOF:
                    for response in function(request):
                        await call.send(response)
                await call.end()

        return handler

    async def _call(self, name: str, context: Context) -> Call:
        self._calls += 1
        fails = self._calls % self._settings.status_every == 0
        control = Control.default(self._settings, fails=fails)
        try:
            control.obey(context.invocation_metadata() or ())
        except UsageError as error:
            await context.abort(grpc.StatusCode.INVALID_ARGUMENT, str(error))
        return Call(name, context, control, self._stall)


class Call:
    """One call, and what it is to do."""

    __slots__ = ("_context", "_name", "_sent", "_stall", "control")

    def __init__(self, name: str, context: Context, control: Control, stall: Stall) -> None:
        self.control = control
        self._name = name
        self._context = context
        self._stall = stall
        self._sent = 0

    async def begin(self) -> None:
        """Send the headers that were asked for; never return if nothing is to be read."""
        if self.control.headers:
            await self._context.send_initial_metadata(self.control.headers)
        if self.control.trailers:
            self._context.set_trailing_metadata(self.control.trailers)
        if self.control.never_read:
            await asyncio.get_running_loop().create_future()

    async def read(self) -> Any:
        """The client's next message, grpc.aio.EOF after its half-close."""
        request = await self._context.read()
        if request is grpc.aio.EOF:
            # A cancelled call looks the same, until the cancellation itself arrives. It
            # is queued by now, so it arrives before the answer to one more read.
            await self._context.read()
        return request

    async def pause(self) -> None:
        """Wait as long as a response has to wait."""
        if self.control.delay:
            await asyncio.sleep(self.control.delay)
        if stalled := self._stall.left(time.monotonic()):
            await asyncio.sleep(stalled)

    async def send(self, response: Any) -> None:
        """Send one response of a stream, after the pause; fail where it was the last."""
        await self.pause()
        await self._context.write(response)
        self._sent += 1
        await self.fail_if_due()

    async def fail_if_due(self) -> None:
        """End the call with its failure if so many responses were to come before it."""
        if self.control.status and self._sent == self.control.status_after:
            await self.fail()

    async def end(self) -> None:
        """The responses have run out: a failure that was to come later comes now."""
        if self.control.status:
            await self.fail()

    async def fail(self) -> None:
        """End the call with its status.

        Raises:
            grpc.aio.AbortError: Always; it unwinds the handler.
        """
        control = self.control
        trailers = control.trailers
        if control.status_details:
            details = status_details(
                control.status, control.status_message, control.status_details, self._name
            )
            trailers += ((_DETAILS_KEY, details),)
        await self._context.abort(
            _CODES[Status(control.status).value], control.status_message, trailers
        )


def _controls(context: Context) -> bool:
    return any(key.startswith(PREFIX) for key, _ in context.invocation_metadata() or ())
