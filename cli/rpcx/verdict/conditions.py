"""`--fail-if`: conditions on the numbers of a summary.

    CONDITION = NAME OPERATOR VALUE [UNIT]          p99.9 >= 20ms
    NAME      = a number's path in the JSON, its keys joined by dots
              | methods.METHOD.NAME                 the same number of one method
              | p50, p99.9, ..., min, mean, max     latency of OK calls
              | errors                              (failed + cancelled) ÷ all that ended
    OPERATOR  = > >= < <= == !=
    UNIT      = h m s ms us (times), % (shares), kB MB GB KiB MiB GiB (sizes)

A condition on a number that was not measured is met: nothing shows that the limit is kept.
"""

from __future__ import annotations

import math
import operator
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from rpcx.errors import UsageError
from rpcx.results import Status
from rpcx.stats.shares import errors_share
from rpcx.stats.units import SHARE
from rpcx.stats.units import unit as unit_of
from rpcx.words.durations import parse_duration
from rpcx.words.printable import printable
from rpcx.words.sizes import UNITS
from rpcx.words.suggestions import alternatives

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

_FORM: Final = re.compile(r"\s*([^\s<>=!]+)\s*(>=|<=|==|!=|>|<|=)\s*(.*?)\s*")
_OPERATORS: Final[dict[str, Callable[[float, float], bool]]] = {
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
    "==": operator.eq,
    "!=": operator.ne,
}
_NUMBER: Final = re.compile(r"(\d+(?:\.\d*)?|\.\d+)\s*(\D*)")
_PERCENTILE: Final = re.compile(r"(?:.*_ms\.)?p(\d{1,2}(?:\.\d+)?|100)")
_LATENCY: Final = "latency_ms"
_ALIASES: Final = ("min", "mean", "max")
_STATUSES: Final = frozenset(Status.__members__)
_SECONDS: Final = {"ms": 1e-3, "s": 1.0}
"""Seconds of the units that numbers of times have."""


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition.

    Attributes:
        text: As typed.
        name: Which number, as typed.
        compare: Whether the condition is met by a value and the limit.
        limit: In the unit of the number in the JSON.
        problem: What is wrong with the limit as typed; empty if nothing is. It is reported only if
            there is such a number.
    """

    text: str
    name: str
    compare: Callable[[float, float], bool]
    limit: float
    problem: str = ""

    @property
    def percent(self) -> float | None:
        """The percentile that it needs; None if it needs none."""
        found = _PERCENTILE.fullmatch(_of_method(self.name) or self.name)
        return float(found[1]) if found else None

    @property
    def names_method(self) -> bool:
        """Whether it is about one method: methods are known only after reflection."""
        return self.name.startswith("methods.")

    @property
    def speaks_of_errors(self) -> bool:
        """Whether it says which failures count: then no other failure does."""
        return self._number in ("errors", "calls.failed") or "statuses." in f"{self._number}."

    @property
    def speaks_of_unanswered(self) -> bool:
        """Whether it also counts calls that were left unanswered."""
        return self._number in ("errors", "calls.cancelled")

    @property
    def _number(self) -> str:
        return _of_method(self.name) or self.name

    def check(self, summary: dict[str, Any]) -> None:
        """Check that a summary of this form has such a number, measured or not.

        Raises:
            UsageError: It does not.
        """
        try:
            value = _value(summary, self.name)
        except KeyError:
            of_calls = ["errors", *summary[_LATENCY]] if _LATENCY in summary else []
            known = [*of_calls, *_names(summary)]
            raise UsageError(
                f"--fail-if {printable(self.text)!r}: there is no number {printable(self.name)!r}"
                f"{alternatives(self.name, known, 'numbers')}"
            ) from None
        if value is not None and (isinstance(value, bool) or not isinstance(value, int | float)):
            raise UsageError(
                f"--fail-if {printable(self.text)!r}: {printable(self.name)!r} is not a number;"
                " name one, such as p99, errors or calls.failed"
            )
        if self.problem:
            raise UsageError(f"--fail-if {printable(self.text)!r}: {self.problem}")

    def result(self, summary: dict[str, Any]) -> dict[str, Any]:
        """Return the condition, the value of its number, and whether it is met."""
        try:
            value = _value(summary, self.name)
        except KeyError:  # a method or a status that did not occur
            value = None
        met = value is None or self.compare(value, self.limit)
        return {"condition": self.text, "value": value, "met": met}


def parse_condition(text: str) -> Condition:
    """Read one `--fail-if`.

    Raises:
        UsageError: It does not follow the grammar above. `Condition.check` checks the number.
    """
    found = _FORM.fullmatch(text)
    if not found or not found[3]:
        raise UsageError(
            f"--fail-if {printable(text)!r} is not a condition; write one such as 'p99>50ms',"
            " 'errors>1%' or 'calls.failed>0'"
        )
    name, sign, value = found.groups()
    if sign not in _OPERATORS:
        raise UsageError(f"--fail-if {printable(text)!r}: write == instead of =")
    try:
        return Condition(text.strip(), name, _OPERATORS[sign], _limit(name, value))
    except UsageError as error:
        return Condition(text.strip(), name, _OPERATORS[sign], math.nan, str(error))


def percents(conditions: Iterable[Condition], asked: Sequence[float]) -> list[float]:
    """Return the percentiles asked for and those that conditions need, in order."""
    needed = [one.percent for one in conditions if one.percent is not None]
    return sorted({*asked, *needed})


def _limit(name: str, value: str) -> float:
    rest, kind = _of_method(name) or name, unit_of(name)
    if _is_latency_alias(rest):
        if value.replace(".", "", 1).isdigit() and float(value):
            raise UsageError(f"{value} of what? Write {value}ms or {value}s")
        return parse_duration(value) / _SECONDS["ms"]
    found = _NUMBER.fullmatch(value)
    if not found:
        raise UsageError(f"{printable(value)!r} is not a number")
    number, unit = float(found[1]), found[2].strip()
    if kind == SHARE:
        return _share(rest, number, unit)
    if not unit or unit == kind:
        return number
    if kind in _SECONDS:
        return parse_duration(value) / _SECONDS[kind]
    if kind == "bytes":
        if unit.lower() not in UNITS:
            raise UsageError(
                f"{printable(unit)!r} is not a unit of sizes; use one of K, M, G, KB, MB, GB, KiB,"
                " MiB, GiB"
            )
        return number * UNITS[unit.lower()]
    raise UsageError(
        f"{printable(name)!r} has no unit {printable(unit)!r}; counts and rates take a bare number,"
        " and times are p99, max or a path such as service_ms.p50"
    )


def _share(name: str, number: float, unit: str) -> float:
    if unit == "%":
        return number / 100
    if unit or (name == "errors" and number):
        raise UsageError(
            f"{number:g}{unit} is not a share; write {number:g}% (calls.failed is their number)"
        )
    return number


def _is_latency_alias(name: str) -> bool:
    return name in _ALIASES or (name.startswith("p") and _PERCENTILE.fullmatch(name) is not None)


def _of_method(name: str) -> str | None:
    """Return what follows `methods.package.Service/Method.`; None for other names."""
    if not name.startswith("methods."):
        return None
    return name.partition("/")[2].partition(".")[2]


def _value(summary: dict[str, Any], name: str) -> Any:
    """Return the value of a name.

    Raises:
        KeyError: There is no such number.
    """
    scope, rest = summary, name
    if name.startswith("methods."):
        for method in summary["methods"]:
            if name.startswith(f"methods.{method}."):
                scope, rest = summary["methods"][method], name[len(f"methods.{method}.") :]
    if rest == "errors":
        calls = scope["calls"]
        return errors_share(calls["ok"], calls["failed"], calls["cancelled"])
    if _is_latency_alias(rest):
        return _descend(scope[_LATENCY], rest)
    for by_status, absent in (("statuses.", 0), ("status_latency_ms.", None)):
        status, _, below = rest.removeprefix(by_status).partition(".")
        if rest.startswith(by_status) and status in _STATUSES:
            if absent is None:
                _descend(scope[_LATENCY], below)
            return _descend(scope, rest) if status in scope[by_status[:-1]] else absent
    return _descend(scope, rest)


def _descend(node: Any, path: str) -> Any:
    if isinstance(node, dict):
        if path in node:
            return node[path]
        for key in node:
            if path.startswith(f"{key}."):
                return _descend(node[key], path[len(key) + 1 :])
    raise KeyError(path)


def _names(node: dict[str, Any], prefix: str = "") -> Iterator[str]:
    """Yield the paths of all numbers."""
    for key, value in node.items():
        if isinstance(value, dict):
            yield from _names(value, f"{prefix}{key}.")
        elif value is None or (isinstance(value, int | float) and not isinstance(value, bool)):
            yield prefix + key
