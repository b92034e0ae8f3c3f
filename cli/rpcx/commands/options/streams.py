"""How the streams of `rpcx stream` go: workers, pace, ends, and what is looked at."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

from rpcx.commands.options.shared import seconds
from rpcx.errors import UsageError
from rpcx.words.printable import printable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rpcx.plans.script import Step
    from rpcx.plans.streams import StreamPlan
    from rpcx.results import Metadata


def _duration(name: str, text: str) -> Any:
    return typer.Option(
        name,
        metavar="DURATION",
        envvar=f"RPCX_{name[2:].replace('-', '_').upper()}",
        help=text,
        show_default=False,
    )


class StreamOptions(NamedTuple):
    """As typed; `plan` checks them."""

    streams: Annotated[
        int, typer.Option("--streams", envvar="RPCX_STREAMS", help="Streams, over one channel.")
    ] = 1
    senders: Annotated[
        int,
        typer.Option("--senders", envvar="RPCX_SENDERS", help="Send workers, which take turns."),
    ] = 1
    receivers: Annotated[
        int,
        typer.Option(
            "--receivers",
            envvar="RPCX_RECEIVERS",
            help="Receive workers, which take turns; 0 never reads.",
        ),
    ] = 1
    total: Annotated[
        int | None,
        typer.Option(
            "-n", "--total", help="Messages to send on each.", show_default="each document once"
        ),
    ] = None
    duration: Annotated[
        str | None,
        typer.Option(
            "-z",
            "--duration",
            metavar="DURATION",
            help="Half-close after so long, and drain for --linger (5s); then cancel.",
        ),
    ] = None
    rps: Annotated[
        float | None,
        typer.Option("-r", "--rps", envvar="RPCX_RPS", help="Messages due each second on each."),
    ] = None
    send_delay: Annotated[
        str | None, _duration("--send-delay", "Pause of each sender after a message.")
    ] = None
    recv_delay: Annotated[
        str | None, _duration("--recv-delay", "Pause of each receiver after a message.")
    ] = None
    half_close_after: Annotated[
        str | None,
        _duration("--half-close-after", "Half-close then, not at the end of the input."),
    ] = None
    linger: Annotated[
        str | None,
        _duration("--linger", "Cancel so long after the half-close, unless it has ended."),
    ] = None
    max_responses: Annotated[
        int | None,
        typer.Option(
            "--max-responses", envvar="RPCX_MAX_RESPONSES", help="Cancel each after so many."
        ),
    ] = None
    cancel_after: Annotated[str | None, _duration("--cancel-after", "Cancel after so long.")] = None
    script: Annotated[
        str | None,
        typer.Option(
            "--script",
            metavar="FILE",
            help="Hold a conversation step by step; see rpcx help scripts.",
            show_default=False,
        ),
    ] = None
    timeout: Annotated[
        str | None,
        typer.Option(
            "-t",
            "--timeout",
            metavar="DURATION",
            envvar="RPCX_TIMEOUT",
            help="Deadline of each stream.",
            show_default="none",
        ),
    ] = None

    @property
    def measures(self) -> bool:
        """Whether numbers are wanted, more than a conversation."""
        plain = StreamOptions()
        return any(
            getattr(self, name) != getattr(plain, name)
            for name in (
                "streams", "senders", "receivers", "total", "duration", "rps",
                "send_delay", "recv_delay",
            )
        )  # fmt: skip

    def check(self, data: Sequence[str]) -> None:
        """Look for what can't be before the server is asked for anything.

        Raises:
            UsageError: An option can't be, or they contradict each other or the `-d`.
        """
        self.plan("/METHOD")
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
                    f"{option} has no place beside --script {printable(self.script)}: the script"
                    " says what is sent and when; leave one of them out"
                )

    def plan(
        self,
        method: str,
        *,
        metadata: Metadata = (),
        client_streams: bool = True,
        server_streams: bool = True,
        script: tuple[Step, ...] = (),
    ) -> StreamPlan:
        """The plan for a method, `/package.Service/Method`, of its kind, with headers and a script.

        Raises:
            UsageError: An option can't be, or they contradict each other.
        """
        from rpcx.plans.streams import StreamPlan

        return StreamPlan(
            method=method,
            metadata=metadata,
            client_streams=client_streams,
            server_streams=server_streams,
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
            script=script,
        )
