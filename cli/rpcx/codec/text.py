"""Text format to request bytes (https://protobuf.dev/reference/protobuf/textformat-spec/)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from google.protobuf import text_format
from google.protobuf.message_factory import GetMessageClass

from rpcx.codec.from_json import serialized
from rpcx.codec.misfit import Misfit
from rpcx.codec.places import not_utf8, place
from rpcx.errors import DataError
from rpcx.words.printable import printable, quoted
from rpcx.words.suggestions import alternatives

if TYPE_CHECKING:
    from google.protobuf.descriptor import Descriptor
    from google.protobuf.descriptor_pool import DescriptorPool

    from rpcx.documents.json_documents import Document

_UNKNOWN_FIELD = re.compile(r'Message type "(?P<type>[\w.]+)" has no field named "(?P<name>.*)"\.')
_PREFIX = re.compile(r"^\d+:\d+ : ")


class TextEncoder:
    """Makes a request's bytes from a document in text format."""

    def __init__(
        self, descriptor: Descriptor, pool: DescriptorPool, *, allow_unknown_fields: bool = False
    ) -> None:
        self._new = GetMessageClass(descriptor)
        self._pool = pool
        self._allow_unknown = allow_unknown_fields

    def __call__(self, document: Document) -> bytes:
        """Return the bytes of the message that `document` describes.

        Raises:
            DataError: It is no text format, or does not fit the message; with the line and
                column where that shows.
        """
        try:
            text = document.data.decode()
        except UnicodeDecodeError as error:
            raise not_utf8(document, error) from None
        message = self._new()
        try:
            text_format.Parse(
                text,
                message,
                allow_unknown_field=self._allow_unknown,
                descriptor_pool=self._pool,
            )
            return serialized(message)
        except text_format.ParseError as error:
            raise self._refused(document, text, error) from None
        except Misfit as misfit:
            raise DataError(f"line {document.line}: {misfit.sentence()}") from None
        except RecursionError:
            raise DataError(f"line {document.line}: the messages are nested too deep") from None

    def _refused(self, document: Document, text: str, error: text_format.ParseError) -> DataError:
        line, column = error.GetLine(), error.GetColumn()
        said = _PREFIX.sub("", str(error))
        where = f"line {document.line}"
        if line and column:
            where = place(document, line - 1, column)
            for shown in (text.split("\n")[line - 1], ""):  # at the end it is empty
                said = said.removeprefix(f"'{shown}': ")
        unknown = _UNKNOWN_FIELD.match(said)
        if unknown is None:
            return DataError(f"{where}: {printable(said.rstrip('.'))}")
        name, message = unknown["name"], unknown["type"]
        return DataError(
            f"{where}: {quoted(name)} is no field of {message}"
            f"{alternatives(name, self._fields(message), 'fields')}"
        )

    def _fields(self, name: str) -> list[str]:
        try:
            return [field.name for field in self._pool.FindMessageTypeByName(name).fields]
        except KeyError:
            return []
