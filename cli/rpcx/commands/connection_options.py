"""How to reach the server: the options that every command with a TARGET takes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from rpcx.commands.options import seconds

if TYPE_CHECKING:
    from rpcx.target import Target


@dataclass(frozen=True, slots=True)
class ConnectionOptions:
    """As typed; `target` checks them."""

    plaintext: Annotated[
        bool,
        typer.Option("-p", "--plaintext", envvar="RPCX_PLAINTEXT", help="Connect without TLS."),
    ] = False
    connect_timeout: Annotated[
        str,
        typer.Option(
            "--connect-timeout",
            metavar="DURATION",
            envvar="RPCX_CONNECT_TIMEOUT",
            help="How long the first connection may take.",
        ),
    ] = "10s"

    def target(self, text: str, *, may_be_none: bool = False) -> Target:
        """The Target that these options and TARGET make.

        Args:
            text: TARGET.
            may_be_none: Whether it may be `-`, no server.

        Raises:
            UsageError: One of them can't be, or they contradict each other.
        """
        from rpcx.target import parse_target

        return parse_target(
            text,
            plaintext=self.plaintext,
            connect_timeout_s=seconds(self.connect_timeout, "--connect-timeout"),
            may_be_none=may_be_none,
        )
