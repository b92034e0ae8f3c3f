"""The command line as people type it who know other tools, before the parser sees it.

A long option with one dash would be parsed as `-p -l -a …`; `grpcurl` and `ghz` have names of
their own. What means the same here is taken; for anything else the sentence says what rpcx
writes. What a command declares itself always wins.
"""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Any, Final

from rpcx.errors import UsageError
from rpcx.words.printable import printable

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

SAME: Final = {
    "skipTLS": "--insecure", "msg-template": "--example", "max-time": "--timeout",
    "max-msg-sz": "--max-message-size", "max-recv-message-size": "--max-message-size",
    "max-send-message-size": "--max-message-size", "import-paths": "--import-path",
    "i": "--import-path", "cname": "--servername", "max-duration": "--duration",
    "x": "--duration", "keepalive": "--keepalive-time", "debug": "--verbose",
    "data-file": "--data", "D": "--data",
}  # fmt: skip
"""Options of grpcurl and ghz that mean the same under another name."""

_NAMES_FILE: Final = ("data-file", "D")
"""Those of them whose value is a file where ours takes `@FILE`."""

OTHERWISE: Final = {
    "rpc-header": "-H 'key: value' for calls and reflection, --reflect-header for reflection alone",
    "format": "--input-format text for requests; responses are always JSON",
    "format-error": "-o record, which has errors with their details as JSON",
    "unix": "the target unix:/path",
    "use-reflection": "nothing: reflection fills what --proto and --protoset lack",
    "proto-out-dir": "--protoset-out FILE",
    "alts": "nothing: ALTS is not supported",
    "alts-handshaker-service": "nothing: ALTS is not supported",
    "alts-target-service-account": "nothing: ALTS is not supported",
    "config": "--plan FILE, in TOML",
    "async": "-r/--rps, which starts calls whatever the server does",
    "load-schedule": "--ramp, such as --ramp rps=100..1000/30s",
    "load-start": "--ramp, such as --ramp rps=100..1000/30s",
    "load-end": "--ramp, such as --ramp rps=100..1000/30s",
    "load-step": "--ramp, such as --ramp rps=100,200,400/10s",
    "load-step-duration": "--ramp, such as --ramp rps=100,200,400/10s",
    "load-max-duration": "--ramp, such as --ramp rps=100..1000/30s",
    "concurrency-schedule": "--ramp, such as --ramp concurrency=1,2,4/10s",
    "concurrency-start": "--ramp, such as --ramp concurrency=1,2,4/10s",
    "concurrency-end": "--ramp, such as --ramp concurrency=1,2,4/10s",
    "concurrency-step": "--ramp, such as --ramp concurrency=1,2,4/10s",
    "concurrency-step-duration": "--ramp, such as --ramp concurrency=1,2,4/10s",
    "concurrency-max-duration": "--ramp, such as --ramp concurrency=1,2,4/10s",
    "duration-stop": "--drain DURATION: how long calls in flight may go on after the end",
    "skipFirst": "--warmup CALLS, which come before the -n calls and are in no count",
    "count-errors": "nothing: failed calls always have latencies of their own",
    "binary": "--input-format binary -d @-",
    "b": "--input-format binary -d @-",
    "binary-file": "--input-format binary -d @FILE",
    "B": "--input-format binary -d @FILE",
    "metadata": "-H 'key: value', once for each header",
    "m": "-H 'key: value', once for each header",
    "metadata-file": "-H @FILE, with one 'key: value' a line",
    "M": "-H @FILE, with one 'key: value' a line",
    "reflect-metadata": "--reflect-header 'key: value'",
    "enable-compression": "--compression gzip",
    "e": "--compression gzip",
    "stream-interval": "rpcx stream … --send-delay DURATION",
    "stream-call-duration": "rpcx stream … -z DURATION",
    "stream-call-count": "rpcx stream … -n MESSAGES, or --max-responses N",
    "stream-dynamic-messages": "nothing: every message of a stream is its own document",
    "disable-template-functions": "nothing: templates are off unless --template turns them on",
    "disable-template-data": "nothing: templates are off unless --template turns them on",
    "lb-strategy": "--service-config FILE",
    "cpus": "--processes N",
    "name": "nothing: a report says what was called where and when",
    "tags": "nothing: a report says what was called where and when",
    "O": "-o summary or -o json for what is printed, --report run.html for files",
}  # fmt: skip
"""Options of grpcurl and ghz that are written in another way: the end of a sentence."""

_ASKING: Final = ("list", "describe")


def in_order(arguments: Sequence[str], commands: Collection[str]) -> list[str]:
    """Return the arguments with the command first: `HOST list` and `help` as well.

    Args:
        arguments: Of the process, without its name.
        commands: The names of the commands.

    Raises:
        UsageError: No command is named, and it is plain which one is meant.
    """
    first, *rest = arguments or [""]
    if first == "help" and rest and rest[0] in commands:
        return [rest[0], "--help"]
    if first in commands or not first or first.startswith("-"):
        return [*arguments]
    second = rest[0] if rest else ""
    if second in _ASKING:  # as grpcurl has it
        return [second, first, *rest[1:]]
    if second in commands:
        raise UsageError(
            f"the command comes first: rpcx {second} {printable(first)} …; see rpcx {second} --help"
        )
    if "/" in second:
        raise UsageError(
            f"{printable(first)!r} is not a command; to call a method write:"
            f" rpcx call {printable(first)} {printable(second)}"
        )
    return [*arguments]


def spelt(arguments: Sequence[str], group: Any) -> list[str]:
    """Return the arguments with the names that rpcx has for options.

    Args:
        arguments: Of the process, without its name.
        group: The commands, as the parser has them; the command that is named says which
            options there are.

    Raises:
        UsageError: One is a long option with one dash, or has to be written in another way.
    """
    named = [group.commands[word] for word in arguments[:1] if word in group.commands]
    options = [option for command in (group, *named) for option in command.params]
    declared = {name for option in options for name in option.opts} | {"--help", "-h"}
    made = [*arguments]
    for at in _positions(arguments, options):
        word, equals, value = arguments[at].partition("=")
        name = word.lstrip("-")
        one_dash = not word.startswith("--")
        if word in declared or (one_dash and len(name) == 1 and name not in {*SAME, *OTHERWISE}):
            continue
        if one_dash and f"--{name}" in declared:
            raise UsageError(f"-{name} has one dash too few; rpcx writes it --{name}")
        if name in SAME and SAME[name] in declared:
            made[at] = SAME[name] + equals + ("@" if value and name in _NAMES_FILE else "") + value
            if name in _NAMES_FILE and not equals and at + 1 < len(made):
                made[at + 1] = f"@{made[at + 1]}"
        elif name in SAME or name in OTHERWISE:
            instead = OTHERWISE.get(name, SAME.get(name))
            raise UsageError(f"{word} is not an option of rpcx; it writes {instead}")
    return made


def _positions(arguments: Sequence[str], options: Sequence[Any]) -> Iterator[int]:
    """Yield where options stand: neither their values, nor what follows `--`."""
    takes_value = {
        name
        for option in options
        for name in option.opts
        if name.startswith("-") and not (option.is_flag or option.count)
    }
    is_value = False
    for at, argument in enumerate(arguments):
        if argument == "--":
            return
        if is_value:
            is_value = False
            continue
        name = argument.lstrip("-")
        foreign = SAME.get(name) if argument.startswith("-") else None
        is_value = argument in takes_value or foreign in takes_value
        if len(argument) > 1 and argument[0] == "-":
            yield at


def retyped(arguments: Sequence[str], command: str, group: Any) -> str:
    """Return the same command line for another command, ready to paste.

    Args:
        arguments: As `spelt` returned them.
        command: The other command.
        group: The commands, with both; options that the other one lacks are left out.
    """
    options = [one for name in (arguments[0], command) for one in group.commands[name].params]
    known = {name for option in group.commands[command].params for name in option.opts}
    values = {
        name
        for one in options
        for name in one.opts
        if not (getattr(one, "is_flag", 1) or one.count)
    }
    kept, dropped = [command], set[int]()
    for at in _positions(arguments, options):
        name = arguments[at].partition("=")[0]
        short = name[:2] if not name.startswith("--") else name
        if short not in known:
            dropped |= {at, at + 1} if name in values and "=" not in arguments[at] else {at}
    kept += [word for at, word in enumerate(arguments[1:], 1) if at not in dropped]
    return shlex.join(["rpcx", *map(printable, kept)])
