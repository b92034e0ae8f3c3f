"""What `rpcx stream` looks for in messages."""

from __future__ import annotations

import enum
import functools
from typing import TYPE_CHECKING, Annotated, NamedTuple

from rpcx.config.option import Group, Option, any_of
from rpcx.errors import UsageError
from rpcx.words.printable import printable

if TYPE_CHECKING:
    from rpcx.runs.observing import Observing

_measured = functools.partial(Option, group=Group.MEASUREMENT)


class Match(enum.StrEnum):
    """The ways of `--match`."""

    ORDER = "order"


class ObserveOptions(NamedTuple):
    """As typed; `check` checks them."""

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
        """Whether any of them was given."""
        return self != ObserveOptions()

    def check(self) -> None:
        """Refuse options that exclude each other.

        Raises:
            UsageError: Two were given.
        """
        if self.match is not None and self.match_field is not None:
            raise UsageError(
                f"--match {self.match} and --match-field {printable(self.match_field)} are two"
                " ways to pair; give one of them"
            )

    def observing(self) -> Observing:
        """Return what is looked for."""
        from rpcx.runs.observing import Observing

        return Observing(self.match is Match.ORDER, self.match_field, self.check_sequence)
