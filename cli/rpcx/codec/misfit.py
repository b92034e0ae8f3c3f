"""Why a value does not fit its field, and where that field is."""

from __future__ import annotations

from typing import Any

from rpcx.words.printable import printable, quoted

_SHOWN = 60  # characters of an offending value that a sentence quotes


class Misfit(Exception):  # noqa: N818 - it is the finding, DataError is the error made of it
    """A JSON value that does not fit; every level it unwinds through adds its step to the path.

    Attributes:
        problem: What was expected and what was found, or which name is unknown.
        key: The key that it is about, where it is not about the whole value.
    """

    def __init__(self, problem: str, key: str | None = None) -> None:
        super().__init__(problem)
        self.problem = problem
        self.key = key
        self._steps: list[tuple[str | int, str]] = []  # and as shown, from the value outwards

    @property
    def steps(self) -> list[str | int]:
        """Keys and indices, from the message down to the value."""
        return [step for step, _ in reversed(self._steps)]

    @property
    def path(self) -> str:
        """The same for people, as in `a.b[2]["key"]`."""
        path = ""
        for _, shown in reversed(self._steps):
            path += shown if not path or shown.startswith("[") else f".{shown}"
        return path

    def within(self, step: str) -> Misfit:
        """Return itself, one field further from the value."""
        self._steps.append((step, step))
        return self

    def within_key(self, key: str | int) -> Misfit:
        """Return itself, one element (an index or a map's key) further from the value."""
        shown = f"[{key}]" if isinstance(key, int) else f"[{quoted(key, _SHOWN)}]"
        self._steps.append((key, shown))
        return self

    def sentence(self) -> str:
        """Return the problem with the path of the field it is about."""
        path = self.path
        return f"field {printable(path)}: {self.problem}" if path else self.problem


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
