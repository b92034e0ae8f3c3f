"""The requests of several methods as one sequence, and one share of a sequence."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, TypeVar

from rpcx.engine.source import Dry

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from rpcx.engine.calls.share import Share
    from rpcx.engine.source import Request, RequestSource

T = TypeVar("T")


def turns(weights: Sequence[int]) -> Iterator[int]:
    """Yield whose turn it is, for ever: each as often as its weight says, evenly spread.

    It is nginx's smooth weighted round robin: 5, 1, 1 make a a b a c a a, and so on again.

    Args:
        weights: Whole numbers above 0.
    """
    return itertools.cycle(_round(weights))


def _round(weights: Sequence[int]) -> Iterator[int]:
    total = sum(weights)
    current = [0] * len(weights)
    for _ in range(total):
        for index, weight in enumerate(weights):
            current[index] += weight
        chosen = max(range(len(weights)), key=current.__getitem__)
        current[chosen] -= total
        yield chosen


class Mix:
    """Requests of several methods, in the proportion of their weights.

    A method whose data has ended leaves its turns to the others. The mix ends with the last.

    Args:
        sources: The requests of each method, in the plan's order.
        weights: Their weights.
    """

    def __init__(self, sources: Sequence[RequestSource], weights: Sequence[int]) -> None:
        self._sources = sources
        self._takes = [source.take for source in sources]
        self._skips = [source.skip for source in sources]
        self._turns = turns(weights)
        self._held: int | None = None  # its turn is not over until its data has come
        self._going_on = [True] * len(sources)

    def take(self) -> Request | Dry:
        """Return the next request, of the method whose turn it is; NOT_YET while it waits.

        Raises:
            DataError: As its source.
        """
        return self._turn(self._takes)

    def skip(self) -> int | Dry:
        """Pass over the next request.

        Raises:
            DataError: As its source.
        """
        return self._turn(self._skips)

    def on_arrival(self, wake: Callable[[], None]) -> None:
        """Have `wake` called when a message arrives after a NOT_YET."""
        for source in self._sources:
            source.on_arrival(wake)

    def _turn(self, ways: Sequence[Callable[[], T | Dry]]) -> T | Dry:
        """Return what the method whose turn it is yields."""
        going_on = self._going_on
        while True:
            turn = next(self._turns) if self._held is None else self._held
            if not going_on[turn]:
                if not any(going_on):
                    return Dry.END
                continue
            found = ways[turn]()
            if found is Dry.NOT_YET:
                self._held = turn
                return found
            self._held = None
            if found is not Dry.END:
                return found
            going_on[turn] = False


class Shared:
    """Every nth request of a sequence: those whose numbers are in a share.

    Args:
        source: The whole sequence, for this share alone.
        share: Which of its requests.
    """

    def __init__(self, source: RequestSource, share: Share) -> None:
        self._source = source
        self._between = share.count - 1
        self._to_skip = share.index
        self.on_arrival = source.on_arrival

    def take(self) -> Request | Dry:
        """Return the next request of this share.

        Raises:
            DataError: As the source.
        """
        dry = self._pass_others()
        if dry is not None:
            return dry
        request = self._source.take()
        if not isinstance(request, Dry):
            self._to_skip = self._between
        return request

    def skip(self) -> int | Dry:
        """Pass over the next request of this share.

        Raises:
            DataError: As the source.
        """
        dry = self._pass_others()
        if dry is not None:
            return dry
        method = self._source.skip()
        if not isinstance(method, Dry):
            self._to_skip = self._between
        return method

    def _pass_others(self) -> Dry | None:
        while self._to_skip:
            passed = self._source.skip()
            if isinstance(passed, Dry):
                return passed
            self._to_skip -= 1
        return None
