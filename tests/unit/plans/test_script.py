"""Scripts: what a file may say, and how a stream follows it, without clock or network."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from fake_transport import FakeClock, FakeSources, FakeTransport

from rpcx.engine.feed import Feed
from rpcx.engine.streams.engine import StreamEngine
from rpcx.errors import DataError
from rpcx.plans.script import PATIENCE_S, ScriptReader, Step
from rpcx.plans.streams import StreamPlan
from rpcx.results import Status, StreamAnnouncement, StreamEnd

if TYPE_CHECKING:
    from collections.abc import Callable

    from rpcx.documents.json_documents import Document


def encode(value: Any, _line: int) -> bytes:
    """Messages are their own JSON strings here."""
    return str(value).encode()


def matcher(value: Any, _line: int) -> Callable[[bytes], str | None]:
    """An expectation is `{"is": TEXT}`."""
    wanted = str(value["is"]).encode()
    return lambda message: None if message == wanted else f"it is not {value['is']}"


def parse(document: Document) -> Any:
    """Plain JSON."""
    return json.loads(document.data)


def steps(*script: dict[str, Any]) -> tuple[Step, ...]:
    """The steps of a script."""
    data = "".join(json.dumps(step) + "\n" for step in script).encode()
    return ScriptReader(parse, encode, matcher).read(data)


@pytest.mark.parametrize(
    ("step", "sentence"),
    [
        ({"sent": "a"}, '{"sent": "a"} is no step: it has to be an object with one of send'),
        ({"send": "a", "sleep": 1}, "is no step"),
        ([1], "[1] is no step"),
        ({"send": "a", "witin": 1}, '"witin" has no place in'),
        ({"sleep": "soon"}, "sleep: 'soon' is no duration"),
        ({"sleep": "1s", "within": "x"}, "within: 'x' is no duration"),
        ({"sleep": [1]}, "sleep: '[1]' is no duration"),
        ({"wait-for": 0}, "wait-for takes a number of messages from 1 on"),
        ({"wait-for": True}, "wait-for takes a number of messages from 1 on"),
        ({"half-close": False}, "write true in"),
        ({"expect-status": "GONE"}, "'GONE' is no status; "),
        ({"expect-status": 5}, "'5' is no status; "),
    ],
)
def test_what_is_no_step_is_told_with_its_line(step: Any, sentence: str) -> None:
    """The line, what stands there, and what could."""
    with pytest.raises(DataError) as caught:
        steps({"send": "a"}, step)
    assert str(caught.value).startswith("line 2: ")
    assert sentence in str(caught.value)


def test_an_empty_script_is_none() -> None:
    """A file without a step is a mistake."""
    with pytest.raises(DataError, match="there is no step in it"):
        steps()


class Run:
    """One stream that follows a script.

    Args:
        script: Its steps.
    """

    def __init__(self, *script: dict[str, Any]) -> None:
        self.clock = FakeClock()
        self.transport = FakeTransport(clock=self.clock)
        self.feed: Feed[StreamAnnouncement] = Feed(eager=False)
        plan = StreamPlan("/p.S/M", script=steps(*script))
        self.engine = StreamEngine(
            plan, self.transport, FakeSources([]), self.feed, clock=self.clock
        )
        self.transport.always = self.go_on

    def go_on(self) -> None:
        """The server ends what was half-closed; otherwise time goes by."""
        call = self.transport.calls[0]
        if call.half_closed:
            call.answer()
        else:
            self.transport.pass_time()

    def replies(self, *messages: bytes) -> None:
        """A step: the server sends messages."""
        self.transport.steps.append(lambda: self.transport.calls[0].deliver(*messages))

    def ends(self, status: Status) -> None:
        """A step: the server ends the stream."""
        self.transport.steps.append(lambda: self.transport.calls[0].answer(status=status))

    def run(self) -> StreamEnd:
        """To its end."""
        self.engine.run()
        end = self.feed.wait(0)[-1]
        assert isinstance(end, StreamEnd)
        return end

    @property
    def sent(self) -> list[bytes]:
        """What the server got."""
        return [message for message, _ in self.transport.calls[0].sent]

    @property
    def error(self) -> str:
        """What was not as expected; empty where all was."""
        return str(self.engine.error or "")


@pytest.fixture
def make() -> Callable[..., Run]:
    """A function from steps to a Run."""
    return Run


def test_a_conversation_in_lock_step(make: Callable[..., Run]) -> None:
    """Each message waits for the reply before; after the last step the side is closed."""
    run = make({"send": "a"}, {"expect": {"is": "A"}}, {"send": "b"}, {"expect": {"is": "B"}})
    run.transport.steps.append(lambda: seen.append(list(run.sent)))
    run.replies(b"A")
    run.transport.steps.append(lambda: seen.append(list(run.sent)))
    run.replies(b"B")
    seen: list[list[bytes]] = []
    end = run.run()
    assert seen == [[b"a"], [b"a", b"b"]]
    assert (run.error, end.outcome.status, end.reason) == ("", Status.OK, "script")
    assert run.transport.calls[0].half_closed


def test_a_message_that_does_not_fit_ends_the_stream(make: Callable[..., Run]) -> None:
    """The sentence has the line, what was expected, what came, and the difference."""
    run = make({"send": "a"}, {"expect": {"is": "A"}}, {"send": "b"})
    run.replies(b"X")
    end = run.run()
    assert run.error == 'script line 2: {"expect": {"is": "A"}}: got X: it is not A'
    assert (run.sent, end.ended_by) == ([b"a"], "client")


def test_nobody_is_waited_for_for_ever(make: Callable[..., Run]) -> None:
    """Ten seconds, or what `within` says."""
    for within, patience_s in (({}, PATIENCE_S), ({"within": "300ms"}, 0.3)):
        run = make({"wait-for": 2, **within})
        run.replies(b"1")
        end = run.run()
        assert f"got nothing but 1 that do not fit within {patience_s:g} s" in run.error
        assert end.outcome.at - end.begun == pytest.approx(patience_s)


def test_messages_wait_for_their_step(make: Callable[..., Run]) -> None:
    """What comes while a step sleeps is there for those after it."""
    run = make({"sleep": "2s"}, {"wait-for": 2}, {"wait-for": {"is": "4"}}, {"expect": {"is": "5"}})
    run.replies(b"1", b"2", b"3", b"4", b"5")
    end = run.run()
    assert run.error == ""
    assert end.half_closed_at is not None
    assert end.half_closed_at - end.begun == pytest.approx(2.0)


def test_a_long_script_needs_no_stack(make: Callable[..., Run]) -> None:
    """Thousands of steps that are done at once."""
    run = make({"sleep": 1}, *[{"expect": {"is": "x"}}] * 3000)
    run.replies(*[b"x"] * 3000)
    run.run()
    assert run.error == ""


@pytest.mark.parametrize(
    ("script", "status", "error"),
    [
        ([{"expect-status": "ABORTED"}], Status.ABORTED, ""),
        ([{"expect-status": "ok"}], Status.ABORTED, "got ABORTED"),
        ([{"half-close": True}, {"expect-status": "OK"}], Status.OK, ""),
        ([{"sleep": 9}, {"half-close": True}], Status.OK, ""),
        ([{"sleep": 9}, {"send": "a"}], Status.OK, "the stream had ended: OK"),
        ([{"expect": {"is": "a"}}], Status.OK, "the stream had ended: OK"),
        ([{"half-close": True}, {"send": "a"}], Status.OK, "the sending side was closed"),
        ([{"cancel": True}, {"expect-status": "CANCELLED"}], Status.OK, ""),
        ([{"cancel": True}, {"expect": {"is": "a"}}], Status.OK, "the stream had ended: CANCEL"),
    ],
)
def test_ends(
    make: Callable[..., Run], script: list[dict[str, Any]], status: Status, error: str
) -> None:
    """A status that was wanted is no failure; steps that had no chance are."""
    run = make(*script)
    if "cancel" not in script[0]:
        run.ends(status)
    end = run.run()
    assert (error in run.error) if error else not run.error
    assert end.expected == (not error and "expect-status" in script[-1])
