"""Requests that are bytes already."""

from __future__ import annotations

from typing import TYPE_CHECKING

from google.protobuf.message import DecodeError
from google.protobuf.message_factory import GetMessageClass

from rpcx.errors import DataError

if TYPE_CHECKING:
    from google.protobuf.descriptor import Descriptor

    from rpcx.documents.json_documents import Document


class BinaryEncoder:
    """Passes on a request's bytes as they are, once they are known to be such a message."""

    def __init__(self, descriptor: Descriptor) -> None:
        self._name = descriptor.full_name
        self._parse = GetMessageClass(descriptor).FromString

    def __call__(self, document: Document) -> bytes:
        """Return the document's own bytes, unknown fields included.

        Raises:
            DataError: They are no such message.
        """
        try:
            self._parse(document.data)
        except DecodeError:
            raise DataError(
                f"message {document.line}: its {len(document.data):,} bytes are no {self._name}"
            ) from None
        return document.data
