"""helloworld.Greeter."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rpcx.demo.messages import Messages

NAME = "helloworld.Greeter"


def methods(messages: Messages) -> dict[str, Callable[..., Any]]:
    """The greeter's methods by name."""
    reply = messages.type("helloworld.HelloReply")

    def say_hello(request: Any) -> Any:
        return reply(message="Hello " + request.name)

    def say_hello_stream_reply(request: Any, copies: int) -> Iterator[Any]:
        for number in range(copies):
            yield reply(message=f"Hello number {number}, {request.name}")

    def say_hello_bidi_stream(request: Any) -> tuple[Any]:
        return (say_hello(request),)

    return {
        "SayHello": say_hello,
        "SayHelloStreamReply": say_hello_stream_reply,
        "SayHelloBidiStream": say_hello_bidi_stream,
    }
