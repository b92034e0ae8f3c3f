"""The requests of a run: documents of each method, mixed, shared out, filled in.

documents of a method ─▶ with their rows ─┐
documents of a method ─▶ with their rows ─┴─▶ Mix ─▶ Shared ─▶ Filled ─▶ an engine
"""

from __future__ import annotations

import contextlib
import threading
from typing import TYPE_CHECKING, NamedTuple, Self

from rpcx.engine.calls.mix import Mix, Shared
from rpcx.engine.source import Dry, OneMethod, Request
from rpcx.runs.requests.arriving import ArrivingDocuments

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from rpcx.engine.calls.share import Share
    from rpcx.engine.source import RequestSource
    from rpcx.runs.requests.filling import Filling
    from rpcx.runs.requests.stored import DocumentSource


class MethodData(NamedTuple):
    """The source of one method's requests.

    Attributes:
        weight: The method's share of the calls.
        open: Opens its messages; called once for each engine, unless they arrive.
        filling: Their templates; None if there are none.
    """

    weight: int
    open: Callable[[], DocumentSource]
    filling: Filling | None = None


class Requests:
    """Opens the sources of each engine's requests; a context that closes them.

    Args:
        methods: The data of each method, in the plan's order.
    """

    def __init__(self, methods: Sequence[MethodData]) -> None:
        self._methods = methods
        self._opened = contextlib.ExitStack()
        self.arriving = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._opened.close()

    def open(self, shares: Sequence[Share]) -> list[RequestSource]:
        """Return a source for each of these shares of the run.

        Standard input and pipes cannot be read twice: then all engines take from one source,
        each the next request.

        Raises:
            DataError: There is no such file, or it cannot be read.
        """
        first = self._sequence()
        sources: list[RequestSource]
        if self.arriving and len(shares) > 1:
            sources = list(_Turnstile(first).entrances(len(shares)))
        else:
            sequences = [first, *[self._sequence() for _ in shares[1:]]]
            sources = [
                source if share.count == 1 else Shared(source, share)
                for source, share in zip(sequences, shares, strict=True)
            ]
        fillings = [method.filling for method in self._methods]
        if not any(fillings):
            return sources
        from rpcx.runs.requests.filling import Filled

        return [
            Filled(source, fillings, share) for source, share in zip(sources, shares, strict=True)
        ]

    def _sequence(self) -> RequestSource:
        """Open the requests of all methods."""
        sources: list[RequestSource] = []
        for index, method in enumerate(self._methods):
            source = method.open()
            self._opened.callback(source.close)
            self.arriving = self.arriving or isinstance(source, ArrivingDocuments)
            one: RequestSource = OneMethod(source, index)
            if method.filling is not None:
                one = method.filling.with_rows(one, self._opened)
            sources.append(one)
        if len(sources) == 1:
            return sources[0]
        return Mix(sources, [method.weight for method in self._methods])


class _Turnstile:
    """Lets several engines take from one source, one at a time.

    Args:
        source: The source.
    """

    def __init__(self, source: RequestSource) -> None:
        self._source = source
        self._lock = threading.Lock()
        self._wakes: list[Callable[[], None]] = []
        source.on_arrival(self._wake)

    def entrances(self, count: int) -> list[_Entrance]:
        """Return that many sources."""
        return [_Entrance(self) for _ in range(count)]

    def take(self) -> Request | Dry:
        """As the source."""
        with self._lock:
            return self._source.take()

    def skip(self) -> int | Dry:
        """As the source."""
        with self._lock:
            return self._source.skip()

    def on_arrival(self, wake: Callable[[], None]) -> None:
        """Have `wake` called too."""
        self._wakes.append(wake)
        wake()

    def _wake(self) -> None:
        for wake in self._wakes:
            wake()


class _Entrance:
    """One engine's view of a shared source."""

    def __init__(self, turnstile: _Turnstile) -> None:
        self.take = turnstile.take
        self.skip = turnstile.skip
        self.on_arrival = turnstile.on_arrival
