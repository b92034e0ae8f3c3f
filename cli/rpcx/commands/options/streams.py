"""How the streams of `rpcx stream` run: workers, pace and ends."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Annotated, NamedTuple

from rpcx.commands.options.shared import seconds
from rpcx.config.option import Group, Option, Variable
from rpcx.errors import UsageError
from rpcx.words.printable import printable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rpcx.plans.streams import StreamPlan
    from rpcx.results import Metadata


_stream = functools.partial(Option, group=Group.STREAMS)


class StreamOptions(NamedTuple):
    """As typed; `plan` checks them."""

    total: Annotated[
        int | None,
        Option(
            "Number of messages to send on each stream.",
            "N",
            short="-n",
            variable_is=Variable.NONE,
            default="each document once",
        ),
    ] = None
    duration: Annotated[
        str | None,
        Option(
            "Half-close after this long; cancel --linger (5s) later.",
            "DURATION",
            short="-z",
            variable_is=Variable.NONE,
        ),
    ] = None
    rps: Annotated[
        float | None,
        Option("Send this many messages a second on each stream.", "RATE", short="-r"),
    ] = None
    timeout: Annotated[
        str | None,
        Option(
            "Deadline of each stream.",
            "DURATION",
            short="-t",
            default="none",
            also=("max-time",),
        ),
    ] = None
    streams: Annotated[int, _stream("Number of streams, over one channel.", "N")] = 1
    senders: Annotated[int, _stream("Number of send workers, which take turns.", "N")] = 1
    receivers: Annotated[
        int, _stream("Number of receive workers, which take turns; 0 never reads.", "N")
    ] = 1
    send_delay: Annotated[
        str | None, _stream("Pause of each sender after a message.", "DURATION")
    ] = None
    recv_delay: Annotated[
        str | None, _stream("Pause of each receiver after a message.", "DURATION")
    ] = None
    half_close_after: Annotated[
        str | None,
        _stream("Half-close after this long instead of at the end of the input.", "DURATION"),
    ] = None
    linger: Annotated[
        str | None,
        _stream("Cancel this long after the half-close if the stream is still open.", "DURATION"),
    ] = None
    max_responses: Annotated[int | None, _stream("Cancel each stream after N responses.", "N")] = (
        None
    )
    cancel_after: Annotated[
        str | None, _stream("Cancel each stream after this long.", "DURATION")
    ] = None
    script: Annotated[
        str | None,
        _stream(
            "Hold the conversation of this file, step by step; see rpcx help scripts.",
            "FILE",
            variable_is=Variable.NONE,
        ),
    ] = None

    @property
    def measures(self) -> bool:
        """Whether numbers are asked for, and not only a conversation."""
        plain = StreamOptions()
        return any(
            getattr(self, name) != getattr(plain, name)
            for name in (
                "streams", "senders", "receivers", "total", "duration", "rps",
                "send_delay", "recv_delay",
            )
        )  # fmt: skip

    def check_script(self, data: Sequence[str]) -> None:
        """Refuse options that a script decides.

        Args:
            data: As each `-d`.

        Raises:
            UsageError: One of them was given beside --script.
        """
        if self.script is None:
            return
        for option, value in (
            ("-d", data or None),
            ("-n", self.total),
            ("-z", self.duration),
            ("-r", self.rps),
            ("--send-delay", self.send_delay),
            ("--recv-delay", self.recv_delay),
            ("--half-close-after", self.half_close_after),
            ("--senders", self.senders - 1 or None),
            ("--receivers", self.receivers - 1 or None),
        ):
            if value is not None:
                raise UsageError(
                    f"{option} cannot be given with --script {printable(self.script)}: the script"
                    " says what is sent and when; leave one of them out"
                )

    def plan(self, metadata: Metadata) -> StreamPlan:
        """Return the plan of a run whose method is not known yet.

        Args:
            metadata: The headers of each stream.

        Raises:
            UsageError: An option is not valid, or two contradict each other.
        """
        from rpcx.plans.streams import StreamPlan

        return StreamPlan(
            method="/METHOD",
            metadata=metadata,
            streams=self.streams,
            senders=self.senders,
            receivers=self.receivers,
            total=self.total,
            rate_per_s=self.rps,
            send_delay_s=seconds(self.send_delay, "--send-delay") or 0.0,
            recv_delay_s=seconds(self.recv_delay, "--recv-delay") or 0.0,
            duration_s=seconds(self.duration, "--duration"),
            half_close_after_s=seconds(self.half_close_after, "--half-close-after"),
            linger_s=seconds(self.linger, "--linger"),
            max_responses=self.max_responses,
            cancel_after_s=seconds(self.cancel_after, "--cancel-after"),
            timeout_s=seconds(self.timeout, "--timeout"),
        )
