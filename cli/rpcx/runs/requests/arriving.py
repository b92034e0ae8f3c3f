"""The only module that reads inputs that can block: standard input and pipes.

A thread reads with `select` and `os.read`, never through `sys.stdin` (a thread blocked there
aborts the interpreter's exit). A pipe wakes the thread when it is to end.
"""

from __future__ import annotations

import errno
import os
import select
import threading
from collections import deque
from typing import TYPE_CHECKING, Final

from rpcx.documents.forms import splitter
from rpcx.engine.source import Dry
from rpcx.errors import DataError, RpcxError
from rpcx.output.terminal import has_hung_up
from rpcx.runs.requests.reading import Reading

if TYPE_CHECKING:
    from collections.abc import Callable

    from rpcx.documents.json_documents import Document

STDIN: Final = 0

_CHUNK: Final = 65_536
_MOST_WAITING: Final = 4096
_JSON: Final = Reading()


class ArrivingDocuments:
    """Documents from a descriptor, each returned once, as soon as it has arrived.

    Args:
        descriptor: What to read from; it stays open.
        encode: Turns a document into a serialised message.
        required: Whether an end without any document is an error.
        reading: How the documents are written, and how each is prepared.
        name: What the input is called in an error.
    """

    def __init__(
        self,
        descriptor: int,
        encode: Callable[[Document], bytes],
        *,
        required: bool,
        reading: Reading = _JSON,
        name: str = "standard input",
    ) -> None:
        self._descriptor = descriptor
        self._encode = encode
        self._required = required
        self._reading = reading
        self._name = name
        self._documents: deque[Document] = deque()
        self._room = threading.Event()
        self._ended = False
        self._error: Exception | None = None
        self._hungry = False
        self._wake: Callable[[], None] = lambda: None
        self._quit_read, self._quit_write = os.pipe()
        self._closed = False
        self._thread = threading.Thread(target=self._read, name="rpcx-stdin", daemon=True)
        self._thread.start()

    def take(self) -> bytes | Dry:
        """Return the next message; NOT_YET while nothing has arrived.

        Raises:
            DataError: The document does not fit the message, or is malformed.
        """
        documents = self._documents
        if not documents:
            self._hungry = True
            # A document that arrived before the flag was set wakes nobody.
            if not documents:
                if not self._ended:
                    return Dry.NOT_YET
                if self._error is not None:
                    error, self._error = self._error, None
                    raise error
                return Dry.END
        self._hungry = False
        document = documents.popleft()
        self._room.set()
        return self._encode(document)

    def skip(self) -> Dry | None:
        """Pass over the next document; NOT_YET while nothing has arrived.

        Raises:
            DataError: As `take`.
        """
        message = self.take()
        return message if isinstance(message, Dry) else None

    def on_arrival(self, wake: Callable[[], None]) -> None:
        """Have `wake` called when something arrives after a NOT_YET."""
        self._wake = wake
        if self._hungry and (self._documents or self._ended):
            wake()

    def close(self) -> None:
        """End the reading thread."""
        self._closed = True
        os.write(self._quit_write, b"q")
        self._room.set()
        self._thread.join()
        os.close(self._quit_read)
        os.close(self._quit_write)

    def _read(self) -> None:
        prepare = self._reading.prepare
        reading = self._reading
        cut = splitter(reading.form, self._name, arrays=reading.arrays)
        seen = False
        try:
            while True:
                ready, _, _ = select.select([self._descriptor, self._quit_read], [], [])
                if self._quit_read in ready:
                    return
                chunk = self._chunk()
                for document in cut.feed(chunk) if chunk else cut.finish():
                    seen = True
                    if prepare is not None:
                        prepare(document)
                    self._arrive(document)
                if not chunk:
                    break
            if self._required and not seen:
                self._error = DataError(
                    f"{self._name} ended without a document; give at least one"
                    f"{self._reading.such_as}"
                )
        except RpcxError as error:
            self._error = error
        except OSError as error:
            self._error = DataError(f"{self._name} cannot be read: {error.strerror}")
        except Exception as error:  # noqa: BLE001 -- a fault of rpcx: `take` raises it
            self._error = error
        finally:
            self._ended = True
            self._feed_hungry()

    def _chunk(self) -> bytes:
        """Read the bytes that are there; empty at the end of the input.

        Raises:
            OSError: The input cannot be read, or is a terminal that has gone away.
        """
        chunk = os.read(self._descriptor, _CHUNK)
        if not chunk and has_hung_up(self._descriptor):
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        return chunk

    def _arrive(self, document: Document) -> None:
        self._documents.append(document)
        self._feed_hungry()
        while len(self._documents) >= _MOST_WAITING and not self._closed:
            self._room.clear()
            if len(self._documents) >= _MOST_WAITING:
                self._room.wait()

    def _feed_hungry(self) -> None:
        if self._hungry:
            self._hungry = False
            self._wake()
