"""Go's `-plaintext`, found before the parser takes it for `-p -l -a …`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from rpcx.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

# What grpcurl and ghz call otherwise.
_RENAMED: Final = {
    "rpc-header": "--header", "max-time": "--timeout", "format": "--input-format",
    "unix": "unix:/path", "max-msg-sz": "--max-message-size",
}  # fmt: skip


def check_single_dash(arguments: Sequence[str], group: Any) -> None:
    """Refuse a long option that is written with one dash.

    Args:
        arguments: Of the process, without its name.
        group: The commands, as the parser has them; the command that is named says which
            options there are.

    Raises:
        UsageError: There is one; the sentence says how it is written here.
    """
    named = [group.commands[word] for word in arguments[:1] if word in group.commands]
    options = [option for command in (group, *named) for option in command.params]
    long_names = {"help"} | {
        name[2:] for option in options for name in option.opts if name.startswith("--")
    }
    takes_value = {
        name
        for option in options
        for name in option.opts
        if name.startswith("-") and not (option.is_flag or option.count)
    }
    is_value = False
    for argument in arguments:
        if argument == "--":
            return
        if is_value:
            is_value = False
            continue
        is_value = argument in takes_value
        if len(argument) > 2 and argument[0] == "-" and argument[1] != "-":  # noqa: PLR2004 -- "-x" is a short option
            name = argument[1:].partition("=")[0]
            if name in long_names or name in _RENAMED:
                spelling = _RENAMED.get(name, f"--{name}")
                raise UsageError(f"-{name} has one dash too few; rpcx writes it {spelling}")
