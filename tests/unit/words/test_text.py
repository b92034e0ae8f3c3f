"""Other people's text, made safe."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rpcx.words.printable import printable, quoted
from rpcx.words.suggestions import alternatives, listed, nearest


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain ☺ text", "plain ☺ text"),
        ("\x1b[2Jgone", "\\u001b[2Jgone"),
        ("a\r\n\tb\x00", "a\\u000d\\u000a\\u0009b\\u0000"),
        ("\x7f\x9b31m", "\\u007f\\u009b31m"),
        ("\u202eright to left", "\\u202eright to left"),
        ("line\u2028end", "line\\u2028end"),
        ("half \ud83d", "half \\ud83d"),
        ("[/x] [bold]", "[/x] [bold]"),
    ],
)
def test_escapes(text: str, shown: str) -> None:
    """What a terminal would obey, and what no encoding can write, is escaped; nothing else is."""
    assert printable(text) == shown


def test_cuts_and_tells() -> None:
    """Beyond the limit the text is cut, and how much of it is told."""
    assert printable("x" * 1_048_576) == "x" * 200 + "… (1,048,376 more characters)"
    assert printable("abcdef", 3) == "abc… (3 more characters)"
    assert printable("x" * 1000, None) == "x" * 1000


def test_quotes() -> None:
    """A quoted text stands between double quotes."""
    assert quoted("a\nb") == '"a\\u000ab"'


@given(st.text())
def test_always_one_safe_line(text: str) -> None:
    """Whatever comes in, one line that can be encoded comes out."""
    shown = printable(text, None)
    shown.encode()
    assert len(shown.splitlines()) <= 1
    assert shown.isprintable() or not any(character < " " for character in shown)


def test_nearest() -> None:
    """Case, a package left out and a slip of the finger are forgiven; the nearest is first."""
    names = ["helloworld.Greeter", "grpc.health.v1.Health", "other.Grater"]
    assert nearest("greeter", names)[0] == "helloworld.Greeter"
    assert nearest("helloworld.Greter", names)[0] == "helloworld.Greeter"
    assert nearest("zzz", names) == []


def test_alternatives() -> None:
    """A sentence goes on with the nearest names and with all there are."""
    assert alternatives("nam", ["name", "age"], "fields") == (
        "; did you mean name? Its fields are name, age"
    )
    assert alternatives("q", ["name", "age"], "fields") == "; its fields are name, age"
    assert alternatives("q", ["name"], "fields") == "; its only field is name"
    assert alternatives("q", [], "fields") == "; it has no fields"


def test_listed() -> None:
    """Of many names some are shown and the rest counted."""
    assert listed(["a", "\x1b"]) == "a, \\u001b"
    assert listed([]) == "none"
    assert listed(map(str, range(1500)), 2) == "0, 1 and 1,498 more"
