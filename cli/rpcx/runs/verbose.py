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
    from rpcx.transport.protocol import Transport

_STATES: Final = 2
"""The number of -v from which gRPC's channel states are shown too."""


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

    def told_by(self, transport: Transport, target: Target, *, first: bool = True) -> Transport:
        """Return the transport; with -v, one that traces its calls.

        Args:
            transport: It is not connected yet.
            target: Where it leads.
            first: Whether it is the first of several, which alone tells how it connects.
        """
        if not self.verbosity:
            return transport
        from rpcx.transport.choice import choose
        from rpcx.transport.telling import TellingTransport

        if first:
            how = "in plaintext" if target.tls is None else "with TLS"
            if target.tls is not None and not target.tls.verified:
                how = "with TLS, unverified"
            reason = choose(target).reason
            why = f", because of {reason}" if reason else ""
            place = printable(target.address)
            self.tell("*", f"connecting to {place} {how} (transport {transport.name}{why})")
            transport.watch(lambda line: self.tell("*", line), states=self.verbosity >= _STATES)
        return TellingTransport(transport, self.tell, self._request_pairs, self._response_pairs)

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
