"""`-d`: documents that are all there, and documents that arrive."""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING

import pytest

from rpcx.engine.source import Dry, Single
from rpcx.errors import DataError
from rpcx.runs.requests import stored as data_module
from rpcx.runs.requests.arriving import ArrivingDocuments
from rpcx.runs.requests.stored import open_data

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from rpcx.documents.json_documents import Document

PATIENCE_S = 10.0


def raw(document: Document) -> bytes:
    """An encoder that leaves a document as it is."""
    if b"nope" in document.data:
        raise DataError("field nope")
    return document.data


def taken(data: str, most: int = 20, *, again: bool = False) -> list[bytes]:
    """What a `-d` gives, up to its end or so many."""
    source = open_data(data, raw, again=again, required=True)
    messages: list[bytes] = []
    try:
        while len(messages) < most and isinstance(message := source.take(), bytes):
            messages.append(message)
    finally:
        source.close()
    return messages


class TestStored:
    """Documents on the command line and in files."""

    def test_one_document_one_message(self) -> None:
        """Lines, neighbours and documents over many lines are all the same."""
        assert taken('{"a":1}{"b":2}\n{"c":\n3}') == [b'{"a":1}', b'{"b":2}', b'{"c":\n3}']

    def test_round_again(self, tmp_path: Path) -> None:
        """A file whose documents are fewer than the calls begins again."""
        path = tmp_path / "two.ndjson"
        path.write_text("1\n2\n")
        assert taken(f"@{path}", 5, again=True) == [b"1", b"2", b"1", b"2", b"1"]
        assert taken(f"@{path}", 5) == [b"1", b"2"]

    def test_round_again_from_the_file_where_it_is_large(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Messages beyond what is kept in memory are read again, the same ones."""
        monkeypatch.setattr(data_module, "_KEPT_BYTES", 3)
        path = tmp_path / "many.ndjson"
        path.write_text("10 20 30")
        assert taken(f"@{path}", 7, again=True) == [b"10", b"20", b"30"] * 2 + [b"10"]

    def test_each_is_encoded_once(self) -> None:
        """The second round costs no serialisation."""
        seen: list[bytes] = []

        def encode(document: Document) -> bytes:
            seen.append(document.data)
            return document.data

        source = open_data("1 2", encode, again=True, required=True)
        assert [source.take() for _ in range(6)] == [b"1", b"2"] * 3
        assert seen == [b"1", b"2"]

    def test_what_is_passed_over_is_not_encoded(self) -> None:
        """A share encodes what it sends: the others' documents only keep their place."""
        seen: list[bytes] = []

        def encode(document: Document) -> bytes:
            seen.append(document.data)
            return document.data

        source = open_data("1 2 3", encode, again=True, required=True)
        taken = []
        for _ in range(4):
            assert source.skip() is None
            taken.append(source.take())
        assert taken == [b"2", b"1", b"3", b"2"]
        assert seen == [b"2", b"1", b"3"]

    def test_nothing_follows_an_error(self) -> None:
        """The rounds end where a document is no message: the good ones do not come again."""
        source = open_data("1 2 nope 3", raw, again=True, required=True)
        assert source.take() == b"1"
        assert source.skip() is None
        with pytest.raises(DataError, match="nope"):
            source.take()
        assert source.take() is Dry.END
        assert source.skip() is Dry.END

    def test_no_document_is_an_error(self, tmp_path: Path) -> None:
        """An empty file is named; so is an empty -d."""
        path = tmp_path / "empty.json"
        path.write_text(" \n")
        with pytest.raises(DataError, match=r"empty\.json' has no document; give at least one"):
            taken(f"@{path}")
        with pytest.raises(DataError, match="-d has no document"):
            taken("")

    def test_no_document_is_fine_where_none_is_needed(self) -> None:
        """A client stream may send nothing."""
        source = open_data("", raw, again=True, required=False)
        assert source.take() is Dry.END

    def test_a_file_that_cannot_be_read(self, tmp_path: Path) -> None:
        """The sentence quotes what was typed and says why."""
        with pytest.raises(DataError, match=r"missing' cannot be read: No such file"):
            open_data(f"@{tmp_path}/missing", raw, again=False, required=True)

    def test_a_directory_cannot_be_read(self, tmp_path: Path) -> None:
        """The same where it is no file at all."""
        with pytest.raises(DataError, match="cannot be read: Is a directory"):
            open_data(f"@{tmp_path}", raw, again=False, required=True)

    def test_a_named_pipe_is_read_as_it_arrives(self, tmp_path: Path) -> None:
        """What can't be read twice is handed out like standard input."""
        path = tmp_path / "pipe"
        os.mkfifo(path)
        writer = threading.Thread(target=lambda: path.write_text("1 2 "))
        writer.start()
        source = open_data(f"@{path}", raw, again=True, required=True)
        assert isinstance(source, ArrivingDocuments)
        reader = Reader(source)
        assert [reader.next(), reader.next(), reader.next()] == [b"1", b"2", Dry.END]
        source.close()
        writer.join()


class Reader:
    """Waits for what a source says is NOT_YET.

    Args:
        source: The source.
    """

    def __init__(self, source: ArrivingDocuments) -> None:
        self._source = source
        self._arrived = threading.Event()
        source.on_arrival(self._arrived.set)

    def next(self) -> bytes | Dry:
        """The next message, or END."""
        while (message := self._source.take()) is Dry.NOT_YET:
            assert self._arrived.wait(PATIENCE_S)
            self._arrived.clear()
        return message


class Pipe:
    """A pipe, its writing end, and the source at its reading end."""

    def __init__(self, *, required: bool = False) -> None:
        self.read_end, self.write_end = os.pipe()
        self._open = True
        self.source = ArrivingDocuments(self.read_end, raw, required=required)
        self.reader = Reader(self.source)

    def write(self, text: bytes) -> None:
        """Write at once."""
        os.write(self.write_end, text)

    def end(self) -> None:
        """Close the writing end."""
        if self._open:
            self._open = False
            os.close(self.write_end)

    def close(self) -> None:
        """Close everything."""
        self.source.close()
        self.end()
        os.close(self.read_end)


@pytest.fixture
def pipe() -> Iterator[Pipe]:
    """A pipe to a source."""
    opened = Pipe()
    yield opened
    opened.close()


class TestArriving:
    """Documents on standard input."""

    def test_each_is_there_as_soon_as_it_is_whole(self, pipe: Pipe) -> None:
        """Nobody waits for the next line, and half a document is none."""
        pipe.write(b'{"a":1}\n{"b"')
        assert pipe.reader.next() == b'{"a":1}'
        assert pipe.source.take() is Dry.NOT_YET
        pipe.write(b":2}")
        assert pipe.reader.next() == b'{"b":2}'
        pipe.end()
        assert pipe.reader.next() is Dry.END
        assert pipe.source.take() is Dry.END

    def test_an_empty_input_is_an_error_where_one_is_needed(self) -> None:
        """The sentence names standard input."""
        opened = Pipe(required=True)
        opened.end()
        with pytest.raises(DataError, match="standard input ended without a document"):
            opened.reader.next()
        opened.close()

    def test_rubbish_is_an_error_after_what_was_before_it(self, pipe: Pipe) -> None:
        """Documents that were whole are handed out first; then line and column are told."""
        pipe.write(b'{"a":1}\n  oops\n')
        assert pipe.reader.next() == b'{"a":1}'
        with pytest.raises(DataError, match="line 2, column 3"):
            pipe.reader.next()

    def test_a_document_that_is_no_message(self, pipe: Pipe) -> None:
        """The encoder's error is raised where the document is taken, and the next follows."""
        pipe.write(b'{"nope":1} 2 ')
        with pytest.raises(DataError, match="field nope"):
            pipe.reader.next()
        assert pipe.reader.next() == b"2"

    def test_close_ends_the_reading_of_an_open_pipe(self) -> None:
        """A writer that never ends holds up nothing, and nor does one that wrote too much."""
        opened = Pipe()
        opened.write(b"1 " * 6000)
        assert opened.reader.next() == b"1"
        opened.close()
        assert not opened.source._thread.is_alive()

    def test_a_fast_writer_waits(self, pipe: Pipe) -> None:
        """No more than a bounded number of documents wait in memory; none is lost."""
        count = 30_000
        writer = threading.Thread(target=feed, args=(pipe, count))
        writer.start()
        seen = 0
        while isinstance(pipe.reader.next(), bytes):
            seen += 1
            assert len(pipe.source._documents) <= 4096
        writer.join()
        assert seen == count


def feed(pipe: Pipe, count: int) -> None:
    """Write so many documents, and end."""
    text = memoryview(b"2 " * count)
    while text:
        text = text[os.write(pipe.write_end, text) :]
    pipe.end()


class Listed:
    """A source of these messages."""

    def __init__(self, *messages: bytes | Dry) -> None:
        self._messages = list(messages)
        self.on_arrival = lambda _wake: None

    def take(self) -> bytes | Dry:
        """The next."""
        return self._messages.pop(0) if self._messages else Dry.END


def test_single_takes_one_message() -> None:
    """A method whose client side does not stream gets its message and no more."""
    source = Single(Listed(b"1"))
    assert [source.take(), source.take()] == [b"1", Dry.END]


def test_single_refuses_a_second_message() -> None:
    """More documents than the method takes are an error, before the first is sent."""
    source = Single(Listed(b"1", b"2"))
    with pytest.raises(DataError, match="takes one message and the data has more"):
        source.take()


def test_single_waits_for_nobody() -> None:
    """Whether a second one would come is not waited for."""
    source = Single(Listed(Dry.NOT_YET, b"1", Dry.NOT_YET))
    assert [source.take(), source.take(), source.take()] == [Dry.NOT_YET, b"1", Dry.END]
