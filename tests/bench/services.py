"""Whether a call starts later because the server holds many services: reflection's cost."""

from __future__ import annotations

import functools
import math
from typing import TYPE_CHECKING, Final

from cases import Case
from measure import run
from tools import RPCX, RPCX_PATH, echo_server
from unary import METHOD

if TYPE_CHECKING:
    import contextlib
    from collections.abc import Callable

    from cases import Sample

SERVICES: Final = "services/one call through reflection"
FEW, MANY = "2 services", "500 services"

_EXTRA: Final = 498
_RUNS: Final = 20
"""At least so many of each."""


def services_case(few: str, rounds: int, opened: contextlib.ExitStack) -> Case:
    """The same call to a server with 2 services and to one with 500, in so many rounds.

    Args:
        few: The address of the one with 2.
        rounds: How often the case will be run.
        opened: Ends the one with 500, which is started here.
    """
    many = opened.enter_context(echo_server("-extra-services", str(_EXTRA)))
    runs: dict[str, Callable[[], Sample]] = {
        name: functools.partial(_once, address) for name, address in ((FEW, few), (MANY, many))
    }
    return Case(SERVICES, runs, repeat=math.ceil(_RUNS / rounds))


def _once(address: str) -> Sample:
    done = run([*RPCX, "call", address, METHOD, "-p", "-d", '{"name":"x"}'], env=RPCX_PATH)
    return {"wall_ms": done.wall_s * 1e3, "cpu_ms": done.cpu_s * 1e3}
