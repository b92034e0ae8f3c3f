"""What carries out a plan of unary calls, as those see it who drive it and tell of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from rpcx.errors import RpcxError


class CallEngine(Protocol):
    """One engine, several side by side, or several processes."""

    @property
    def begun(self) -> float:
        """When the run began, in seconds of `time.perf_counter`; 0 before."""
        ...

    @property
    def end_reason(self) -> str:
        """Why nothing more was started: `total`, `data`, or what `stop` was told."""
        ...

    @property
    def error(self) -> RpcxError | None:
        """What went wrong on this side, if anything."""
        ...

    @property
    def started(self) -> int:
        """Calls started."""
        ...

    @property
    def due(self) -> int:
        """Calls that have become due."""
        ...

    @property
    def in_flight(self) -> int:
        """Calls that were started and have not ended."""
        ...

    @property
    def reissued(self) -> list[int]:
        """Calls that were issued more than once, for each method."""
        ...

    @property
    def not_started(self) -> list[int]:
        """Calls that were due and never started, for each method."""
        ...

    @property
    def gaps(self) -> list[tuple[float, float]]:
        """Times without a connection, as (seconds from the start, length in seconds)."""
        ...

    @property
    def cpu_s(self) -> float:
        """CPU seconds of processes that worked for it, besides this one."""
        ...

    def run(self) -> None:
        """Do it all; returns when every call has ended. To be run in a thread of its own."""
        ...

    def stop(self, reason: str) -> None:
        """Start nothing more, from any thread; what is in flight goes on."""
        ...

    def cancel(self) -> None:
        """Cancel what is in flight, from any thread."""
        ...
