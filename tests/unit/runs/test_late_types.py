"""Types looked up while calls run: one at a time, by a thread that nobody has to wait for."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from rpcx.errors import SchemaError
from rpcx.runs import late_lookup as late_types
from rpcx.runs.late_lookup import LateTypes
from rpcx.target.target import parse_target

if TYPE_CHECKING:
    from collections.abc import Callable

TARGET = parse_target("127.0.0.1:1", plaintext=True, connect_timeout_s=1)


def late(look: Callable[[str], bool], *, interrupted: bool = False) -> LateTypes:
    """What looks by this function."""
    return LateTypes(TARGET, (), look, lambda: interrupted)


def test_found_or_not() -> None:
    """The answer is that of the schema."""
    types = late(lambda name: name == "a.A")
    assert (types.find("a.A"), types.find("b.B")) == (True, False)
    types.close()


def test_silence_is_no(monkeypatch: pytest.MonkeyPatch) -> None:
    """A source that does not answer is given up, and not asked for the next type."""
    monkeypatch.setattr(late_types, "_PATIENCE_S", 0.1)
    asked: list[str] = []
    ended = threading.Event()

    def silent(name: str) -> bool:
        asked.append(name)
        return ended.wait(60)

    types = late(silent)
    assert not types.find("a.A")
    assert not types.find("b.B")
    assert asked == ["a.A"]
    ended.set()
    types.close()


def test_a_signal_ends_the_wait() -> None:
    """Who interrupts the run does not wait for a type."""
    ended = threading.Event()
    types = late(lambda _: ended.wait(60), interrupted=True)
    assert not types.find("a.A")
    ended.set()
    types.close()


def test_no_connection_is_no_crash(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the server cannot be reached any more, the type is not found."""
    monkeypatch.setattr(late_types, "_PATIENCE_S", 0.2)
    refused: list[str] = []

    def look(name: str) -> bool:
        with pytest.raises(SchemaError) as caught:
            types.converse(f"/{name}")
        refused.append(str(caught.value))
        return False

    types = late(look)
    assert not types.find("a.A")
    types.close()
    assert refused == ["the server's reflection cannot be reached any more"]


def test_nothing_is_asked_after_the_end() -> None:
    """Once closed, no type is looked for."""
    types = late(lambda _: True)
    types.close()
    assert not types.find("a.A")
