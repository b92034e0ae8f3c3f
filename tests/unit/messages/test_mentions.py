"""Types that requests name inside an Any."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest

from rpcx.codec.mentions import may_hold_any, mentioned_types
from rpcx.documents.forms import InputForm

if TYPE_CHECKING:
    from collections.abc import Callable

JSON, TEXT = InputForm.JSON, InputForm.TEXT


@pytest.mark.parametrize(
    ("form", "data", "names"),
    [
        (JSON, b'{"a":{"@type":"type.googleapis.com/a.A","x":1}}', {"a.A"}),
        (JSON, b'{"@type" :\n "x/y/a.A"} {"@type":"z/b.B"}', {"a.A", "b.B"}),
        (JSON, rb'{"@type":"type.googleapis.com\/a.A"}', {"a.A"}),
        (JSON, b'{"@type":"a.A"} {"@type":1} {"type":"x/c.C"} {"@type":"x/no name"}', {"a.A"}),
        (JSON, b'{"@type":"x/', set()),
        (TEXT, b"any { [type.googleapis.com/a.A] { x: 1 } }", {"a.A"}),
        (TEXT, b"any { [ x.y/a.A ]: <> [pkg.extension]: 1 list: [1, 2] }", {"a.A"}),
        (InputForm.BINARY, b'"@type":"x/a.A"', set()),
    ],
)
def test_names(form: InputForm, data: bytes, names: set[str]) -> None:
    """What looks like the name of a type in an Any is one."""
    assert mentioned_types(form, data) == names


@pytest.mark.parametrize("form", [JSON, TEXT])
def test_takes_no_longer_for_rubbish(form: InputForm) -> None:
    """A megabyte that is made to mislead is looked through as fast as any other."""
    begun = time.process_time()
    for data in (b'"@type":"' + b"a" * 1_000_000 + b"!", b"[" + b"a/" * 500_000, b"[" * 1_000_000):
        assert mentioned_types(form, data) == set()
    assert time.process_time() - begun < 5


def test_messages_that_may_hold_one(codec: Callable[[str], Any]) -> None:
    """An Any is found by the fields of a message, however deep; most have none."""
    assert may_hold_any(codec("three.Three").descriptor)
    assert not may_hold_any(codec("three.Plain").descriptor)
    assert not may_hold_any(codec("two.Two").descriptor)
