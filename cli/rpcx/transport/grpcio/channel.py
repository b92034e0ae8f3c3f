"""The grpc.Channel of a Target."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, Any, Final

import grpc

from rpcx import __version__
from rpcx.errors import ConnectError
from rpcx.transport.protocol import is_own
from rpcx.transport.roots import default_roots
from rpcx.words.printable import printable

if TYPE_CHECKING:
    from collections.abc import Callable

    from rpcx.results import Metadata
    from rpcx.target.channel import ChannelSettings, Compression
    from rpcx.target.target import Target
    from rpcx.target.tls import Tls

_ENCODING = "grpc-internal-encoding-request"
"""How grpcio asks core for the compression of one RPC (grpc/_compression.py)."""

_XDS_VARIABLES: Final = ("GRPC_XDS_BOOTSTRAP", "GRPC_XDS_BOOTSTRAP_CONFIG")
_SOON_MS = 200
_NO_METHOD = "/rpcx.None/None"
_WORDS_WAIT_S = 0.5
_POLL_S = 0.3  # grpcio looks every 0.2 s


def open_channel(target: Target, index: int = 0) -> grpc.Channel:
    """A channel to the target; it connects when it is first asked to.

    Args:
        target: Where to.
        index: Which of several it is: those with the same one share a connection.

    Raises:
        ConnectError: The address needs a control plane, and none is named.
    """
    if target.address.startswith("xds:") and not any(map(os.environ.get, _XDS_VARIABLES)):
        raise ConnectError(
            f"{printable(target.address)} needs a control plane, and there is none: name its"
            " bootstrap file in GRPC_XDS_BOOTSTRAP, or give host:port"
        )
    options = _options(target, index)
    if target.tls is None:
        return grpc.insecure_channel(target.address, options=options)
    credentials = _credentials(target.tls)
    if target.address.startswith("xds:"):
        # What the control plane says of TLS counts first.
        credentials = grpc.xds_channel_credentials(credentials)
    return grpc.secure_channel(target.address, credentials, options=options)


def encoding_of(compression: Compression | None, method: str) -> Metadata:
    """Return the metadata by which core compresses the messages of an RPC; empty for none."""
    if compression is None or is_own(method):
        return ()
    return ((_ENCODING, compression.value),)


class Watch:
    """Tells the states of a channel.

    Args:
        channel: The channel; it is closed after this.
        tell: Given the name of each state, from a thread of grpcio's.
    """

    def __init__(self, channel: grpc.Channel, tell: Callable[[str], None]) -> None:
        self._channel = channel
        self._tell = tell
        channel.subscribe(self._on_state)

    def close(self) -> None:
        """Tell no more, and wait until grpcio's thread has seen that: it would fail loudly."""
        self._channel.unsubscribe(self._on_state)
        time.sleep(_POLL_S)

    def _on_state(self, state: grpc.ChannelConnectivity) -> None:
        self._tell(state.name.lower().replace("_", " "))


def last_error(channel: grpc.Channel) -> str:
    """What gRPC says of its last attempt to connect; empty where it says nothing.

    A call that does not wait for a connection ends at once with these words.
    """
    call: Any = channel.unary_unary(_NO_METHOD)
    try:
        call(b"", timeout=_WORDS_WAIT_S, wait_for_ready=False)
    except grpc.RpcError as error:
        failure: Any = error
        return failure.details() or "" if failure.code() is grpc.StatusCode.UNAVAILABLE else ""
    return ""


def _credentials(tls: Tls) -> grpc.ChannelCredentials:
    return grpc.ssl_channel_credentials(
        root_certificates=tls.roots if tls.roots is not None else default_roots(),
        private_key=tls.key,
        certificate_chain=tls.certificate,
    )


def _options(target: Target, index: int) -> list[tuple[str, int | str]]:
    settings = target.channel
    options: dict[str, int | str] = {
        "grpc.primary_user_agent": settings.user_agent or f"rpcx/{__version__}",
    }
    if index:
        # Channels with the same arguments share a connection, unless each has its own pool.
        options["grpc.use_local_subchannel_pool"] = 1
        options["rpcx.connection"] = index
    if not settings.retries:
        # Retries off costs 25 % less CPU a call. It also turns off the transparent retry of
        # calls that the server never processed: the engine issues those again.
        options["grpc.enable_retries"] = 0
    if target.wait_for_ready:
        # The server may be there at any moment: look for it often.
        options["grpc.initial_reconnect_backoff_ms"] = _SOON_MS
        options["grpc.max_reconnect_backoff_ms"] = _SOON_MS
    if settings.authority is not None:
        options["grpc.default_authority"] = settings.authority
    if target.tls is not None and target.tls.server_name is not None:
        options["grpc.ssl_target_name_override"] = target.tls.server_name
    if settings.max_message_bytes is not None:
        options["grpc.max_receive_message_length"] = settings.max_message_bytes
        options["grpc.max_send_message_length"] = settings.max_message_bytes
    if settings.service_config is not None:
        options["grpc.service_config"] = settings.service_config
    options |= _keepalive(settings) | dict(settings.arguments)
    return list(options.items())


def _keepalive(settings: ChannelSettings) -> dict[str, int | str]:
    if settings.keepalive_time_s is None:
        return {}
    options: dict[str, int | str] = {
        "grpc.keepalive_time_ms": _milliseconds(settings.keepalive_time_s),
        # Also while no call is open and while no data flows: that is what it is asked for.
        "grpc.keepalive_permit_without_calls": 1,
        "grpc.http2.max_pings_without_data": 0,
    }
    if settings.keepalive_timeout_s is not None:
        options["grpc.keepalive_timeout_ms"] = _milliseconds(settings.keepalive_timeout_s)
    return options


def _milliseconds(seconds: float) -> int:
    return max(round(seconds * 1000), 1)
