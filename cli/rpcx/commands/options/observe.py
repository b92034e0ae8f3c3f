"""What `rpcx stream` looks for in the messages themselves."""

from __future__ import annotations

import enum
import functools
from typing import TYPE_CHECKING, Annotated, NamedTuple

from rpcx.config.option import Group, Option, any_of
from rpcx.errors import UsageError
from rpcx.words.printable import printable

if TYPE_CHECKING:
    from collections.abc import Hashable

    from google.protobuf.descriptor import MethodDescriptor

    from rpcx.results import MessageResult
    from rpcx.stats.round_trips import RoundTrips
    from rpcx.stats.sequence import SequenceCheck
    from rpcx.stats.streams import StreamStats


_measured = functools.partial(Option, group=Group.MEASUREMENT)


class Match(enum.StrEnum):
    """The ways of `--match`."""

    ORDER = "order"


class ObserveOptions(NamedTuple):
    """As typed; `check` and `stats` check them."""

    match: Annotated[
        Match | None,
        _measured(
            f"Pair replies with messages by {any_of(Match)}, for send-to-receive latency.", "HOW"
        ),
    ] = None
    match_field: Annotated[
        str | None,
        _measured(
            "Pair replies with messages by a field; =FIELD names the reply's, if it differs.",
            "FIELD[=FIELD]",
        ),
    ] = None
    check_sequence: Annotated[
        str | None,
        _measured("Count gaps, duplicates and reordering in a field of the replies.", "FIELD"),
    ] = None

    @property
    def measures(self) -> bool:
        """Whether anything is looked for."""
        return self != ObserveOptions()

    def check(self) -> None:
        """Look for options that exclude each other.

        Raises:
            UsageError: There are some.
        """
        if self.match is not None and self.match_field is not None:
            raise UsageError(
                f"--match {self.match} and --match-field {printable(self.match_field)} are two"
                " ways to pair; give one"
            )

    def stats(self, method: MethodDescriptor) -> StreamStats:
        """The statistics of this method's streams.

        Raises:
            UsageError: A field is not there.
        """
        from rpcx.stats.streams import StreamStats

        return StreamStats(self._round_trips(method), self._sequence(method))

    def _round_trips(self, method: MethodDescriptor) -> RoundTrips | None:
        from rpcx.stats.round_trips import RoundTrips

        if self.match is not None:
            return RoundTrips.by_order()
        if self.match_field is None:
            return None
        from rpcx.codec.fields import field_reader

        of_request, _, of_reply = self.match_field.partition("=")
        sent = field_reader(method.input_type, of_request, "--match-field")
        received = field_reader(method.output_type, of_reply or of_request, "--match-field")

        def key(result: MessageResult) -> Hashable:
            value: Hashable = (sent if result.sent else received)(result.message)
            return value

        return RoundTrips(f"field {self.match_field}", key)

    def _sequence(self, method: MethodDescriptor) -> SequenceCheck | None:
        if self.check_sequence is None:
            return None
        from rpcx.codec.fields import field_reader
        from rpcx.stats.sequence import SequenceCheck

        read = field_reader(method.output_type, self.check_sequence, "--check-sequence")
        return SequenceCheck(self.check_sequence, read)
