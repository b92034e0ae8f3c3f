"""grpc.examples.echo.Echo."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rpcx.demo.messages import Messages

NAME = "grpc.examples.echo.Echo"


def methods(messages: Messages) -> dict[str, Callable[..., Any]]:
    """The echo's methods by name."""
    response = messages.type("grpc.examples.echo.EchoResponse")

    def unary_echo(request: Any) -> Any:
        return response(message=request.message)

    def server_streaming_echo(request: Any, copies: int) -> Iterator[Any]:
        return itertools.repeat(unary_echo(request), copies)

    def client_streaming_echo() -> LastMessage:
        return LastMessage(response)

    def bidirectional_streaming_echo(request: Any) -> tuple[Any]:
        return (unary_echo(request),)

    return {
        "UnaryEcho": unary_echo,
        "ServerStreamingEcho": server_streaming_echo,
        "ClientStreamingEcho": client_streaming_echo,
        "BidirectionalStreamingEcho": bidirectional_streaming_echo,
    }


class LastMessage:
    """Keeps the last message of a stream, and says it back."""

    def __init__(self, response: Callable[..., Any]) -> None:
        self._response = response
        self._message = ""

    def add(self, request: Any) -> None:
        """Take the next message."""
        self._message = request.message

    def result(self) -> Any:
        """The response with the last message; an empty one where none came."""
        return self._response(message=self._message)
