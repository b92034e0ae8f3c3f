"""`-d`: documents that are stored, and the choice of what a `-d` names."""

from __future__ import annotations

import functools
import io
import itertools
import mmap
import os
import stat
from typing import IO, TYPE_CHECKING, Final, NamedTuple

from rpcx.documents.forms import InputForm, splitter
from rpcx.documents.json_documents import Document
from rpcx.documents.textfiles import open_binary
from rpcx.engine.source import Dry
from rpcx.errors import DataError
from rpcx.runs.requests.arriving import STDIN, ArrivingDocuments
from rpcx.runs.requests.reading import Reading
from rpcx.words.printable import printable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

_CHUNK: Final = 65_536
_KEPT_BYTES: Final = 16 * 1024 * 1024
"""The most bytes of messages that are serialised once, for all rounds."""
_PASSED_OVER: Final = b""


class Part(NamedTuple):
    """Documents that are all available.

    Attributes:
        stream: Holds them; it is read from its start.
        reading: How they are written.
        name: What the input is called in an error.
    """

    stream: IO[bytes]
    reading: Reading
    name: str


class StoredDocuments:
    """Documents that are all available: given on the command line, or in a file.

    They are read and serialised as they are needed, and may repeat. `take` returns the next
    message, and END after the last unless they repeat. It raises `DataError` if the document does
    not fit the message, or is malformed.

    Args:
        parts: The documents, in order.
        encode: Turns a document into a serialised message.
        again: Whether to repeat at the end.
        required: Whether a part without any document is an error.
    """

    def __init__(
        self,
        parts: Sequence[Part],
        encode: Callable[[Document], bytes],
        *,
        again: bool,
        required: bool,
    ) -> None:
        self._parts = parts
        self._encode = encode
        self._again = again
        self._required = required
        self._kept: list[bytes | Document] | None = [] if again else None
        self._kept_bytes = 0
        self._skipping = False
        self._whole = False
        rounds = itertools.chain.from_iterable(self._rounds())
        self.take: Callable[[], bytes | Dry] = functools.partial(next, rounds, Dry.END)

    def skip(self) -> Dry | None:
        """Pass over the next document without serialising it; END if there is none.

        Raises:
            DataError: It is malformed.
        """
        self._skipping = True
        try:
            return Dry.END if self.take() is Dry.END else None
        finally:
            self._skipping = False

    def on_arrival(self, wake: Callable[[], None]) -> None:
        """Do nothing: nothing arrives later."""

    def close(self) -> None:
        """Close the streams of the documents."""
        for part in self._parts:
            part.stream.close()

    def _rounds(self) -> Iterator[Iterable[bytes]]:
        """Yield the messages, round by round; nothing follows an error."""
        yield self._read_round()
        while self._again and self._whole:
            kept = self._kept
            if kept is None:
                yield self._read_round()
            elif any(isinstance(one, Document) for one in kept):
                yield self._kept_round(kept)
            else:
                # From here on a message takes no Python code.
                yield itertools.cycle(kept)  # type: ignore[arg-type] # no Document among them

    def _read_round(self) -> Iterator[bytes]:
        self._whole = False
        found = False
        for document in self._read():
            found = True
            if self._skipping:
                self._keep(document, len(document.data))
                yield _PASSED_OVER
            else:
                message = self._encode(document)
                self._keep(message, len(message))
                yield message
        self._whole = found

    def _kept_round(self, kept: list[bytes | Document]) -> Iterator[bytes]:
        """Serialise the documents that were passed over before."""
        self._whole = False
        for at, one in enumerate(kept):
            if not isinstance(one, Document):
                yield one
            elif self._skipping:
                yield _PASSED_OVER
            else:
                kept[at] = message = self._encode(one)
                yield message
        self._whole = True

    def _keep(self, message: bytes | Document, size: int) -> None:
        if self._kept is None:
            return
        self._kept_bytes += size
        if self._kept_bytes > _KEPT_BYTES:
            self._kept = None
        else:
            self._kept.append(message)

    def _read(self) -> Iterator[Document]:
        for stream, reading, name in self._parts:
            found = False
            stream.seek(0)
            cut = splitter(reading.form, name, arrays=reading.arrays)
            while chunk := stream.read(_CHUNK):
                for document in cut.feed(chunk):
                    found = True
                    yield document
            for document in cut.finish():
                found = True
                yield document
            if self._required and not found:
                raise DataError(f"{name} has no document; give at least one{reading.such_as}")


_JSON: Final = Reading()

DocumentSource = StoredDocuments | ArrivingDocuments


def open_data(
    data: str,
    encode: Callable[[Document], bytes],
    *,
    again: bool,
    required: bool,
    reading: Reading = _JSON,
) -> DocumentSource:
    """Return the source that one `-d` names; as `open_all`."""
    return open_all((data,), encode, again=again, required=required, reading=reading)


def open_all(
    data: Sequence[str],
    encode: Callable[[Document], bytes],
    *,
    again: bool,
    required: bool,
    reading: Reading = _JSON,
) -> DocumentSource:
    """Return the source that `-d` names: documents, `@file`, or `@-` for standard input.

    Args:
        data: Each `-d`; their documents follow one another.
        encode: Turns a document into a serialised message.
        again: Whether to repeat at the end, if that is possible.
        required: Whether an end without any document is an error.
        reading: How its documents are written.

    Raises:
        DataError: There is no such file, or it cannot be read; or an input that can block is not
            the only one.
    """
    opened = [_open(one, reading) for one in data]
    [first, *others] = opened
    if isinstance(first, _Arriving) and not others:
        return ArrivingDocuments(
            first.descriptor, encode, required=required, reading=first.reading, name=first.name
        )
    parts = [one for one in opened if isinstance(one, Part)]
    if len(parts) < len(opened):
        name = next(one.name for one in opened if isinstance(one, _Arriving))
        raise DataError(
            f"-d names {name}, which is read as it arrives and so cannot be combined with another"
            " -d; write both into one file or pipe"
        )
    return StoredDocuments(parts, encode, again=again, required=required)


class _Arriving(NamedTuple):
    """Documents that are still to arrive: the counterpart of a `Part`, with a descriptor."""

    descriptor: int
    reading: Reading
    name: str


def _open(data: str, reading: Reading) -> Part | _Arriving:
    """Open one `-d`."""
    if not data.startswith("@"):
        # Undecodable bytes of the command line stay as they are, and are refused with their line.
        return Part(io.BytesIO(os.fsencode(data)), reading, "-d")
    if data == "@-":
        return _Arriving(STDIN, reading, "standard input")
    path = data[1:]
    if reading.form is InputForm.JSON and path.lower().endswith(".csv"):
        reading = reading._replace(form=InputForm.CSV)
    name = f"the file {printable(path)!r}"
    hint = "; give -d JSON, -d @file or -d @- for standard input"
    stream = open_binary(path, f"-d {printable(data)!r}", DataError, hint)
    if not stat.S_ISREG(os.fstat(stream.fileno()).st_mode):
        descriptor = os.dup(stream.fileno())
        stream.close()
        return _Arriving(descriptor, reading, name)
    return Part(stream, reading, name)


def mentioned_types(data: str, form: InputForm) -> set[str]:
    """Return the types that a `-d` mentions inside an Any; none of those still to arrive."""
    from rpcx.codec import mentions

    if not data.startswith("@"):
        return mentions.mentioned_types(form, os.fsencode(data))
    try:
        with (
            open_binary(data[1:], "-d", DataError) as file,
            mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content,
        ):
            return mentions.mentioned_types(form, content)
    except (DataError, OSError, ValueError):  # not there, not a regular file, or empty
        return set()
