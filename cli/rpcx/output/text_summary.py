"""The text summary of a run: where it goes, and what has to be said where it is not shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rpcx.output.remarks import remark
from rpcx.output.stderr import say
from rpcx.output.terminal import width

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from rpcx.output.stdout import Stdout
    from rpcx.output.terminal import Terminals


class TextSummary:
    """Prints the summary for people, on the stream where they look for it.

    Args:
        stdout: Where it goes with `-o summary`.
        terminals: What the two standard streams are.
        asked_for: Whether the summary is the payload: `-o summary`.
        aside: Whether it goes to standard error, because results fill standard output and the run
            measures: then a log has the numbers.

    Attributes:
        is_shown: Whether it is printed at all.
    """

    def __init__(
        self, stdout: Stdout, terminals: Terminals, *, asked_for: bool, aside: bool
    ) -> None:
        self._stdout = stdout
        self._terminals = terminals
        self._asked_for = asked_for
        self.is_shown = asked_for or aside

    def print(self, render: Callable[[bool, int], bytes]) -> None:
        """Print what `render` makes of "in colour?" and the number of columns.

        Raises:
            ReaderGoneError: Nobody reads standard output any more.
        """
        if not self.is_shown:
            return
        terminal = self._terminals.out if self._asked_for else self._terminals.err
        text = render(terminal and self._terminals.colour, width())
        if self._asked_for:
            self._stdout.raw(text)
        else:
            say("\n" + text.decode())

    def remark_on(self, conditions: Iterable[dict[str, Any]]) -> None:
        """Report each condition of `--fail-if` that is met, unless the summary has them."""
        if self.is_shown:
            return
        from rpcx.output.summary import verdict_line  # noqa: PLC0415 -- only where one is met

        for condition in conditions:
            if condition["met"]:
                remark(verdict_line(condition))
