"""TARGET and the name after it, as people type them: in one word, or in the other order."""

from __future__ import annotations

import re
from typing import Final

from rpcx.errors import UsageError
from rpcx.words.printable import printable

_ONE_WORD: Final = re.compile(r"((?:https?://)?(?:[^/\s]*:\d+|demo(?:\?[^/\s]*)?))/(\S+)")
_TARGET: Final = re.compile(r"demo(\?.*)?|:?\d+|[^/]*:\d+|[a-z][a-z-]*:.*", re.DOTALL)


def target_and_name(command: str, target: str, name: str | None) -> tuple[str, str | None]:
    """Return TARGET and the name of a method, symbol or service.

    `host:port/pkg.S/M` is both in one word, if no name follows.

    Args:
        command: The command, for a sentence.
        target: The first word after the command.
        name: The second word; None if there is none.

    Raises:
        UsageError: They are in the other order.
    """
    if name is None:
        together = _ONE_WORD.fullmatch(target)
        return (together[1], together[2]) if together else (target, None)
    if _TARGET.fullmatch(name) and not _TARGET.fullmatch(target):
        raise UsageError(
            f"TARGET comes first: rpcx {command} {printable(name)} {printable(target)}"
        )
    return target, name


def required(command: str, name: str | None, what: str) -> str:
    """Return a name that has to be there.

    Raises:
        UsageError: It is not.
    """
    if name is None:
        raise UsageError(f"{what} is missing: rpcx {command} TARGET {what}; see rpcx list TARGET")
    return name
