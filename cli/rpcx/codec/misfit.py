"""Why a value does not fit its field, and where that field is."""

from __future__ import annotations

from typing import Any

from rpcx.text import printable, quoted

_SHOWN = 60  # characters of an offending value that a sentence quotes


class Misfit(Exception):  # noqa: N818 - it is the finding, DataError is the error made of it
    """A JSON value that does not fit; every level it unwinds through adds its step to the path.

    Attributes:
        problem: What was expected and what was found, or which name is unknown.
        path: Steps from the message down to the value, as in `a.b[2]["key"]`.
    """

    def __init__(self, problem: str) -> None:
        super().__init__(problem)
        self.problem = problem
        self.path = ""

    def within(self, step: str) -> Misfit:
        """Return itself with `step` put before the path."""
        joint = "." if self.path and not self.path.startswith("[") else ""
        self.path = step + joint + self.path
        return self

    def within_key(self, key: object) -> Misfit:
        """Return itself, one element (an index or a map's key) further from the value."""
        return self.within(f"[{key}]" if isinstance(key, int) else f"[{quoted(str(key), _SHOWN)}]")

    def sentence(self) -> str:
        """Return the problem with the path of the field it is about."""
        return f"field {printable(self.path)}: {self.problem}" if self.path else self.problem


def found(value: Any) -> str:
    """Return the words for a JSON value that is not what was expected."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return f"the string {quoted(value, _SHOWN)}"
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, list):
        return "an array"
    return f"the number {printable(str(value), _SHOWN)}"


def wrong(expected: str, value: Any) -> Misfit:
    """Return the finding that `expected` was not what stood there."""
    return Misfit(f"expected {expected}, found {found(value)}")
