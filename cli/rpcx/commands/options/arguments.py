"""The command line as users of other tools type it, before the parser sees it.

The parser would take a long option with one dash for `-p -l -a …`, and `grpcurl` and `ghz` have
names of their own. A name that means the same is accepted. For any other, the error says what rpcx
uses instead. What a command declares itself always wins.
"""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Final

from rpcx.errors import UsageError
from rpcx.words.printable import printable

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from rpcx.config.option import Option

OTHERWISE: Final = {
    "rpc-header":
        "use -H 'key: value' for calls and reflection, --reflect-header for reflection alone",
    "format": "use --input-format text for requests; responses are always JSON",
    "format-error": "use -o record, which prints errors with their details as JSON",
    "unix": "use the target unix:/path",
    "use-reflection": "leave it out: reflection fills in what --proto and --protoset lack",
    "proto-out-dir": "use --protoset-out FILE",
    "alts": "use TLS: ALTS is not supported",
    "alts-handshaker-service": "use TLS: ALTS is not supported",
    "alts-target-service-account": "use TLS: ALTS is not supported",
    "config": "use --plan FILE, in TOML",
    "async": "use -r/--rps, which starts calls whatever the server does",
    "load-schedule": "use --ramp, such as --ramp rps=100..1000/30s",
    "load-start": "use --ramp, such as --ramp rps=100..1000/30s",
    "load-end": "use --ramp, such as --ramp rps=100..1000/30s",
    "load-step": "use --ramp, such as --ramp rps=100,200,400/10s",
    "load-step-duration": "use --ramp, such as --ramp rps=100,200,400/10s",
    "load-max-duration": "use --ramp, such as --ramp rps=100..1000/30s",
    "concurrency-schedule": "use --ramp, such as --ramp concurrency=1,2,4/10s",
    "concurrency-start": "use --ramp, such as --ramp concurrency=1,2,4/10s",
    "concurrency-end": "use --ramp, such as --ramp concurrency=1,2,4/10s",
    "concurrency-step": "use --ramp, such as --ramp concurrency=1,2,4/10s",
    "concurrency-step-duration": "use --ramp, such as --ramp concurrency=1,2,4/10s",
    "concurrency-max-duration": "use --ramp, such as --ramp concurrency=1,2,4/10s",
    "duration-stop": "use --drain DURATION: how long calls in flight may take after the end",
    "skipFirst": "use --warmup N: these calls come before the -n calls and are not counted",
    "count-errors": "leave it out: failed calls always have latencies of their own",
    "binary": "use --input-format binary -d @-",
    "b": "use --input-format binary -d @-",
    "binary-file": "use --input-format binary -d @FILE",
    "B": "use --input-format binary -d @FILE",
    "metadata": "use -H 'key: value', once for each header",
    "m": "use -H 'key: value', once for each header",
    "metadata-file": "use -H @FILE, with one 'key: value' a line",
    "M": "use -H @FILE, with one 'key: value' a line",
    "reflect-metadata": "use --reflect-header 'key: value'",
    "enable-compression": "use --compression gzip",
    "e": "use --compression gzip",
    "stream-interval": "use rpcx stream … --send-delay DURATION",
    "stream-call-duration": "use rpcx stream … -z DURATION",
    "stream-call-count": "use rpcx stream … -n MESSAGES, or --max-responses N",
    "stream-dynamic-messages": "leave it out: every message of a stream is its own document",
    "disable-template-functions": "leave it out: templates are off unless --template turns them on",
    "disable-template-data": "leave it out: templates are off unless --template turns them on",
    "lb-strategy": "use --service-config FILE",
    "cpus": "use --processes N",
    "name": "leave it out: a report says what was called where and when",
    "tags": "leave it out: a report says what was called where and when",
    "O": "use -o summary or -o json for what is printed, --report run.html for files",
}  # fmt: skip
"""Options of grpcurl and ghz without a twin here, each with the end of the error."""

_ASKING: Final = ("list", "describe")


def in_order(arguments: Sequence[str], commands: Collection[str]) -> list[str]:
    """Return the arguments with the command first, also for `HOST list` and `help COMMAND`.

    Args:
        arguments: Of the process, without its name.
        commands: The names of the commands.

    Raises:
        UsageError: The command is missing or comes late, and it is clear which one is meant.
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


def spelt(arguments: Sequence[str], options: Sequence[Option]) -> list[str]:
    """Return the arguments with rpcx's own names of options.

    Args:
        arguments: Of the process, without its name.
        options: Those of the command that is named, and those that come before a command.

    Raises:
        UsageError: One is a long option with one dash, or one that rpcx does not have.
    """
    declared = {name for option in options for name in option.names} | {"--help", "-h"}
    foreign = _foreign(options)
    made = [*arguments]
    for at in _positions(arguments, options):
        word, equals, value = arguments[at].partition("=")
        name = word.lstrip("-")
        one_dash = not word.startswith("--")
        if word in declared or (
            one_dash and len(name) == 1 and name not in foreign and name not in OTHERWISE
        ):
            continue
        if one_dash and f"--{name}" in declared:
            raise UsageError(f"-{name} has one dash too few; write --{name}")
        if name in foreign:
            ours = foreign[name]
            is_file = name in ours.also_file
            made[at] = ours.name + equals + ("@" if value and is_file else "") + value
            if is_file and not equals and at + 1 < len(made):
                made[at + 1] = f"@{made[at + 1]}"
        elif name in OTHERWISE:
            raise UsageError(f"{word} is not an option of rpcx; {OTHERWISE[name]}")
        elif one_dash and word[:2] not in declared:
            raise UsageError(
                f"{printable(word)} is not an option; see rpcx {printable(arguments[0])} --help"
            )
    return made


def _foreign(options: Sequence[Option]) -> dict[str, Option]:
    """Return the options by their names in grpcurl and ghz."""
    return {name: option for option in options for name in (*option.also, *option.also_file)}


def _positions(arguments: Sequence[str], options: Sequence[Option]) -> Iterator[int]:
    """Yield the positions of options: not those of values, nor of what follows `--`."""
    foreign = _foreign(options)
    takes_value = {name for option in options if option.takes_value for name in option.names}
    is_value = False
    for at, argument in enumerate(arguments):
        if argument == "--":
            return
        if is_value:
            is_value = False
            continue
        ours = foreign.get(argument.lstrip("-")) if argument.startswith("-") else None
        is_value = argument in takes_value or (ours is not None and ours.takes_value)
        if len(argument) > 1 and argument[0] == "-":
            yield at


def retyped(
    arguments: Sequence[str], own: Sequence[Option], command: str, other: Sequence[Option]
) -> str:
    """Return the same command line for another command, ready to paste.

    Args:
        arguments: As `spelt` returned them.
        own: The options of the command that they name.
        command: The other command.
        other: Its options; others are left out of the result.
    """
    known = {name for option in other for name in option.names}
    values = {name for option in own if option.takes_value for name in option.names}
    kept, dropped = [command], set[int]()
    for at in _positions(arguments, own):
        name = arguments[at].partition("=")[0]
        short = name[:2] if not name.startswith("--") else name
        if short not in known:
            dropped |= {at, at + 1} if name in values and "=" not in arguments[at] else {at}
    kept += [word for at, word in enumerate(arguments[1:], 1) if at not in dropped]
    return shlex.join(["rpcx", *map(printable, kept)])
