"""Names that are not there, and the nearest that are."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Final

from rpcx.text import printable

if TYPE_CHECKING:
    from collections.abc import Iterable

_MOST: Final = 8


def nearest(wanted: str, names: Iterable[str]) -> list[str]:
    """Names like the wanted one, the most alike first; a name that contains it is like it."""
    lower = {name.lower(): name for name in names}
    close = difflib.get_close_matches(wanted.lower(), lower, n=3, cutoff=0.6)
    tail = wanted.lower().rpartition(".")[2]
    close += [name for name in lower if name not in close and name.rpartition(".")[2] == tail]
    return [lower[name] for name in close]


def suggestion(wanted: str, names: Iterable[str], kind: str) -> str:
    """The half of a sentence that names what there is: `did you mean …` or all of them."""
    known = list(names)
    close = nearest(wanted, known)
    if close:
        return f"did you mean {' or '.join(map(printable, close[:3]))}?"
    if not known:
        return f"there are no {kind}"
    shown = ", ".join(map(printable, known[:_MOST]))
    more = f" and {len(known) - _MOST} more" if len(known) > _MOST else ""
    return f"there are {shown}{more}"


def split_method(name: str) -> tuple[str, str]:
    """`package.Service/Method` or `package.Service.Method`, in two; empty where it is neither."""
    name = name.removeprefix("/")
    service, slash, method = name.rpartition("/" if "/" in name else ".")
    return (service, method) if slash else ("", name)
