"""What `--report` and `--fail-if` may be for streams."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rpcx.errors import UsageError
from rpcx.words.printable import printable

if TYPE_CHECKING:
    from rpcx.commands.options.observe import ObserveOptions
    from rpcx.commands.options.reports import Reporting


def check_reporting(reporting: Reporting, observe: ObserveOptions) -> None:
    """See that the reports have a form that streams have, and conditions name their numbers.

    Raises:
        UsageError: One of them does not.
    """
    for path in reporting.paths:
        if path.suffix != ".json":
            raise UsageError(
                f"--report {printable(str(path))!r}: a report of streams can be .json alone"
            )
    if not reporting.conditions:
        return
    from rpcx.stats.sequence import SequenceCheck
    from rpcx.stats.stream_summary import StreamFacts, stream_summary
    from rpcx.stats.streams import StreamStats

    follows = observe.check_sequence
    empty = StreamStats(sequence=SequenceCheck(follows, len) if follows else None)
    facts = StreamFacts(
        target="",
        method="",
        answers=True,
        streams=1,
        begun=0.0,
        cpu_s=0.0,
        transport="",
        percents=reporting.percents,
        ending={},
    )
    reporting.check(stream_summary(empty, facts))
