"""`-v`: a trace of a connection and its calls, with times, on standard error."""

from __future__ import annotations

import base64
import time
from typing import TYPE_CHECKING, Final

from rpcx.output.stderr import say
from rpcx.words.masking import masked_request, masked_response
from rpcx.words.printable import printable

if TYPE_CHECKING:
    from rpcx.results import Metadata
    from rpcx.target.target import Target
    from rpcx.transport.look import Look
    from rpcx.transport.protocol import Transport

_STATES: Final = 2
"""The number of -v from which gRPC's channel states are shown too."""

_LOOK_S: Final = 2.0
"""How long the diagnostic connection may take."""


class Story:
    """Prints nothing without -v. Times are measured from its creation.

    Args:
        verbosity: The number of -v.
        show_secrets: Whether credentials and cookies are shown as they are.
    """

    def __init__(self, verbosity: int = 0, *, show_secrets: bool = False) -> None:
        self.verbosity = verbosity
        self._show_secrets = show_secrets
        self._begun = time.perf_counter()

    def tell(self, mark: str, line: str) -> None:
        """Print a line: `*` for what rpcx finds, `>` for what it sends, `<` for what comes."""
        if self.verbosity:
            now_ms = (time.perf_counter() - self._begun) * 1e3
            say(f"{mark} {now_ms:9.1f} ms  {line}\n")

    def told_by(self, transport: Transport, target: Target) -> Transport:
        """Return the transport; with -v, one that traces its calls."""
        if not self.verbosity:
            return transport
        from rpcx.transport.choice import choose
        from rpcx.transport.telling import TellingTransport

        how = "in plaintext" if target.tls is None else "with TLS"
        if target.tls is not None and not target.tls.verified:
            how = "with TLS, unverified"
        reason = choose(target).reason
        why = f", because of {reason}" if reason else ""
        self.tell(
            "*",
            f"connecting to {printable(target.address)} {how} (transport {transport.name}{why})",
        )
        if self.verbosity >= _STATES:
            transport.watch(lambda state: self.tell("*", f"channel is {state}"))
        return TellingTransport(transport, self.tell, self._request_pairs, self._response_pairs)

    def connected(self, transport: Transport, target: Target) -> None:
        """Show that the channel is ready, and what is known of the connection.

        gRPC's core hides it, so there a second connection finds out.
        """
        if not self.verbosity:
            return
        facts = transport.facts()
        if facts is not None:
            from rpcx.transport.wire.portrait import portrait

            for line in portrait(facts, target):
                self.tell("*", line)
        else:
            self.tell("*", "connected")
            if target.hosts or target.socket_path is not None:
                from rpcx.transport.look import look

                self.look(look(target, min(_LOOK_S, target.connect_timeout_s)))

    def look(self, seen: Look) -> None:
        """Show what the diagnostic connection found."""
        if seen.steps:
            self.tell("*", "on a second, diagnostic connection, since gRPC hides this:")
        for step in seen.steps:
            self.tell("*", f"  {step.told} ({step.took_s * 1e3:.1f} ms)")

    def response(self, metadata: Metadata) -> Metadata:
        """Return response metadata as it may be shown."""
        return metadata if self._show_secrets else masked_response(metadata)

    def _request_pairs(self, metadata: Metadata) -> list[tuple[str, str]]:
        return _text(metadata if self._show_secrets else masked_request(metadata))

    def _response_pairs(self, metadata: Metadata) -> list[tuple[str, str]]:
        return _text(self.response(metadata))


def _text(metadata: Metadata) -> list[tuple[str, str]]:
    return [
        (key, base64.b64encode(value).decode() if isinstance(value, bytes) else value)
        for key, value in metadata
    ]
