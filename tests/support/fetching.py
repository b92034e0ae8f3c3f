"""Events of a transport one at a time, as most tests want them."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from rpcx.results import Outcome

if TYPE_CHECKING:
    from rpcx.transport.protocol import Event, Transport

_FETCHED: WeakKeyDictionary[Transport, deque[Event]] = WeakKeyDictionary()


def fetch(transport: Transport) -> Event | None:
    """Return the next event; None if a batch had none."""
    fetched = _FETCHED.setdefault(transport, deque())
    if not fetched:
        fetched.extend(transport.events())
    return fetched.popleft() if fetched else None


def next_event(transport: Transport) -> Event:
    """Return the next event, over empty batches."""
    while (event := fetch(transport)) is None:
        pass
    return event


def until_outcome(transport: Transport) -> Outcome:
    """Fetch events up to the next Outcome, and return that."""
    while not isinstance(event := fetch(transport), Outcome):
        pass
    return event
