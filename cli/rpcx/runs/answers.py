"""Responses that cannot be decoded: each is a failure of its call, and the run goes on.

gRPC's clients end such a call with INTERNAL, and so does rpcx with every form of output. Every
response is verified; for responses that repeat, that costs one look-up.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from rpcx.results import MessageResult, Status, StreamEnd

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rpcx.codec.verify import Verifier
    from rpcx.results import CallResult, StreamAnnouncement


class CallAnswers:
    """Verifies the responses of unary calls.

    Args:
        verifiers: Verify the responses of each of the plan's methods, in its order.
    """

    def __init__(self, verifiers: Sequence[Verifier]) -> None:
        self._verifiers = verifiers
        self._known = [verifier.known for verifier in verifiers]

    def verified(self, batch: Sequence[CallResult]) -> Sequence[CallResult]:
        """Return the batch; in it, calls whose responses cannot be decoded have failed.

        Such a result keeps the bytes of the response.
        """
        known = self._known
        # By position: reading one attribute of a NamedTuple costs as much as the rest.
        if len(known) == 1:
            only = known[0]
            unknown = [at for at, result in enumerate(batch) if result[4][4] not in only]
        else:
            unknown = [
                at for at, result in enumerate(batch) if result[4][4] not in known[result[7]]
            ]
        if not unknown:
            return batch
        verified = list(batch)
        for at in unknown:
            verified[at] = self._verified(batch[at])
        return verified

    def _verified(self, result: CallResult) -> CallResult:
        outcome = result.outcome
        if outcome.message is None or outcome.status is not Status.OK:
            return result
        fault = self._verifiers[result.method].fault(outcome.message)
        if fault is None:
            return result
        details = f"the response cannot be decoded: {fault}"
        return result._replace(outcome=outcome._replace(status=Status.INTERNAL, details=details))


class StreamAnswers:
    """Verifies the messages that streams receive.

    A stream goes on after a message that cannot be decoded: the next messages may say more. If the
    server ends it with OK, it has failed all the same.

    Args:
        verifier: Verifies received messages.
    """

    def __init__(self, verifier: Verifier) -> None:
        self._verifier = verifier
        self._counts: Counter[int] = Counter()
        self._first: dict[int, str] = {}

    def verified(self, batch: Sequence[StreamAnnouncement]) -> Sequence[StreamAnnouncement]:
        """Return the batch; in it, streams whose messages could not be decoded have failed."""
        known = self._verifier.known
        ended = False
        for result in batch:
            if type(result) is MessageResult:
                # By position, as above: the message, and whether it was sent.
                if result[4] not in known and not result[1]:
                    self._verify(result)
            else:
                ended = True
        if not ended or not self._counts:
            return batch
        return [self._judged(one) if type(one) is StreamEnd else one for one in batch]

    def _verify(self, result: MessageResult) -> None:
        fault = self._verifier.fault(result.message)
        if fault is not None:
            self._counts[result.stream] += 1
            self._first.setdefault(result.stream, f"message {result.seq}: {fault}")

    def _judged(self, end: StreamEnd) -> StreamEnd:
        count = self._counts[end.stream]
        if not count or end.outcome.status is not Status.OK:
            return end
        details = (
            f"{count:,} of {end.received:,} messages cannot be decoded; the first is"
            f" {self._first[end.stream]}"
        )
        return end._replace(outcome=end.outcome._replace(status=Status.INTERNAL, details=details))
