"""Durations as people write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rpcx.errors import UsageError
from rpcx.words.durations import LONGEST_S, parse_duration


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("250ms", 0.25),
        ("3m", 180),
        ("1h30m", 5400),
        ("1.5", 1.5),
        ("0", 0),
        (".5s", 0.5),
        ("2.s", 2),
        ("100us", 1e-4),
        ("100µs", 1e-4),
        ("5ns", 5e-9),
        (" 10s ", 10),
        ("1m1ms", 60.001),
    ],
)
def test_reads(text: str, seconds: float) -> None:
    """Units may follow one another; a number alone counts seconds."""
    assert parse_duration(text) == pytest.approx(seconds)


@pytest.mark.parametrize(
    "text", ["", " ", "ms", "5 minutes", "-1s", "+1s", "1d", "inf", "nan", "1e3", "1s2", "٣s", "."]
)
def test_refuses(text: str) -> None:
    """What is no duration is quoted, beside three that are."""
    with pytest.raises(UsageError) as refused:
        parse_duration(text)
    assert repr(text) in str(refused.value)
    assert "250ms" in str(refused.value)


def test_refuses_more_than_a_year() -> None:
    """A duration that would overflow a timer is refused, not passed on."""
    with pytest.raises(UsageError, match="longer than a year"):
        parse_duration("9" * 400)
    assert parse_duration("8760h") == LONGEST_S


@given(st.text())
def test_any_text_is_read_or_refused(text: str) -> None:
    """No text makes the parser fail in any other way than by its own sentence."""
    try:
        seconds = parse_duration(text)
    except UsageError:
        return
    assert 0 <= seconds <= LONGEST_S


def test_refusal_opens_with_what_the_duration_is_for() -> None:
    """Where the caller says which option it reads, the sentence does too."""
    with pytest.raises(UsageError, match=r"^--delay: 'x' is no duration"):
        parse_duration("x", "--delay")
