"""The interface of an engine of unary calls, as its driver and its displays use it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from rpcx.results import Standing


class CallEngine(Protocol):
    """One engine, several side by side, or several processes."""

    @property
    def begun(self) -> float:
        """When the run began, in seconds of `time.perf_counter`; 0 before."""
        ...

    def standing(self) -> Standing:
        """Return how the run stands; from any thread."""
        ...

    def run(self) -> None:
        """Carry out the plan; return when every call has ended. To be run in its own thread."""
        ...

    def stop(self, reason: str) -> None:
        """Start nothing more, from any thread; what is in flight goes on."""
        ...

    def cancel(self) -> None:
        """Cancel what is in flight, from any thread."""
        ...
