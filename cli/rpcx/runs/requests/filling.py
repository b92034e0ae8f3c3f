"""`--template`: requests and headers that are filled in call by call.

A document is parsed and its templates are compiled once. Each call then fills them in and
serialises the message. A filled-in value is text. If the field is not a string, the text must be
valid JSON for it (a number as a string is a number).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from rpcx.documents.json_documents import Document
from rpcx.engine.source import Dry, Request
from rpcx.errors import DataError
from rpcx.templating.foreign import quoted_placeholders
from rpcx.templating.sandbox import Sandbox
from rpcx.templating.values import Values, check_names
from rpcx.words.printable import quoted

if TYPE_CHECKING:
    import contextlib
    from collections.abc import Callable, Mapping, Sequence

    from rpcx.codec import JsonEncoder
    from rpcx.engine.calls.share import Share
    from rpcx.engine.source import RequestSource
    from rpcx.results import Metadata
    from rpcx.runs.requests.rows import Rows
    from rpcx.templating.sandbox import Text

_HEADER_VALUE = re.compile(r"[\x20-\x7e]*")


class Compiled(bytes):
    """A document whose templates are compiled: its bytes as written, and how to fill it in."""

    line: int
    fill: Callable[[Mapping[str, Any]], Any]
    names: set[str]
    known: bool
    """Whether its names were checked: they are the same for every row."""


class _WithRow(bytes):
    """A compiled document with the row that this call fills it in with."""

    document: Compiled
    row: Mapping[str, Any]


class Templates:
    """What the templates of all methods share: the sandbox and the values.

    Args:
        allowed: The names of --allow-env.

    Attributes:
        allowed: These names.

    Raises:
        UsageError: One of them is not set.
    """

    def __init__(self, allowed: Sequence[str]) -> None:
        self.allowed = tuple(allowed)
        self.sandbox = Sandbox()
        self.values = Values(allowed)


class Filling:
    """The templates of one method.

    Args:
        templates: What all methods share.
        encoder: Turns JSON values into messages.
        metadata: The method's headers.
        rows: Where the columns come from; None where --rows was not given.

    Raises:
        DataError: A template in a header is not a valid expression.
    """

    def __init__(
        self,
        templates: Templates,
        encoder: JsonEncoder,
        metadata: Metadata,
        rows: Callable[[], Rows] | None,
    ) -> None:
        self._sandbox = templates.sandbox
        self._values = templates.values
        self._encoder = encoder
        self._metadata = metadata
        self._rows = rows
        texts = {
            key: self._sandbox.text(value, f"-H {key}") if isinstance(value, str) else None
            for key, value in metadata
        }
        self._headers: dict[str, Text] = {key: text for key, text in texts.items() if text}
        self._header_names: set[str] = set()
        for text in self._headers.values():
            self._header_names |= text.names

    def compile(self, document: Document) -> Compiled:
        """Parse a document and compile its templates: the encoder of its source.

        Raises:
            DataError: It is not JSON, or a template is not a valid expression.
        """
        compiled = Compiled(document.data)
        compiled.line = document.line
        value = self._encoder.parse(document._replace(data=quoted_placeholders(document.data)))

        def scalar(text: str) -> Any:
            try:
                return self._encoder.parse(Document(text.encode(), document.line))
            except DataError:
                raise DataError(
                    f"line {document.line}: a template gives {quoted(text)}, which is not a JSON"
                    """ value; put the template in quotes: "{{…}}\""""
                ) from None

        compiled.fill, compiled.names = self._sandbox.value(value, f"line {document.line}", scalar)
        compiled.known = False
        return compiled

    def with_rows(self, source: RequestSource, opened: contextlib.ExitStack) -> RequestSource:
        """Return the requests, each with the next row; unchanged if there are no rows."""
        if self._rows is None:
            return source
        rows = self._rows()
        opened.callback(rows.close)
        return _Rowed(source, rows)

    def fill(self, message: bytes, seq: int) -> tuple[bytes, Metadata | None]:
        """Return the message and the headers of a call.

        Args:
            message: A document that `compile` returned.
            seq: The number of the call.

        Raises:
            DataError: A template has no value, or its value does not fit.
        """
        row: Mapping[str, Any] = {}
        if isinstance(message, _WithRow):
            row, message = message.row, message.document
        assert isinstance(message, Compiled)  # noqa: S101 -- `compile` made it
        if not message.known:
            check_names(message.names, row, f"line {message.line}")
            message.known = True
        values = self._values.of_call(seq, row, message.names | self._header_names)
        value = message.fill(values)
        encoded = self._encoder.build(value, message.line)
        if not self._headers:
            return encoded, None
        if self._rows is None and isinstance(value, dict):
            # Without rows, the columns of the data are the request's own fields.
            values = {**value, **values, "row": value}
        return encoded, tuple(
            (key, self._header(key, values) if key in self._headers else text)
            for key, text in self._metadata
        )

    def _header(self, key: str, values: Mapping[str, Any]) -> str:
        text = self._headers[key].fill(values)
        if not _HEADER_VALUE.fullmatch(text):
            raise DataError(
                f"-H {key}: {quoted(text)} is not printable ASCII; filter it: |urlencode"
            )
        return text.strip()


class _Rowed:
    """Requests with a row each; they end with the rows.

    Args:
        source: The requests.
        rows: The rows.
    """

    def __init__(self, source: RequestSource, rows: Rows) -> None:
        self._source = source
        self._rows = rows
        self.on_arrival = source.on_arrival

    def take(self) -> Request | Dry:
        """Return the next request, with the next row.

        Raises:
            DataError: As the source and the rows.
        """
        request = self._source.take()
        if isinstance(request, Dry):
            return request
        row = self._rows.take()
        if row is None:
            return Dry.END
        document = request.message
        assert isinstance(document, Compiled)  # noqa: S101 -- the source's encoder made it
        message = _WithRow(document)
        message.document, message.row = document, row
        return Request(request.method, message)

    def skip(self) -> int | Dry:
        """Pass over the next request and its row.

        Raises:
            DataError: As the source and the rows.
        """
        method = self._source.skip()
        if isinstance(method, Dry):
            return method
        return Dry.END if self._rows.take() is None else method


class Filled:
    """Requests whose templates are filled in: as they are sent.

    Args:
        source: The requests of this share.
        fillings: The templates of each method; None for a method without.
        share: Which of the run's calls these are.
    """

    def __init__(
        self, source: RequestSource, fillings: Sequence[Filling | None], share: Share
    ) -> None:
        self._source = source
        self._fillings = fillings
        self._number = share.number
        self._count = 0
        self.on_arrival = source.on_arrival

    def take(self) -> Request | Dry:
        """Return the next request.

        Raises:
            DataError: As the source, or a template has no value, or its value does not fit.
        """
        request = self._source.take()
        if isinstance(request, Dry):
            return request
        seq = self._number(self._count)
        self._count += 1
        filling = self._fillings[request.method]
        if filling is None:
            return request
        return Request(request.method, *filling.fill(request.message, seq))

    def skip(self) -> int | Dry:
        """Pass over the next request; nothing is filled in.

        Raises:
            DataError: As the source.
        """
        method = self._source.skip()
        if not isinstance(method, Dry):
            self._count += 1
        return method
