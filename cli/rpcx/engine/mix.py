"""The requests of several methods as one sequence, and the part of it that one share sends."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rpcx.engine.source import Dry

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from rpcx.engine.share import Share
    from rpcx.engine.source import Request, RequestSource


def turns(weights: Sequence[int]) -> Iterator[int]:
    """Whose turn it is, for ever: each as often as its weight says, as evenly as can be.

    It is nginx's smooth weighted round robin: 5, 1, 1 make a a b a c a a.

    Args:
        weights: Whole numbers above 0.
    """
    total = sum(weights)
    current = [0] * len(weights)
    while True:
        for index, weight in enumerate(weights):
            current[index] += weight
        chosen = max(range(len(weights)), key=current.__getitem__)
        current[chosen] -= total
        yield chosen


class Mix:
    """Requests of several methods, in the proportion of their weights.

    A method whose data has ended leaves its turns to the others; where all have, so has it.

    Args:
        sources: The requests of each method, in the plan's order.
        weights: Their weights.
    """

    def __init__(self, sources: Sequence[RequestSource], weights: Sequence[int]) -> None:
        self._sources = sources
        self._turns = turns(weights)
        self._turn: int | None = None
        self._ended: set[int] = set()

    def take(self) -> Request | Dry:
        """The next request, of the method whose turn it is; NOT_YET while that one waits.

        Raises:
            DataError: As its source.
        """
        while (source := self._next()) is not None:
            request = source.take()
            if not self._spent(request):
                return request
        return Dry.END

    def skip(self) -> int | Dry:
        """Pass over the next request.

        Raises:
            DataError: As its source.
        """
        while (source := self._next()) is not None:
            method = source.skip()
            if not self._spent(method):
                return method
        return Dry.END

    def on_arrival(self, wake: Callable[[], None]) -> None:
        """Have `wake` called when something came after a NOT_YET."""
        for source in self._sources:
            source.on_arrival(wake)

    def _next(self) -> RequestSource | None:
        while self._turn is None:
            if len(self._ended) == len(self._sources):
                return None
            turn = next(self._turns)
            if turn not in self._ended:
                self._turn = turn
        return self._sources[self._turn]

    def _spent(self, found: Request | int | Dry) -> bool:
        """Whether the source of this turn has ended; the turn is over unless it waits."""
        if found is Dry.NOT_YET:
            return False
        if found is Dry.END and self._turn is not None:
            self._ended.add(self._turn)
        self._turn = None
        return found is Dry.END


class Shared:
    """Every so-many-th request of a sequence: those whose numbers are in a share.

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
        """The next request of this share.

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
