"""How to reach the server: the options that every command with a TARGET takes."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from rpcx.commands.options.shared import seconds
from rpcx.errors import UsageError
from rpcx.target.channel import Compression  # noqa: TC001 -- Typer reads it
from rpcx.words.printable import printable

if TYPE_CHECKING:
    from rpcx.runs.verbose import Story
    from rpcx.target.channel import ChannelArguments, ChannelSettings
    from rpcx.target.target import Target
    from rpcx.target.tls import Tls


def _option(name: str, metavar: str, text: str) -> typer.models.OptionInfo:
    """A single-valued option that has an environment variable and no default to show."""
    variable = f"RPCX_{name.removeprefix('--').replace('-', '_').upper()}"
    info: typer.models.OptionInfo = typer.Option(
        name, metavar=metavar, envvar=variable, help=text, show_default=False
    )
    return info


class ConnectionOptions(NamedTuple):
    """As typed; `target` checks them."""

    plaintext: Annotated[
        bool,
        typer.Option("-p", "--plaintext", envvar="RPCX_PLAINTEXT", help="Connect without TLS."),
    ] = False
    insecure: Annotated[
        bool,
        typer.Option(
            "--insecure",
            envvar="RPCX_INSECURE",
            help="Connect with TLS to whoever answers: nothing vouches for the server.",
        ),
    ] = False
    cacert: Annotated[
        str | None,
        _option("--cacert", "FILE", "Trust these certificates (PEM) in place of the system's."),
    ] = None
    cert: Annotated[
        str | None,
        _option("--cert", "FILE", "Show the server this certificate (PEM); needs --key."),
    ] = None
    key: Annotated[str | None, _option("--key", "FILE", "The key (PEM) of --cert.")] = None
    key_password_file: Annotated[
        str | None,
        _option(
            "--key-password-file",
            "FILE",
            "Its first line decrypts --key; or put the password into RPCX_KEY_PASSWORD.",
        ),
    ] = None
    authority: Annotated[
        str | None,
        _option("--authority", "NAME", "Call the server this; its certificate has to say so too."),
    ] = None
    servername: Annotated[
        str | None, _option("--servername", "NAME", "Check the certificate for this name alone.")
    ] = None
    connect_timeout: Annotated[
        str,
        typer.Option(
            "--connect-timeout",
            metavar="DURATION",
            envvar="RPCX_CONNECT_TIMEOUT",
            help="How long the first connection may take.",
        ),
    ] = "10s"
    wait_for_ready: Annotated[
        bool,
        typer.Option(
            "--wait-for-ready",
            envvar="RPCX_WAIT_FOR_READY",
            help="Wait that long for a server that is not there yet.",
        ),
    ] = False
    keepalive_time: Annotated[
        str | None,
        _option("--keepalive-time", "DURATION", "Ping the server after so long without traffic."),
    ] = None
    keepalive_timeout: Annotated[
        str | None,
        _option("--keepalive-timeout", "DURATION", "Give up a connection that answers no ping."),
    ] = None
    max_message_size: Annotated[
        str | None,
        _option("--max-message-size", "SIZE", "Largest message either way (receiving: 4MiB)."),
    ] = None
    compression: Annotated[
        Compression | None,
        typer.Option(
            "--compression",
            envvar="RPCX_COMPRESSION",
            help="Compress what is sent.",
            show_default=False,
        ),
    ] = None
    user_agent: Annotated[
        str | None, _option("--user-agent", "TEXT", "What the user-agent begins with.")
    ] = None
    service_config: Annotated[
        str | None,
        _option("--service-config", "FILE", "gRPC service config (JSON): retries, balancing."),
    ] = None
    channel_arg: Annotated[
        list[str] | None,
        typer.Option(
            "--channel-arg",
            metavar="NAME=VALUE",
            help="Any gRPC channel argument (repeatable; RPCX_CHANNEL_ARG has one a line).",
            show_default=False,
        ),
    ] = None

    verbose: Annotated[
        int,
        typer.Option(
            "-v",
            "--verbose",
            count=True,
            help="Tell how the connection comes about and what passes over it; -vv gRPC's channel"
            " states too.",
            show_default=False,
        ),
    ] = 0
    show_secrets: Annotated[
        bool,
        typer.Option(
            "--show-secrets",
            envvar="RPCX_SHOW_SECRETS",
            help="Show credentials and cookies as they are.",
        ),
    ] = False

    def story(self) -> Story:
        """Who tells of the connection."""
        from rpcx.runs.verbose import Story

        return Story(self.verbose, show_secrets=self.show_secrets)

    def target(self, text: str, *, may_be_none: bool = False) -> Target:
        """The Target that these options and TARGET make.

        Args:
            text: TARGET.
            may_be_none: Whether it may be `-`, no server.

        Raises:
            UsageError: One of them can't be, or they contradict each other.
            ConnectError: A file that one of them names can't be used.
        """
        from rpcx.target.target import parse_target

        target = parse_target(
            text,
            plaintext=self.plaintext,
            tls=self._tls(),
            connect_timeout_s=seconds(self.connect_timeout, "--connect-timeout"),
            wait_for_ready=self.wait_for_ready,
            channel=self._channel(),
            may_be_none=may_be_none,
        )
        if target.tls is None and target.demo is None and not target.is_none:
            self._refuse_tls_options(target)
        return target

    def _refuse_tls_options(self, target: Target) -> None:
        for option, value in (
            ("--insecure", self.insecure),
            ("--cacert", self.cacert),
            ("--cert", self.cert),
            ("--servername", self.servername),
        ):
            if value:
                raise UsageError(
                    f"{option} is for TLS, and '{printable(target.text)}'"
                    f"{' with --plaintext' if self.plaintext else ''} is reached without; drop it"
                )

    def _tls(self) -> Tls:
        from rpcx.target.hostnames import ascii_names
        from rpcx.target.tls import Tls, read_identity, read_roots

        if self.cert is None and self.key is None:
            identity: tuple[bytes | None, bytes | None] = (None, None)
        elif self.cert is None or self.key is None:
            there, missing = ("--cert", "--key") if self.cert else ("--key", "--cert")
            raise UsageError(f"{there} needs {missing}: the certificate and its key go together")
        else:
            identity = read_identity(self.cert, self.key, self._key_password)
        if self.insecure and self.cacert is not None:
            raise UsageError("--insecure trusts any certificate and --cacert some; drop one")
        return Tls(
            read_roots(self.cacert) if self.cacert is not None else None,
            *identity,
            verified=not self.insecure,
            server_name=(
                None if self.servername is None else ascii_names(self.servername, "--servername")
            ),
        )

    def _key_password(self) -> bytes | None:
        if self.key_password_file is None:
            password = os.environb.get(b"RPCX_KEY_PASSWORD")
            return password or None
        from rpcx.documents.textfiles import read_bytes

        path = self.key_password_file
        content = read_bytes(path, f"--key-password-file '{printable(path)}'", UsageError)
        return content.split(b"\n", 1)[0].rstrip(b"\r")

    def _channel(self) -> ChannelSettings:
        from rpcx.target.channel import ChannelSettings, read_service_config
        from rpcx.target.hostnames import ascii_names

        size = self.max_message_size
        return ChannelSettings(
            authority=(
                None if self.authority is None else ascii_names(self.authority, "--authority")
            ),
            keepalive_time_s=seconds(self.keepalive_time, "--keepalive-time"),
            keepalive_timeout_s=seconds(self.keepalive_timeout, "--keepalive-timeout"),
            max_message_bytes=None if size is None else _message_size(size),
            compression=self.compression,
            user_agent=self.user_agent,
            service_config=(
                None if self.service_config is None else read_service_config(self.service_config)
            ),
            arguments=self._arguments(),
        )

    def _arguments(self) -> ChannelArguments:
        from rpcx.commands.options.shared import lines_of
        from rpcx.target.channel import parse_argument

        lines = [*lines_of("RPCX_CHANNEL_ARG"), *(self.channel_arg or ())]
        return tuple(map(parse_argument, lines))


def _message_size(text: str) -> int:
    from rpcx.target.channel import LARGEST_MESSAGE_BYTES
    from rpcx.words.sizes import parse_size

    return parse_size(text, "--max-message-size", LARGEST_MESSAGE_BYTES)
