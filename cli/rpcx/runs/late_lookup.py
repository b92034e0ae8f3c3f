"""Look-ups of types while calls run: types in an Any, in a response or its error.

The law: the engine's thread owns the channel and is never waited for, and the main thread waits
on gRPC for a moment at most. So a third thread asks, over a second channel that shares the
connection of the first: the server sees no further connection.
"""

from __future__ import annotations

import contextlib
import threading
import time
from typing import TYPE_CHECKING, Final

from rpcx.errors import RpcxError, SchemaError

if TYPE_CHECKING:
    from collections.abc import Callable

    from rpcx.results import Metadata
    from rpcx.target.target import Target
    from rpcx.transport.conversation import Conversation
    from rpcx.transport.protocol import Transport

_PATIENCE_S: Final = 2.0
"""How long one look-up may take. A server that takes longer is not asked again."""

_LOOK_S: Final = 0.05


class LateTypes:
    """Looks up one type at a time, from any thread; no answer in time means no.

    Args:
        target: The server to ask, connected already.
        metadata: Headers that reflection is asked with.
        look: Looks up a type through `converse`; returns whether it was found.
        interrupted: Returns whether a signal has come, so that a look-up ends.
    """

    def __init__(
        self,
        target: Target,
        metadata: Metadata,
        look: Callable[[str], bool],
        interrupted: Callable[[], bool],
    ) -> None:
        self._target = target
        self._metadata = metadata
        self._look = look
        self._interrupted = interrupted
        self._turn = threading.Lock()
        self._thread: threading.Thread | None = None
        self._transport: Transport | None = None
        self._over = False

    def find(self, name: str) -> bool:
        """Look up a type for the schema; from any thread but the engine's."""
        with self._turn:
            if self._over:
                return False
            found: list[bool] = []

            def look() -> None:
                with contextlib.suppress(RpcxError):  # a type that cannot be looked up is not found
                    found.append(self._look(name))

            self._thread = threading.Thread(target=look, name="rpcx-types", daemon=True)
            self._thread.start()
            give_up_at = time.monotonic() + _PATIENCE_S
            while self._thread.is_alive() and time.monotonic() < give_up_at:
                self._thread.join(_LOOK_S)
                if self._interrupted():
                    break
            found_it = bool(found) and found[0]
            if not found_it and (self._thread.is_alive() or time.monotonic() >= give_up_at):
                self._over = True
            return found_it

    def converse(self, path: str) -> Conversation:
        """Open a stream on a path, for a reflection request.

        Raises:
            SchemaError: The run is over, or there is no connection.
        """
        from rpcx.transport import open_transport
        from rpcx.transport.conversation import Conversation

        if self._transport is None and not self._over:
            self._transport = open_transport(self._target)
        if self._transport is None or not self._transport.connect(
            _PATIENCE_S, lambda: not self._over
        ):
            raise SchemaError("the server's reflection cannot be reached any more")
        return Conversation(self._transport, path, self._metadata, _PATIENCE_S)

    def close(self) -> None:
        """End a look-up that is under way, and close the second channel."""
        self._over = True
        if self._thread is not None and self._thread.is_alive():
            if self._transport is not None:
                self._transport.cancel_all()
            self._thread.join()
        if self._transport is not None:
            self._transport.close()
