"""What somebody probably meant: the nearest of the names there are."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

from rpcx.words.printable import printable

if TYPE_CHECKING:
    from collections.abc import Iterable

_NEAREST, _LISTED = 3, 12  # names that a sentence shows
_ALIKE = 0.6  # difflib's own default


def nearest(name: str, names: Iterable[str]) -> list[str]:
    """Return at most three of `names` that `name` may have been meant for, the nearest first.

    Of names that are as near, the one with fewer parts comes first.
    Case does not count, and neither does a package: `greeter` is near `helloworld.Greeter`.
    """
    wanted = name.lower()
    last = _last(wanted)
    scored = []
    for candidate in set(names):
        lower = candidate.lower()
        score = max(_likeness(wanted, lower), _likeness(last, _last(lower)))
        if score >= _ALIKE:
            scored.append((-score, candidate.count("."), candidate))
    return [candidate for _, _, candidate in sorted(scored)[:_NEAREST]]


def alternatives(name: str, names: Iterable[str], kind: str) -> str:
    """Return how a sentence goes on that said there is no `name`.

    Args:
        name: What was asked for.
        names: What there is, in its own order.
        kind: What those are, in the plural, as in `fields`.
    """
    known = list(names)
    if not known:
        return f"; it has no {kind}"
    near = nearest(name, known)
    question = f"; did you mean {' or '.join(map(printable, near))}? Its" if near else "; its"
    if len(known) == 1:
        return f"{question} only {kind.removesuffix('s')} is {printable(known[0])}"
    return f"{question} {kind} are {listed(known)}"


def listed(names: Iterable[str], limit: int = _LISTED) -> str:
    """Return `names` for a sentence, in their own order; beyond `limit` only their number."""
    shown = [printable(name) for name in names]
    if not shown:
        return "none"
    more = len(shown) - limit
    return ", ".join(shown[:limit]) + (f" and {more:,} more" if more > 0 else "")


def _last(name: str) -> str:
    return name.replace("/", ".").rpartition(".")[2]


def _likeness(one: str, other: str) -> float:
    """Return how alike two names are, from 0 to 1; 0 when that is sure to be too little."""
    matcher = difflib.SequenceMatcher(None, one, other)
    if matcher.real_quick_ratio() < _ALIKE or matcher.quick_ratio() < _ALIKE:
        return 0.0
    return matcher.ratio()
