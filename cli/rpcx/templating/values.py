"""The values that templates can name."""

from __future__ import annotations

import datetime as dt
import os
import random
import uuid
from typing import TYPE_CHECKING, Any, Final

from rpcx.errors import DataError, UsageError
from rpcx.templating.bounds import Function, Names
from rpcx.words.printable import printable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

NAMES: Final = ("seq", "uuid", "now", "random_int", "env", "row")
"""What every template has; columns of data come beside them."""


class Values:
    """Makes the values of one call after the other.

    Args:
        allowed: The names of --allow-env.

    Raises:
        UsageError: One of them is not set.
    """

    def __init__(self, allowed: Iterable[str]) -> None:
        environment = {}
        for name in allowed:
            if name not in os.environ:
                raise UsageError(f"--allow-env {printable(name)}: there is no such variable set")
            environment[name] = os.environ[name]
        env = Names(environment, "env.{0} is not allowed; add --allow-env {0}", "env.NAME")
        chance = random.Random()  # noqa: S311 -- test data
        self._fixed: dict[str, Any] = {"env": env, "random_int": _random_int(chance)}

    def of_call(self, seq: int, row: Mapping[str, Any], needed: set[str]) -> dict[str, Any]:
        """The values of a call; those that are random or the time are the same all over it.

        Args:
            seq: Its number.
            row: The columns of its data.
            needed: The names that its templates have.
        """
        values = {**row, **self._fixed, "seq": seq, "row": row}
        for name in needed & _MADE.keys():
            values[name] = _MADE[name]()
        return values


def check_names(names: set[str], columns: Iterable[str], where: str) -> None:
    """Refuse names that no call will have a value for, before the run starts.

    Raises:
        DataError: There are some.
    """
    known = [*NAMES, *columns]
    for name in sorted(names.difference(known)):
        raise DataError(
            f"{where}: templates know no {printable(name)!r}; there are"
            f" {', '.join(map(printable, known))}"
        )


def _now() -> str:
    return dt.datetime.now(dt.UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def _uuid() -> str:
    return str(uuid.uuid4())


_MADE: Final[dict[str, Callable[[], str]]] = {"uuid": _uuid, "now": _now}


def _random_int(chance: random.Random) -> Function:
    def random_int(low: int, high: int) -> int:
        return chance.randint(low, high)

    return Function("random_int(1, 9)", random_int)
