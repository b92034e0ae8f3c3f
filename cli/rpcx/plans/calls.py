"""What a run of unary calls is to do: frozen before anything starts."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rpcx.errors import UsageError
from rpcx.results import Settings

if TYPE_CHECKING:
    from rpcx.plans.ramps import Ramp
    from rpcx.results import Metadata


@dataclass(frozen=True, slots=True)
class PlannedMethod:
    """A unary method of a run, and how it is called.

    Attributes:
        path: `/package.Service/Method`.
        metadata: Headers that its calls carry.
        timeout_s: Deadline of each call from its start, in seconds; None for none.
        weight: Its share of the calls, beside the weights of the other methods.
    """

    path: str
    metadata: Metadata = ()
    timeout_s: float | None = 20.0
    weight: int = 1

    def __post_init__(self) -> None:
        above_zero("-t/--timeout", self.timeout_s)

    @property
    def name(self) -> str:
        """`package.Service/Method`, as people write it."""
        return self.path[1:]


@dataclass(frozen=True, slots=True)
class UnaryPlan:
    """The calls of `rpcx call`.

    Attributes:
        methods: What is called, over one shared channel.
        total: Calls that become due; None for as long as there is data or time.
        concurrency: Most calls in flight at once.
        rate_per_s: Calls due each second (open loop), the most where that is ramped; None
            starts one whenever one ends.
        ramp: How the rate or, in a closed loop, the concurrency changes; None where it
            stays the same.
        duration_s: When to start nothing more, in seconds from the start; None for never.
        drain_s: How long what is in flight may go on after that, before it is cancelled.
        warmup: What comes first and is in no count: calls (int) or seconds (float).
        connections: Over how many connections the calls go.
    """

    methods: tuple[PlannedMethod, ...]
    total: int | None = 1
    concurrency: int = 1
    rate_per_s: float | None = None
    ramp: Ramp | None = None
    duration_s: float | None = None
    drain_s: float = 5.0
    warmup: int | float | None = None
    connections: int = 1

    def __post_init__(self) -> None:
        at_least_one("-n/--total", self.total)
        at_least_one("-c/--concurrency", self.concurrency)
        if self.rate_per_s is not None and not self.rate_per_s > 0:
            raise UsageError(f"-r/--rps {self.rate_per_s:g} is not above 0; give calls per second")

        above_zero("-z/--duration", self.duration_s)
        at_least_one("--connections", self.connections)
        if self.connections > self.concurrency:
            raise UsageError(
                f"{self.connections} connections (--connections, --processes) are more than the"
                f" {self.concurrency} calls in flight: some would have nothing to do; raise"
                " -c/--concurrency"
            )
        if self.warmup is not None and not self.warmup > 0:
            raise UsageError(f"--warmup {self.warmup:g} is none; give calls such as 100, or 5s")

    def to_warm_up(self) -> UnaryPlan | None:
        """The run before the run: the same load, a ramp's first value; None for none."""
        if self.warmup is None:
            return None
        rate, concurrency = self.rate_per_s, self.concurrency
        if self.ramp is not None and rate is not None:
            rate = self.ramp.first
        elif self.ramp is not None:
            concurrency = max(round(self.ramp.first), self.connections)
        calls = self.warmup if isinstance(self.warmup, int) else None
        return dataclasses.replace(
            self,
            total=calls,
            duration_s=self.warmup if calls is None else None,
            rate_per_s=rate,
            concurrency=concurrency,
            ramp=None,
            warmup=None,
        )

    def settings(self, processes: int = 1) -> Settings:
        """Return what the plan asks for, as a report shows it.

        Args:
            processes: In how many processes the calls are made.
        """
        warmup = self.warmup
        return Settings(
            total=self.total,
            duration_s=self.duration_s,
            concurrency=self.concurrency,
            rate_per_s=self.rate_per_s,
            ramp=None if self.ramp is None else self.ramp.quantity,
            timeout_s=self.longest_timeout_s,
            drain_s=self.drain_s,
            warmup_calls=warmup if isinstance(warmup, int) else None,
            warmup_s=warmup if isinstance(warmup, float) else None,
            connections=self.connections,
            processes=processes,
        )

    @property
    def longest_timeout_s(self) -> float | None:
        """The longest deadline of any method; None where one has none."""
        timeouts = [method.timeout_s for method in self.methods]
        return None if None in timeouts else max(filter(None, timeouts))


def at_least_one(option: str, value: int | None) -> None:
    """See that a number that was given is one.

    Raises:
        UsageError: It is below 1.
    """
    if value is not None and value < 1:
        raise UsageError(f"{option} {value} is below 1; give a whole number from 1 on")


def above_zero(option: str, seconds: float | None) -> None:
    """See that a time that was given is one.

    Raises:
        UsageError: It is not above 0.
    """
    if seconds is not None and not seconds > 0:
        raise UsageError(f"{option} {seconds:g}s is not above 0; give a duration such as 250ms")
