"""The demo's settings: how they are spelt, and what is refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rpcx.demo.settings import DETAIL_TYPES, DemoSettings
from rpcx.errors import UsageError
from rpcx.results import Status

counts = st.integers(1, 1_000_000)
seconds = st.integers(0, 3_600_000).map(lambda milliseconds: milliseconds / 1000)
settings = st.builds(
    DemoSettings,
    delay=seconds,
    max_handlers=st.none() | counts,
    max_streams=st.none() | counts,
    status=st.sampled_from(Status),
    status_message=st.text(),
    status_details=st.lists(st.sampled_from(DETAIL_TYPES), unique=True).map(tuple),
    status_after=counts,
    status_every=counts,
    stall=seconds,
    stall_after=seconds,
)


@given(settings)
def test_query_says_the_same_settings(wanted: DemoSettings) -> None:
    """What `query` writes, `from_query` reads: the child is set as its parent asked."""
    assert DemoSettings.from_query(wanted.query()) == wanted


def test_query_as_people_write_it() -> None:
    """The example of the documentation means what it says."""
    read = DemoSettings.from_query("delay=20ms&max-handlers=4&max-streams=10&status=not-found")
    assert read == DemoSettings(delay=0.02, max_handlers=4, max_streams=10, status=Status.NOT_FOUND)
    assert DemoSettings.from_query("status=5").status is Status.NOT_FOUND
    assert DemoSettings.from_query("") == DemoSettings()


@pytest.mark.parametrize(
    ("query", "quoted", "remedy"),
    [
        ("dely=1s", "'dely'", "delay, max-handlers"),
        ("delay=fast", "delay: 'fast'", "250ms"),
        ("max-handlers=-1", "max-handlers: '-1'", "whole number"),
        ("max-handlers=0", "max-handlers: 0", "1 to 1000000"),
        ("max-streams=9999999", "max-streams: '9999999'", "up to 1000000"),
        ("status=LOST", "status: 'LOST'", "NOT_FOUND"),
        ("status=17", "status: '17'", "NOT_FOUND"),
        ("status-details=Oops", "status-details: 'Oops'", "ErrorInfo"),
        ("delay", "'delay'", "demo?delay=20ms"),
    ],
)
def test_refusals_quote_the_value_and_name_what_works(query: str, quoted: str, remedy: str) -> None:
    """Each refusal is one sentence with the offending value and what would do."""
    with pytest.raises(UsageError) as refused:
        DemoSettings.from_query(query)
    assert quoted in str(refused.value)
    assert remedy in str(refused.value)


def test_options_are_quoted_with_their_dashes() -> None:
    """A refusal in `rpcx serve` names the option as it was typed."""
    with pytest.raises(UsageError, match=r"^--delay: 'x' is no duration"):
        DemoSettings.parse([("delay", "x")], prefix="--")
