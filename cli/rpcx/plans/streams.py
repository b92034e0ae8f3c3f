"""What a run of streams is to do: frozen before anything starts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rpcx.errors import UsageError
from rpcx.plans.calls import above_zero, at_least_one

if TYPE_CHECKING:
    from rpcx.plans.script import Step
    from rpcx.results import Metadata


@dataclass(frozen=True, slots=True)
class StreamPlan:
    """The streams of `rpcx stream`.

    Attributes:
        method: `/package.Service/Method`.
        metadata: Headers of each RPC.
        client_streams: Whether the method takes more than one message.
        server_streams: Whether it answers with more than one.
        streams: How many to open, all at once, over one channel.
        senders: Send workers of each stream, which take turns.
        receivers: Receive workers of each, likewise; 0 never reads.
        total: Messages to send on each; None for as long as there is data.
        rate_per_s: Messages due each second on each; None for no pace.
        send_delay_s: Pause of each sender after a message, in seconds.
        recv_delay_s: Pause of each receiver after a message.
        duration_s: When to end, counted from the start; None for never.
        half_close_after_s: When to half-close, whatever the input; None for at its end.
        linger_s: How long to go on receiving after that; None for until the server ends.
        max_responses: Received messages after which to cancel; None for no limit.
        cancel_after_s: When to cancel; None for never.
        timeout_s: Deadline of each RPC, in seconds; None for none.
        script: Steps that each stream does in place of its senders; none for senders.
    """

    method: str
    metadata: Metadata = ()
    client_streams: bool = True
    server_streams: bool = True
    streams: int = 1
    senders: int = 1
    receivers: int = 1
    total: int | None = None
    rate_per_s: float | None = None
    send_delay_s: float = 0.0
    recv_delay_s: float = 0.0
    duration_s: float | None = None
    half_close_after_s: float | None = None
    linger_s: float | None = None
    max_responses: int | None = None
    cancel_after_s: float | None = None
    timeout_s: float | None = None
    script: tuple[Step, ...] = ()

    def __post_init__(self) -> None:
        at_least_one("--streams", self.streams)
        at_least_one("--senders", self.senders)
        at_least_one("-n/--total", self.total)
        at_least_one("--max-responses", self.max_responses)
        if self.receivers < 0:
            raise UsageError(
                f"--receivers {self.receivers} is below 0; give 1, more that take turns, or 0 to"
                " read nothing"
            )
        if self.rate_per_s is not None and not self.rate_per_s > 0:
            raise UsageError(
                f"-r/--rps {self.rate_per_s:g} is not above 0; give messages per second"
            )
        above_zero("-t/--timeout", self.timeout_s)
        above_zero("-z/--duration", self.duration_s)
        self._check_kind()
        self._check_end()

    def _check_kind(self) -> None:
        if self.client_streams:
            return
        for option, number in (("-n/--total", self.total), ("--senders", self.senders)):
            if number not in (None, 1):
                raise UsageError(
                    f"{option} {number}: {self.method[1:]} takes one message; its responses are"
                    " as many as the server sends"
                )

    def _check_end(self) -> None:
        bounds = (self.timeout_s, self.duration_s, self.cancel_after_s)
        if not self.receivers and all(bound is None for bound in bounds):
            raise UsageError(
                "--receivers 0 never reads, and gRPC tells no status before all messages are"
                " read; say when to end with -t, -z or --cancel-after"
            )
        if not self.receivers and self.max_responses is not None:
            raise UsageError(
                f"--max-responses {self.max_responses} needs a receiver, and --receivers is 0"
            )
