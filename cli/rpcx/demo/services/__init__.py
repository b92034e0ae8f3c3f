"""What the demo's services answer: plain functions of messages, without grpc or asyncio.

What a method is given and gives back depends on its kind:

    unary           (request) -> response
    server stream   (request, copies) -> responses
    client stream   () -> Fold
    bidi            (request) -> responses to that request

`rpcx.demo.handlers` runs them, each call on its own.
"""

from __future__ import annotations

from typing import Any, Protocol


class Fold(Protocol):
    """Takes the messages of a client stream, one after the other, and sums them up."""

    def add(self, request: Any) -> None:
        """Take the next message."""

    def result(self) -> Any:
        """The response, once there are no more."""
