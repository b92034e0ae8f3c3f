"""A plain grpcio client of the demo's services: no part of rpcx but its descriptors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

import grpc

from rpcx.demo.messages import Messages

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

TIMEOUT_S = 20.0


class DemoClient:
    """Calls methods by their full names, with the fields of their messages.

    Args:
        address: The server's.
    """

    def __init__(self, address: str) -> None:
        self.messages = Messages()
        self.channel = grpc.insecure_channel(
            address,
            # A connection of its own, so that limits of another test's are not met here.
            [("grpc.enable_http_proxy", 0), ("grpc.use_local_subchannel_pool", 1)],
        )

    def request(self, method: str, **fields: Any) -> Any:
        """The request message of a method."""
        return self.messages.type(self._method(method).input_type.full_name)(**fields)

    def callable(self, method: str) -> Any:
        """Grpcio's multi-callable for a method, of its kind."""
        descriptor = self._method(method)
        kind = "_".join(
            "stream" if streams else "unary"
            for streams in (descriptor.client_streaming, descriptor.server_streaming)
        )
        return getattr(self.channel, kind)(
            f"/{method}",
            self.messages.type(descriptor.input_type.full_name).SerializeToString,
            self.messages.type(descriptor.output_type.full_name).FromString,
        )

    def call(self, method: str, headers: Iterable[tuple[str, Any]] = (), **fields: Any) -> Any:
        """Call a method with one request; a response, or an iterator of them."""
        return self.callable(method)(
            self.request(method, **fields), metadata=tuple(headers), timeout=TIMEOUT_S
        )

    def stream(
        self,
        method: str,
        requests: Iterable[Mapping[str, Any]],
        headers: Iterable[tuple[str, Any]] = (),
    ) -> Any:
        """Call a method whose client side streams; a response, or an iterator of them."""
        return self.callable(method)(
            (self.request(method, **fields) for fields in requests),
            metadata=tuple(headers),
            timeout=TIMEOUT_S,
        )

    def stats(self) -> Any:
        """What the server counted."""
        return self.call("rpcx.demo.Stats/Get")

    def close(self) -> None:
        """Close the channel."""
        self.channel.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _method(self, method: str) -> Any:
        service, _, name = method.rpartition("/")
        return self.messages.service(service).methods_by_name[name]
