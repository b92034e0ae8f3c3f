"""A conversation written down: the steps of `rpcx stream --script`, and how a file gives them.

One JSON object is one step; its first key says what is done (`rpcx help scripts`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from rpcx.documents.json_documents import json_documents
from rpcx.errors import DataError, UsageError
from rpcx.results import Status
from rpcx.words.durations import parse_duration
from rpcx.words.printable import printable, quoted
from rpcx.words.suggestions import alternatives

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rpcx.documents.json_documents import Document

    Matcher = Callable[[bytes], "str | None"]
    """Takes a serialised message; says how it differs from what is wanted, None if it fits."""

PATIENCE_S: Final = 10.0
"""How long a step waits for what it expects, unless `within` says."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step.

    Attributes:
        line: Where the script has it.
        text: Its JSON, for sentences.
        within_s: How long it may wait for something.
    """

    line: int
    text: str
    within_s: float = PATIENCE_S


@dataclass(frozen=True, slots=True)
class Send(Step):
    """Send a message, and wait until gRPC's core has completed it."""

    message: bytes = b""


@dataclass(frozen=True, slots=True)
class WaitFor(Step):
    """Take so many messages that came, or all up to one that fits."""

    count: int = 1
    matches: Matcher | None = None


@dataclass(frozen=True, slots=True)
class Expect(Step):
    """Take the next message that came: it has to fit."""

    matches: Matcher = lambda _message: None


@dataclass(frozen=True, slots=True)
class ExpectStatus(Step):
    """Wait for the end: it has to have this status."""

    status: Status = Status.OK


@dataclass(frozen=True, slots=True)
class Sleep(Step):
    """Do nothing for a time."""

    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class HalfClose(Step):
    """Close the sending side."""


@dataclass(frozen=True, slots=True)
class Cancel(Step):
    """End the stream from this side."""


class ScriptReader:
    """Makes steps of a script's JSON.

    Args:
        parse: A document's JSON value; raises DataError.
        encode: A request's bytes from its JSON value and line; raises DataError.
        matcher: What compares messages with a JSON value of that line; raises DataError.
    """

    def __init__(
        self,
        parse: Callable[[Document], Any],
        encode: Callable[[Any, int], bytes],
        matcher: Callable[[Any, int], Matcher],
    ) -> None:
        self._parse = parse
        self._encode = encode
        self._matcher = matcher
        self._kinds: dict[str, Callable[[Any, dict[str, Any]], Step]] = {
            "send": self._send,
            "expect": self._expect,
            "wait-for": self._wait_for,
            "expect-status": self._expect_status,
            "sleep": self._sleep,
            "half-close": lambda value, where: self._plain(HalfClose, value, where),
            "cancel": lambda value, where: self._plain(Cancel, value, where),
        }

    def read(self, data: bytes) -> tuple[Step, ...]:
        """The steps of a script.

        Raises:
            DataError: It has none, or one that is no step; the sentence names its line.
        """
        steps = tuple(self._steps(data))
        if not steps:
            raise DataError('there is no step in it; give some, such as {"send": {}}')
        return steps

    def _steps(self, data: bytes) -> Iterator[Step]:
        for document in json_documents(data):
            try:
                yield self._step(document)
            except UsageError as error:  # a duration that is none
                raise DataError(f"line {document.line}: {error}") from None

    def _step(self, document: Document) -> Step:
        value = self._parse(document)
        known = [key for key in self._kinds if isinstance(value, dict) and key in value]
        if len(known) != 1:
            raise DataError(
                f"line {document.line}: {_shown(document)} is no step: it has to be an object with"
                f" one of {', '.join(self._kinds)}"
            )
        where: dict[str, Any] = {"line": document.line, "text": _shown(document)}
        for key in value.keys() - {*known, "within", "note"}:
            others = [*known, "within", "note"]
            raise DataError(
                f"line {document.line}: {quoted(key)} has no place in {where['text']}"
                f"{alternatives(key, others, 'keys')}"
            )
        if "within" in value:
            where["within_s"] = _seconds(value["within"], "within")
        return self._kinds[known[0]](value[known[0]], where)

    def _send(self, value: Any, where: dict[str, Any]) -> Step:
        return Send(**where, message=self._encode(value, where["line"]))

    def _expect(self, value: Any, where: dict[str, Any]) -> Step:
        return Expect(**where, matches=self._matcher(value, where["line"]))

    def _wait_for(self, value: Any, where: dict[str, Any]) -> Step:
        if isinstance(value, dict):
            return WaitFor(**where, matches=self._matcher(value, where["line"]))
        if not isinstance(value, int) or isinstance(value, bool) or value < 1:
            raise DataError(
                f"line {where['line']}: wait-for takes a number of messages from 1 on, or the"
                f" fields of one to wait for, found {where['text']}"
            )
        return WaitFor(**where, count=value)

    @staticmethod
    def _expect_status(value: Any, where: dict[str, Any]) -> Step:
        if not isinstance(value, str) or value.upper() not in Status.__members__:
            names = list(Status.__members__)
            raise DataError(
                f"line {where['line']}: {printable(str(value))!r} is no status"
                f"{alternatives(str(value), names, 'statuses')}"
            )
        return ExpectStatus(**where, status=Status[value.upper()])

    @staticmethod
    def _sleep(value: Any, where: dict[str, Any]) -> Step:
        return Sleep(**where, seconds=_seconds(value, "sleep"))

    @staticmethod
    def _plain(kind: type[Step], value: Any, where: dict[str, Any]) -> Step:
        if value is not True:
            raise DataError(f"line {where['line']}: write true in {where['text']}")
        return kind(**where)


def _seconds(value: Any, key: str) -> float:
    return parse_duration(str(value), key)


def _shown(document: Document) -> str:
    return printable(" ".join(document.data.decode("utf-8", "backslashreplace").split()))
