"""The other threads of an engine.

The law: they use the channel, so they end before the engine's `run` does. A fault in one of
them ends the run, and is raised there.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


class Helpers:
    """Threads that work for one engine.

    Args:
        on_fault: Called, in the thread concerned, after one has raised.

    Attributes:
        fault: What the first of them raised; None where none did.
    """

    def __init__(self, on_fault: Callable[[], None]) -> None:
        self._on_fault = on_fault
        self._threads: list[threading.Thread] = []
        self.fault: BaseException | None = None

    def start(self, work: Callable[[], None], name: str) -> None:
        """Do some work in a thread of this name."""

        def body() -> None:
            try:
                work()
            except BaseException as fault:  # noqa: BLE001 -- raised again by the engine
                self.fault = self.fault or fault
                self._on_fault()

        thread = threading.Thread(target=body, name=name, daemon=True)
        self._threads.append(thread)
        thread.start()

    def join(self) -> None:
        """Wait until all have ended."""
        for thread in self._threads:
            thread.join()
