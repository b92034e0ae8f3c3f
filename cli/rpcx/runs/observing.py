"""What a run of streams looks for in the messages themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Hashable

    from google.protobuf.descriptor import MethodDescriptor

    from rpcx.results import MessageResult
    from rpcx.stats.round_trips import RoundTrips
    from rpcx.stats.sequence import SequenceCheck
    from rpcx.stats.streams import StreamStats


class Observing(NamedTuple):
    """How replies pair with messages, and which field counts up.

    Attributes:
        by_order: Whether the i-th reply belongs to the i-th message.
        match_field: `FIELD[=FIELD]` by which they pair otherwise; None for no pairs.
        sequence_field: A field of the replies that should count up by one; None for none.
    """

    by_order: bool = False
    match_field: str | None = None
    sequence_field: str | None = None

    def stats(self, method: MethodDescriptor) -> StreamStats:
        """Return what measures the streams of a method.

        Raises:
            UsageError: A message has no such field.
        """
        from rpcx.stats.streams import StreamStats

        return StreamStats(self._round_trips(method), self._sequence(method))

    def _round_trips(self, method: MethodDescriptor) -> RoundTrips | None:
        from rpcx.stats.round_trips import RoundTrips

        if self.by_order:
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
        if self.sequence_field is None:
            return None
        from rpcx.codec.fields import field_reader
        from rpcx.stats.sequence import SequenceCheck

        read = field_reader(method.output_type, self.sequence_field, "--check-sequence")
        return SequenceCheck(self.sequence_field, read)
