"""routeguide.RouteGuide."""

from __future__ import annotations

import collections
import math
import time
from typing import TYPE_CHECKING, Any

from rpcx.demo.services.features import FEATURES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rpcx.demo.messages import Messages

NAME = "routeguide.RouteGuide"

EARTH_RADIUS_M = 6_371_000
DEGREE = 10_000_000

PLACES_KEPT = 256
NOTES_KEPT = 64
LONGEST_NOTE_KEPT = 1024
"""Notes of so many bytes, so many of them, at so many places, are kept: 16 MiB in all."""

_INT32_MAX = 2**31 - 1
_NAMES = {(latitude, longitude): name for latitude, longitude, name in FEATURES}


def methods(messages: Messages) -> dict[str, Callable[..., Any]]:
    """The route guide's methods by name."""
    feature = messages.type("routeguide.Feature")
    summary = messages.type("routeguide.RouteSummary")
    board = NoteBoard()

    def get_feature(point: Any) -> Any:
        return feature(name=_NAMES.get((point.latitude, point.longitude), ""), location=point)

    def list_features(rectangle: Any, _copies: int) -> Iterator[Any]:
        lo, hi = rectangle.lo, rectangle.hi
        south, north = sorted((lo.latitude, hi.latitude))
        west, east = sorted((lo.longitude, hi.longitude))
        for latitude, longitude, name in FEATURES:
            if south <= latitude <= north and west <= longitude <= east:
                yield feature(name=name, location={"latitude": latitude, "longitude": longitude})

    def record_route() -> Route:
        return Route(summary)

    return {
        "GetFeature": get_feature,
        "ListFeatures": list_features,
        "RecordRoute": record_route,
        "RouteChat": board.leave,
    }


class Route:
    """Sums up the points of one route; its clock runs from the start of the call."""

    def __init__(self, summary: Callable[..., Any]) -> None:
        self._summary = summary
        self._started = time.monotonic()
        self._last: tuple[int, int] | None = None
        self._points = 0
        self._features = 0
        self._metres = 0.0

    def add(self, point: Any) -> None:
        """Take the next point."""
        here = (point.latitude, point.longitude)
        self._points += 1
        self._features += here in _NAMES
        if self._last is not None:
            self._metres += distance_m(self._last, here)
        self._last = here

    def result(self) -> Any:
        """The summary of the route so far."""
        return self._summary(
            point_count=self._points,
            feature_count=self._features,
            distance=min(int(self._metres), _INT32_MAX),
            elapsed_time=int(time.monotonic() - self._started),
        )


class NoteBoard:
    """The notes that all calls of RouteChat leave for one another, the newest of them."""

    def __init__(self) -> None:
        self._places: collections.OrderedDict[tuple[int, int], collections.deque[Any]] = (
            collections.OrderedDict()
        )

    def leave(self, note: Any) -> list[Any]:
        """Leave a note; returns those at its place, the oldest first, itself the last."""
        here = (note.location.latitude, note.location.longitude)
        notes = self._places.setdefault(here, collections.deque(maxlen=NOTES_KEPT))
        self._places.move_to_end(here)
        if len(self._places) > PLACES_KEPT:
            self._places.popitem(last=False)
        if note.ByteSize() > LONGEST_NOTE_KEPT:
            return [*notes, note]
        notes.append(note)
        return list(notes)


def distance_m(a: tuple[int, int], b: tuple[int, int]) -> float:
    """The great-circle distance in metres between two points, by the haversine formula.

    Args:
        a: Latitude and longitude in degrees times ten million.
        b: The other point, likewise.
    """
    latitude_a, longitude_a = (math.radians(part / DEGREE) for part in a)
    latitude_b, longitude_b = (math.radians(part / DEGREE) for part in b)
    half_chord_squared = (
        math.sin((latitude_b - latitude_a) / 2) ** 2
        + math.cos(latitude_a)
        * math.cos(latitude_b)
        * math.sin((longitude_b - longitude_a) / 2) ** 2
    )
    return 2 * EARTH_RADIUS_M * math.asin(min(1.0, math.sqrt(max(0.0, half_chord_squared))))
