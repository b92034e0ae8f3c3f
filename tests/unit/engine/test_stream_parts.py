"""The small parts that streams are made of: shared messages, timers, field readers, the panel."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import pytest
from fake_transport import FakeSource
from google.protobuf.descriptor_pb2 import DescriptorProto, FileDescriptorProto, FileOptions
from hypothesis import given
from hypothesis import strategies as st

from rpcx.codec.fields import field_reader
from rpcx.connections import Holder
from rpcx.engine.source import Dry
from rpcx.engine.streams.tee import Tee
from rpcx.engine.streams.timers import Timers
from rpcx.errors import DataError, UsageError
from rpcx.output.spans import WARNING, plain
from rpcx.output.stream_panel import StreamPanel, StreamView, WayView, stall


class TestTee:
    """The same messages for several takers."""

    @given(st.lists(st.binary(max_size=2), max_size=8), st.lists(st.integers(0, 2), max_size=60))
    def test_each_gets_all_in_order(self, messages: list[bytes], order: list[int]) -> None:
        """Whoever takes when."""
        branches = Tee(FakeSource(messages)).branches(3)
        got: list[list[bytes | Dry]] = [[], [], []]
        for who in [*order, *[0, 1, 2] * (len(messages) + 1)]:
            got[who].append(branches[who].take())
        for mine in got:
            assert mine[: len(messages)] == messages
            assert set(mine[len(messages) :]) <= {Dry.END}

    def test_the_fastest_waits_for_the_slowest(self) -> None:
        """At most so far ahead; it is woken when the slowest has gone on, or gives up."""
        for go_on in ("take", "close"):
            tee = Tee(FakeSource([b"x"] * (Tee.LEAD + 9)))
            fast, slow = tee.branches(2)
            woken: list[bool] = []
            fast.on_arrival(lambda woken=woken: woken.append(True))  # type: ignore[misc]
            for _ in range(Tee.LEAD):
                assert fast.take() == b"x"
            assert fast.take() is Dry.NOT_YET
            assert not woken
            getattr(slow, go_on)()
            assert woken
            assert fast.take() == b"x"

    def test_all_hear_of_a_bad_document(self) -> None:
        """Each in its place: behind what came before."""
        one, other = Tee(FakeSource([b"1", DataError("bad")])).branches(2)
        assert one.take() == b"1"
        with pytest.raises(DataError):
            one.take()
        assert other.take() == b"1"
        with pytest.raises(DataError):
            other.take()


class TestTimers:
    """Moments and their actions."""

    def test_actions_run_in_the_order_of_their_moments(self) -> None:
        """What is due, and no more."""
        ran: list[str] = []
        timers = Timers()
        seen = [timers.next]
        for due, name in ((3.0, "c"), (1.0, "a"), (2.0, "b"), (1.0, "a too")):
            timers.at(due, lambda _now, name=name: ran.append(name))  # type: ignore[misc]
            seen.append(timers.next)
        timers.run(2.0)
        assert ran == ["a", "a too", "b"]
        assert [*seen, timers.next] == [math.inf, 3.0, 1.0, 1.0, 1.0, 3.0]
        timers.run(9.0)
        assert (ran[3:], timers.next) == (["c"], math.inf)


class TestFieldReader:
    """--match-field and --check-sequence name a field."""

    @pytest.mark.parametrize(
        ("path", "value"),
        [("name", "f"), ("options.java_package", "j"), ("options.javaPackage", "j"),
         ("syntax", ""), ("options.deprecated", False)],
    )  # fmt: skip
    def test_values(self, path: str, value: object) -> None:
        """By either spelling, inside a message, and the default where it is not set."""
        data = FileDescriptorProto(
            name="f", options=FileOptions(java_package="j")
        ).SerializeToString()
        assert field_reader(FileDescriptorProto.DESCRIPTOR, path, "--f")(data) == value

    @pytest.mark.parametrize(
        ("path", "sentence"),
        [
            ("nmae", "--f 'nmae': 'nmae' is no field of google.protobuf.FileDescriptorProto; did"),
            ("name.x", "--f 'name.x': 'name' is no message, so it has no field 'x'"),
            ("dependency", "--f 'dependency': 'dependency' is repeated"),
            ("options", "--f 'options' is a message, google.protobuf.FileOptions"),
            ("", "--f '': '' is no field"),
        ],
    )
    def test_what_is_no_field(self, path: str, sentence: str) -> None:
        """One sentence with the path and what there is."""
        with pytest.raises(UsageError) as caught:
            field_reader(FileDescriptorProto.DESCRIPTOR, path, "--f")
        assert str(caught.value).startswith(sentence)

    def test_the_type_is_the_method_s(self) -> None:
        """A reader is made for one type."""
        data = DescriptorProto(name="m").SerializeToString()
        assert field_reader(DescriptorProto.DESCRIPTOR, "name", "--f")(data) == "m"


def way(messages: int = 0, outstanding: int = 0, still_s: float = 0.0) -> WayView:
    """One direction."""
    return WayView(messages, messages * 10, 0.5, outstanding, still_s)


def view(
    sent: WayView, received: WayView, *, elapsed: float = 2.0, lag: int | None = 3
) -> StreamView:
    """One stream at a moment."""
    return StreamView(elapsed, 1, sent, received, lag, 7)


class TestPanel:
    """Two columns, and what stands still."""

    def test_columns(self) -> None:
        """Each direction with its own numbers under its own title."""
        panel = StreamPanel("p.S/M", "demo", 1)
        text = [plain(line) for line in panel.lines(view(way(1200, 1), way(900, 1)))]
        assert text[0].startswith("p.S/M on demo  2.0 s")
        assert [line.split() for line in text[1:4]] == [
            ["sent", "received"], ["messages", "1,200", "900"], ["messages/s", "600", "450"],
        ]  # fmt: skip
        assert text[-2] == "sent and not answered 3, at most 7"

    def test_rates_are_of_the_last_second(self) -> None:
        """Not of the whole run: a stream that stops shows 0."""
        panel = StreamPanel("p.S/M", "demo", 1)
        for elapsed in (1.0, 1.5, 2.0, 2.5):
            lines = panel.lines(view(way(1000), way(1000), elapsed=elapsed))
            text = [plain(line) for line in lines]
        assert text[3].split() == ["messages/s", "0", "0"]

    @pytest.mark.parametrize(
        ("sent", "received", "lag", "said"),
        [
            (way(5, 1, 2.0), way(5, 1, 2.0), 3, "sending stalled for 2.0 s: the server does not"),
            (way(5, 0, 2.0), way(5, 1, 2.0), 3, "receiving stalled for 2.0 s: the server sends"),
            (way(5, 0, 2.0), way(5, 1, 2.0), 0, ""),
            (way(5, 0, 2.0), way(5, 1, 2.0), None, "receiving stalled for 2.0 s: the server"),
            (way(5, 1, 0.1), way(5, 1, 0.1), 3, ""),
        ],
    )
    def test_which_direction_is_stalled(
        self, sent: WayView, received: WayView, lag: int | None, said: str
    ) -> None:
        """Sending first, since then the server does not read; nothing where both move."""
        told = stall(view(sent, received, lag=lag))
        assert told.startswith(said)
        assert bool(told) == bool(said)

    @pytest.mark.parametrize(
        ("changes", "said"),
        [
            ({"sent": way(5, 1, 2.0), "reads": False}, "rpcx reads no replies (--receivers 0)"),
            (
                {"sent": way(5, 1, 2.0), "holder": Holder.STREAM_WINDOW},
                "the server does not read, and the stream's window is full",
            ),
            (
                {"sent": way(5, 1, 2.0), "holder": Holder.CONNECTION_WINDOW},
                "and the connection's window is full",
            ),
            (
                {"sent": way(5, 1, 2.0), "holder": Holder.SOCKET},
                "the socket takes no more: the network",
            ),
            ({"sent": way(5, 2, 2.0), "open": 3}, "sending stalled for 2.0 s on 2 of 3 streams"),
            ({"received": way(5, 1, 2.0), "lag": 3}, "3 messages wait for a reply"),
            ({"received": way(5, 1, 2.0), "lag": 1}, "1 message waits for a reply"),
            ({"received": way(5, 1, 2.0), "lag": 0, "hungry": 1}, "rpcx waits for more input"),
        ],
    )
    def test_who_waits_and_on_what(self, changes: dict[str, Any], said: str) -> None:
        """In words: flow control, the server's reply, or rpcx's own input."""
        calm = view(way(5, 0, 2.0), way(5, 0, 2.0), lag=0)
        assert not stall(calm)
        told = dataclasses.replace(calm, **changes)
        assert said in stall(told)
        [stalled] = StreamPanel("p.S/M", "demo", 1).lines(told)[-1]
        assert stalled.style == WARNING
