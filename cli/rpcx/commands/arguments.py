"""Go's `-plaintext`, found before the parser takes it for `-p -l -a …`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rpcx.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

_LONG_NAMES: Final = frozenset(
    {
        "cacert", "cert", "key", "authority", "plaintext", "insecure", "proto", "protoset",
        "protoset-out", "import-path", "data", "header", "rpc-header", "reflect-header",
        "timeout", "total", "concurrency", "connections", "duration", "rps", "connect-timeout",
        "keepalive-time", "max-time", "output", "format", "input-format",
        "allow-unknown-fields", "emit-defaults", "expand-headers", "user-agent",
        "quiet", "verbose", "version", "help", "senders", "receivers", "drain", "unix",
        "servername", "key-password-file", "keepalive-timeout", "max-message-size", "max-msg-sz",
        "ramp", "warmup", "processes", "call", "plan", "template", "rows", "allow-env",
        "compression", "service-config", "channel-arg", "wait-for-ready", "show-secrets",
    }
)  # fmt: skip

# What grpcurl and ghz call otherwise.
_RENAMED: Final = {
    "rpc-header": "--header", "max-time": "--timeout", "format": "--input-format",
    "unix": "unix:/path", "max-msg-sz": "--max-message-size",
}  # fmt: skip

# Options whose value is the next argument, whatever that looks like.
_TAKES_TEXT: Final = frozenset({"-d", "--data", "-H", "--header", "--reflect-header"})


def check_single_dash(arguments: Sequence[str]) -> None:
    """Refuse a long option that is written with one dash.

    Raises:
        UsageError: There is one; the sentence says how it is written here.
    """
    value = False
    for argument in arguments:
        if argument == "--":
            return
        if value:
            value = False
            continue
        value = argument in _TAKES_TEXT
        if len(argument) > 2 and argument[0] == "-" and argument[1] != "-":  # noqa: PLR2004 -- "-x" is a short option
            name = argument[1:].partition("=")[0]
            if name in _LONG_NAMES:
                spelling = _RENAMED.get(name, f"--{name}")
                raise UsageError(f"-{name} has one dash too few; rpcx writes it {spelling}")
