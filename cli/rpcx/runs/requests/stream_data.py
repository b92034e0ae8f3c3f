"""The sources of the messages of `rpcx stream`."""

from __future__ import annotations

import collections
import functools
from typing import TYPE_CHECKING, Final

from rpcx.engine.source import Single
from rpcx.engine.streams.tee import Branch, Tee
from rpcx.errors import UsageError
from rpcx.runs.requests.arriving import ArrivingDocuments
from rpcx.runs.requests.stored import open_data
from rpcx.words.printable import printable

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from rpcx.documents.json_documents import Document
    from rpcx.engine.source import Source
    from rpcx.plans.streams import StreamPlan
    from rpcx.runs.requests.reading import Reading
    from rpcx.runs.requests.stored import StoredDocuments

STDIN: Final = "@-"
_KEPT: Final = 4096
"""The most bytes of serialised messages that streams share."""


class StreamSources:
    """The messages of every sender of every stream.

    Each stream sends all the data. Its senders share a single `-d`; with one `-d` for each sender,
    each has its own.

    Args:
        data: The `-d` options; without any, standard input, or one empty message if the client
            side does not stream.
        plan: The streams.
        encode: Turns a document into a message.
        reading: How the data is written.
        typed: The descriptor of typed lines, in place of standard input.

    Raises:
        UsageError: The number of `-d` is neither, or two of them are standard input.
        DataError: A file does not exist or cannot be read.
    """

    def __init__(
        self,
        data: Sequence[str],
        plan: StreamPlan,
        encode: Callable[[Document], bytes],
        reading: Reading,
        typed: int | None = None,
    ) -> None:
        self._data = tuple(data) or (STDIN if plan.client_streams else reading.empty,)
        if plan.script:
            self._data = ()
        self._reading = reading
        self._typed = typed
        self._plan = plan
        check_data(self._data, plan)
        if plan.streams > 1:
            encode = functools.lru_cache(_KEPT)(encode)
        self._encode = encode
        self._opened: list[Callable[[], None]] = []
        self._branches = [self._open_for_all(one) for one in self._data]

    def of_stream(self, number: int) -> list[Source]:
        """Return a source for each sender of a stream."""
        plan = self._plan
        sources = [branches[number] for branches in self._branches]
        if not plan.client_streams:
            return [Single(sources[0])]
        return sources * plan.senders if len(sources) == 1 else sources

    def release(self, number: int) -> None:
        """Note that a stream has ended: the others need not wait for it."""
        for branches in self._branches:
            branch = branches[number]
            if isinstance(branch, Branch):
                branch.close()

    def close(self) -> None:
        """Close files and end threads."""
        while self._opened:
            self._opened.pop()()

    def _open_for_all(self, data: str) -> Sequence[Source]:
        """Open the sources of each stream."""
        first = self._open(data)
        streams = self._plan.streams
        if streams == 1:
            return (first,)
        if data.startswith("@"):
            # Do not open a file once for each stream; standard input can be read only once.
            return Tee(first).branches(streams)
        return [first, *(self._open(data) for _ in range(streams - 1))]

    def _open(self, data: str) -> Source:
        plan, required = self._plan, not self._plan.client_streams
        source: StoredDocuments | ArrivingDocuments
        if data == STDIN and self._typed is not None:
            source = ArrivingDocuments(
                self._typed, self._encode, required=required, reading=self._reading
            )
        else:
            source = open_data(
                data,
                self._encode,
                again=not required and (plan.total is not None or plan.duration_s is not None),
                required=required,
                reading=self._reading,
            )
        self._opened.append(source.close)
        return source


def reads_standard_input(data: Sequence[str], *, client_streams: bool) -> bool:
    """Return whether a sender reads standard input."""
    return STDIN in data or (not data and client_streams)


def check_data(data: Sequence[str], plan: StreamPlan) -> None:
    """Check that the number of `-d` fits the number of senders.

    Raises:
        UsageError: It does not.
    """
    if not plan.script and len(data) not in (1, plan.senders):
        raise UsageError(
            f"{len(data)} times -d for {plan.senders} sender{'s' * (plan.senders > 1)}; give one,"
            " which they share, or as many as there are --senders"
        )
    counts = collections.Counter(data)
    if counts[STDIN] > 1:
        raise UsageError(
            f"-d {printable(STDIN)} is given {counts[STDIN]} times, and standard input can be read"
            " by one sender alone; give it once, which all share"
        )
