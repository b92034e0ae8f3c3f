"""The law over real transports and a real server: whatever happens, nothing is lost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import hypothesis
import pytest
from fake_transport import FakeSource, FakeSources
from hypothesis import strategies as st

from rpcx.engine.feed import Feed
from rpcx.engine.streams.engine import StreamEngine
from rpcx.plans.streams import StreamPlan
from rpcx.results import MessageResult, Status, StreamAnnouncement, StreamEnd
from rpcx.target.channel import Carrier, ChannelSettings
from rpcx.target.target import parse_target
from rpcx.transport import open_transport

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rpcx.transport.protocol import Transport

ECHO = "/grpc.examples.echo.Echo/BidirectionalStreamingEcho"


@pytest.fixture(params=["wire", "grpc"])
def transport(request: pytest.FixtureRequest, demo_server: str) -> Iterator[Transport]:
    """A channel to the demo, by either implementation."""
    channel = ChannelSettings(transport=Carrier(request.param))
    opened = open_transport(parse_target(demo_server, plaintext=True, channel=channel))
    assert opened.connect(10.0, lambda: True)
    yield opened
    opened.close()


def echo_request(sender: int, number: int) -> bytes:
    """An EchoRequest that says who sent it, and as which of its messages."""
    text = b"%d:%d" % (sender, number)
    return b"\x0a" + bytes([len(text)]) + text


plans = st.fixed_dictionaries(
    {
        "streams": st.integers(1, 3),
        "receivers": st.integers(1, 3),
        "send_delay_s": st.sampled_from([0.0, 0.0, 0.001]),
        "recv_delay_s": st.sampled_from([0.0, 0.0, 0.001]),
        "rate_per_s": st.sampled_from([None, None, 2000.0]),
        "cancel_after_s": st.sampled_from([None, None, 0.0, 0.005]),
        "timeout_s": st.sampled_from([None, None, 0.005]),
        "max_responses": st.sampled_from([None, None, 3]),
    }
)


@hypothesis.settings(
    max_examples=25, suppress_health_check=[hypothesis.HealthCheck.function_scoped_fixture]
)
@hypothesis.given(options=plans, counts=st.lists(st.integers(0, 12), min_size=1, max_size=3))
def test_every_message_is_accounted_for(
    transport: Transport, options: dict[str, Any], counts: list[int]
) -> None:
    """A second send or receive would raise; each sender's messages keep their order."""
    messages = [[echo_request(who, i) for i in range(count)] for who, count in enumerate(counts)]

    class Fresh(FakeSources):
        def of_stream(self, _number: int) -> list[FakeSource]:
            return [FakeSource(mine) for mine in messages]

    feed: Feed[StreamAnnouncement] = Feed(eager=False)
    plan = StreamPlan(ECHO, senders=len(counts), **options)
    StreamEngine(plan, transport, Fresh([]), feed).run()
    batch = feed.wait(0)
    ends = [result for result in batch if isinstance(result, StreamEnd)]
    assert sorted(end.stream for end in ends) == list(range(plan.streams))
    for end in ends:
        mine = [r for r in batch if isinstance(r, MessageResult) and r.stream == end.stream]
        sent = [result.message for result in mine if result.sent]
        received = [result.message for result in mine if not result.sent]
        assert (end.completed, end.received) == (len(sent), len(received))
        assert end.completed <= end.given <= end.completed + 1
        for who, wanted in enumerate(messages):
            by_who = [r.message for r in mine if r.sent and r.worker == who]
            assert by_who == wanted[: len(by_who)]
        # The echo answers each message with the same bytes, in the order in which they came.
        assert received[: len(sent)] == sent[: len(received)]
        if end.outcome.status is Status.OK:
            assert sorted(sent) == sorted(message for wanted in messages for message in wanted)
            assert received == sent
