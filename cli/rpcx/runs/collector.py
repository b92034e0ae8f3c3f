"""Python's collector of cycles during a run: it would stop every thread to find nothing.

A run makes no cycles, but many objects that live for a moment. By default the collector looks at
new objects after every 700, and now and then at all that the program consists of: 50 ms in which no
call goes on, and a tenth of the CPU of a load (measured).
"""

from __future__ import annotations

import contextlib
import gc
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

_YOUNG: Final = 20_000
"""New objects between two looks at them. What gathers meanwhile is some MB at most."""


@contextlib.contextmanager
def seldom_collected() -> Iterator[None]:
    """Have the collector leave alone what there is now, and look seldom at what is new."""
    before = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(_YOUNG, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()
