"""How many calls, how many at once, how fast and for how long: the load of `rpcx call`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Final

import typer

from rpcx.commands.options import seconds

if TYPE_CHECKING:
    from rpcx.plan import PlannedMethod, UnaryPlan

OPEN_LOOP_CONCURRENCY: Final = 10_000


@dataclass(frozen=True, slots=True)
class LoadOptions:
    """As typed; `plan` checks them."""

    total: Annotated[
        int | None,
        typer.Option("-n", "--total", help="Calls in all.", show_default="one a document"),
    ] = None
    concurrency: Annotated[
        int | None,
        typer.Option(
            "-c",
            "--concurrency",
            envvar="RPCX_CONCURRENCY",
            help="Calls in flight at once.",
            show_default="1, with -r 10000",
        ),
    ] = None
    duration: Annotated[
        str | None,
        typer.Option("-z", "--duration", metavar="DURATION", help="Start nothing after so long."),
    ] = None
    rps: Annotated[
        float | None,
        typer.Option(
            "-r",
            "--rps",
            envvar="RPCX_RPS",
            help="Calls due each second, whatever the server does (open loop).",
        ),
    ] = None
    timeout: Annotated[
        str,
        typer.Option(
            "-t",
            "--timeout",
            metavar="DURATION",
            envvar="RPCX_TIMEOUT",
            help="Deadline of each call.",
        ),
    ] = "20s"
    drain: Annotated[
        str,
        typer.Option(
            "--drain",
            metavar="DURATION",
            envvar="RPCX_DRAIN",
            help="How long calls in flight may go on once the run has ended.",
        ),
    ] = "5s"

    @property
    def timeout_s(self) -> float:
        """The deadline of each call, in seconds.

        Raises:
            UsageError: It is no duration.
        """
        return seconds(self.timeout, "--timeout")

    @property
    def lone(self) -> bool:
        """Whether it is one call, or one for each document: somebody waits for the answers."""
        return self.duration is None and self.rps is None and self.total in (None, 1)

    def plan(self, methods: tuple[PlannedMethod, ...]) -> UnaryPlan:
        """What is to be done with these methods.

        Raises:
            UsageError: One of the options can't be.
        """
        from rpcx.plan import UnaryPlan

        concurrency = self.concurrency
        if concurrency is None:
            concurrency = 1 if self.rps is None else OPEN_LOOP_CONCURRENCY
        return UnaryPlan(
            methods,
            total=self.total,
            concurrency=concurrency,
            rate_per_s=self.rps,
            duration_s=seconds(self.duration, "--duration"),
            drain_s=seconds(self.drain, "--drain"),
        )
