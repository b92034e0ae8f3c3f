"""How to reach the server: the options that every command with a TARGET takes."""

from __future__ import annotations

import functools
import os
from typing import TYPE_CHECKING, Annotated, NamedTuple

from rpcx.commands.options.shared import seconds
from rpcx.config.defaults import lines_of
from rpcx.config.option import Group, Option, Variable, any_of
from rpcx.errors import UsageError
from rpcx.target.channel import Carrier, Compression
from rpcx.words.printable import printable

if TYPE_CHECKING:
    from rpcx.runs.verbose import Story
    from rpcx.target.channel import ChannelArguments, ChannelSettings
    from rpcx.target.target import Target
    from rpcx.target.tls import Tls


_tls = functools.partial(Option, group=Group.TLS)
_connection = functools.partial(Option, group=Group.CONNECTION)


class ConnectionOptions(NamedTuple):
    """As typed; `target` checks them."""

    plaintext: Annotated[bool, Option("Connect without TLS.", short="-p")] = False
    insecure: Annotated[
        bool, _tls("Use TLS without verifying the server's certificate.", also=("skipTLS",))
    ] = False
    cacert: Annotated[
        str | None, _tls("Trust these certificates (PEM) instead of the system's.", "FILE")
    ] = None
    cert: Annotated[
        str | None, _tls("Client certificate (PEM) to present; needs --key.", "FILE")
    ] = None
    key: Annotated[str | None, _tls("Private key (PEM) of --cert.", "FILE")] = None
    key_password_file: Annotated[
        str | None,
        _tls("Password of --key: the first line. RPCX_KEY_PASSWORD has it, too.", "FILE"),
    ] = None
    authority: Annotated[
        str | None,
        _tls("Send this as :authority; the certificate must match it.", "NAME"),
    ] = None
    servername: Annotated[
        str | None, _tls("Verify the certificate for this name.", "NAME", also=("cname",))
    ] = None
    connect_timeout: Annotated[
        str, _connection("Longest time for the first connection.", "DURATION")
    ] = "10s"
    wait_for_ready: Annotated[
        bool, _connection("Wait for a server that is not up yet, for that time.")
    ] = False
    keepalive_time: Annotated[
        str | None,
        _connection(
            "Ping the server after this long without traffic.", "DURATION", also=("keepalive",)
        ),
    ] = None
    keepalive_timeout: Annotated[
        str | None, _connection("Close a connection that does not answer a ping.", "DURATION")
    ] = None
    max_message_size: Annotated[
        str | None,
        _connection(
            "Largest message in either direction.",
            "SIZE",
            default="4MiB to receive",
            also=("max-msg-sz", "max-recv-message-size", "max-send-message-size"),
        ),
    ] = None
    compression: Annotated[
        Compression | None, _connection(f"Compress requests: {any_of(Compression)}.", "NAME")
    ] = None
    user_agent: Annotated[
        str | None, _connection("Begin the user-agent header with this.", "TEXT")
    ] = None
    service_config: Annotated[
        str | None, _connection("Use this gRPC service config (JSON): retries, balancing.", "FILE")
    ] = None
    channel_arg: Annotated[
        list[str] | None,
        _connection(
            "Any gRPC channel argument (repeatable).", "NAME=VALUE", variable_is=Variable.OWN
        ),
    ] = None
    transport: Annotated[
        Carrier | None,
        _connection(
            f"Use this HTTP/2 implementation: {any_of(Carrier)}.",
            "NAME",
            default="wire, unless only grpc can do what is asked",
        ),
    ] = None
    verbose: Annotated[
        int,
        Option(
            "Show connection setup, headers and messages on standard error; -vv also gRPC's"
            " channel states.",
            short="-v",
            also=("debug",),
            parsing={"count": True},
        ),
    ] = 0
    show_secrets: Annotated[
        bool, Option("Show credentials and cookies instead of ***.", group=Group.OUTPUT)
    ] = False

    def story(self) -> Story:
        """Return what shows the connection with -v."""
        from rpcx.runs.verbose import Story

        return Story(self.verbose, show_secrets=self.show_secrets)

    def target(self, text: str, *, may_be_none: bool = False) -> Target:
        """Return the Target that these options and TARGET make.

        Args:
            text: TARGET.
            may_be_none: Whether it may be `-`, which means no server.

        Raises:
            UsageError: One of them is not valid, or two contradict each other.
            ConnectError: A file that one of them names cannot be used.
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
                    f"{' with --plaintext' if self.plaintext else ''} is reached without TLS;"
                    " drop it"
                )

    def _tls(self) -> Tls:
        from rpcx.target.hostnames import ascii_names
        from rpcx.target.tls import Tls, read_identity, read_roots

        if self.cert is None and self.key is None:
            identity: tuple[bytes | None, bytes | None] = (None, None)
        elif self.cert is None or self.key is None:
            there, missing = ("--cert", "--key") if self.cert else ("--key", "--cert")
            raise UsageError(f"{there} needs {missing}: a certificate and its key go together")
        else:
            identity = read_identity(self.cert, self.key, self._key_password)
        if self.insecure and self.cacert is not None:
            raise UsageError(
                "--insecure accepts every certificate and --cacert only some; drop one of them"
            )
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
            transport=self.transport,
        )

    def _arguments(self) -> ChannelArguments:
        from rpcx.target.channel import parse_argument

        lines = [*lines_of("RPCX_CHANNEL_ARG"), *(self.channel_arg or ())]
        return tuple(map(parse_argument, lines))


def _message_size(text: str) -> int:
    from rpcx.target.channel import LARGEST_MESSAGE_BYTES
    from rpcx.words.sizes import parse_size

    return parse_size(text, "--max-message-size", LARGEST_MESSAGE_BYTES)
