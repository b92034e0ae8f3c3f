"""Sentences on standard error, broken at words where a person reads them."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from rpcx.output.stderr import wrapped

COMMAND = "`rpcx stream localhost:50051 routeguide.RouteGuide/ListFeatures -d '{}'`"


def test_no_word_is_broken_and_lines_fit() -> None:
    """A long sentence becomes lines that fit; each line after the first is indented."""
    text = wrapped("rpcx: " + "what the server said and what would help " * 4, 60)
    lines = text.split("\n")
    assert len(lines) > 2
    assert max(map(len, lines)) <= 60
    assert all(line.startswith("  ") for line in lines[1:])


def test_details_keep_their_indent() -> None:
    """What stands on a line of its own stays there."""
    text = wrapped("rpcx: short\n  - field name: " + "is wrong " * 10, 40)
    assert text.startswith("rpcx: short\n  - field name: is wrong")
    assert "\n    wrong is wrong" in text


def test_a_command_line_stays_in_one_piece() -> None:
    """One between backquotes or at the end can be copied, even where it overflows a line."""
    assert COMMAND in wrapped(f"rpcx: this method streams; use {COMMAND}, which does", 50)
    bare = COMMAND.strip("`")
    text = wrapped(f"rpcx: 'ListFeatures' is a streaming method of this server; write: {bare}", 50)
    assert text.endswith(f"\n  {bare}")


@given(st.text(alphabet="ab `\n", max_size=200), st.integers(1, 120))
def test_no_word_is_lost(text: str, columns: int) -> None:
    """Wrapping changes white space, and nothing else."""
    assert wrapped(text, columns).split() == text.split()
