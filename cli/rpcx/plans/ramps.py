"""A rate, or a number of slots, that changes while a run goes on."""

from __future__ import annotations

import itertools
import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

from rpcx.errors import UsageError
from rpcx.words.durations import parse_duration
from rpcx.words.printable import printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

RATE: Final = "rps"
CONCURRENCY: Final = "concurrency"

_QUANTITIES: Final = {"rps": RATE, "r": RATE, "concurrency": CONCURRENCY, "c": CONCURRENCY}
_RAMP = re.compile(r"(\w+)=([^/]+)/(.+)")
_NUMBER = re.compile(r"\d+(?:\.\d+)?")
_LIKE: Final = "write rps=100..1000/30s for a line, or concurrency=1,2,4/10s for steps"


class Leg(NamedTuple):
    """A straight part of a ramp; a step where both values are the same.

    Attributes:
        start: The value at its beginning.
        end: The value at its end.
        length_s: Its length in seconds, above 0.
    """

    start: float
    end: float
    length_s: float

    @property
    def area(self) -> float:
        """The values added up over time: for a rate, the calls that become due."""
        return (self.start + self.end) / 2 * self.length_s


@dataclass(frozen=True, slots=True)
class Ramp:
    """Legs one after the other; after the last its end value holds.

    Attributes:
        quantity: `RATE` or `CONCURRENCY`.
        legs: One or more.
    """

    quantity: str
    legs: tuple[Leg, ...]

    @property
    def length_s(self) -> float:
        """How long the legs take together, in seconds."""
        return sum(leg.length_s for leg in self.legs)

    @property
    def highest(self) -> float:
        """The highest value at any time."""
        return max(max(leg.start, leg.end) for leg in self.legs)

    @property
    def first(self) -> float:
        """The first value that is not 0."""
        return next(value for leg in self.legs for value in leg[:2] if value)

    @property
    def last(self) -> float:
        """The value that holds once the legs are over."""
        return self.legs[-1].end

    def beginnings(self) -> Iterator[tuple[float, float, Leg]]:
        """Each leg, with the seconds and with the area that lie before it."""
        seconds = area = 0.0
        for leg in self.legs:
            yield seconds, area, leg
            seconds += leg.length_s
            area += leg.area

    def whole_values(self) -> Iterator[tuple[float, int]]:
        """Each change of the value, rounded to whole numbers, with its second."""
        before = None
        for seconds, _, leg in self.beginnings():
            for value, at in _crossings(leg):
                if value != before:
                    yield seconds + at, value
                    before = value


def _crossings(leg: Leg) -> Iterator[tuple[int, float]]:
    """The whole numbers that a leg is nearest to, each with the second from which on."""
    first, last = round(leg.start), round(leg.end)
    yield first, 0.0
    up = 1 if last > first else -1
    for value in range(first + up, last + up, up) if last != first else ():
        part = (value - up / 2 - leg.start) / (leg.end - leg.start)
        yield value, min(max(part, 0.0), 1.0) * leg.length_s


def parse_ramps(texts: Iterable[str]) -> Ramp | None:
    """The ramp that one or more `--ramp` make, one after the other; None for none.

    Args:
        texts: Each `QUANTITY=VALUES/DURATION`: `A..B` is a line that takes the duration,
            `A,B,C` are steps that take it each.

    Raises:
        UsageError: One of them is no ramp, or they are not of one quantity.
    """
    parsed = [_parse(text) for text in texts]
    if not parsed:
        return None
    quantities = {quantity for quantity, _ in parsed}
    if len(quantities) > 1:
        raise UsageError("--ramp of rps and of concurrency exclude each other: ramp one of them")
    ramp = Ramp(quantities.pop(), tuple(itertools.chain.from_iterable(legs for _, legs in parsed)))
    if not ramp.highest:
        raise UsageError(f"--ramp never rises above 0; {_LIKE}")
    return ramp


def _parse(text: str) -> tuple[str, list[Leg]]:
    match = _RAMP.fullmatch(text.strip())
    if match is None:
        raise UsageError(f"--ramp {printable(text)!r} is no ramp; {_LIKE}")
    name, values, length = match.groups()
    quantity = _QUANTITIES.get(name)
    if quantity is None:
        raise UsageError(f"--ramp {printable(text)!r} ramps neither rps nor concurrency; {_LIKE}")
    length_s = parse_duration(length, f"--ramp {printable(text)!r}")
    if not length_s > 0:
        raise UsageError(f"--ramp {printable(text)!r} takes no time; {_LIKE}")
    start, line, end = values.partition("..")
    if line:
        legs = [Leg(_value(start, text, quantity), _value(end, text, quantity), length_s)]
    else:
        steps = [_value(step, text, quantity) for step in values.split(",")]
        legs = [Leg(step, step, length_s) for step in steps]
    return quantity, legs


def _value(number: str, text: str, quantity: str) -> float:
    stripped = number.strip()
    if not _NUMBER.fullmatch(stripped) or not math.isfinite(float(stripped)):
        raise UsageError(f"--ramp {printable(text)!r}: {printable(number)!r} is no number; {_LIKE}")
    value = float(stripped)
    if quantity == CONCURRENCY and not value.is_integer():
        raise UsageError(f"--ramp {printable(text)!r}: {stripped} calls can't be in flight")
    return value
