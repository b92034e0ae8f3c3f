"""Request documents to protobuf bytes and protobuf bytes to JSON; knows no channel."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rpcx.codec.json import JsonEncoder, json_decoder
from rpcx.documents.forms import InputForm

if TYPE_CHECKING:
    from collections.abc import Callable

    from google.protobuf.descriptor import Descriptor
    from google.protobuf.descriptor_pool import DescriptorPool

    from rpcx.codec.types import Find
    from rpcx.documents.json_documents import Document

__all__ = ["JsonEncoder", "encoder", "json_decoder"]


def encoder(
    descriptor: Descriptor,
    pool: DescriptorPool,
    *,
    form: InputForm = InputForm.JSON,
    allow_unknown_fields: bool = False,
    find: Find | None = None,
) -> Callable[[Document], bytes]:
    """Return the function that makes a message's bytes from a document of this form.

    It raises `DataError` when the document is malformed or does not fit the message.

    Args:
        descriptor: The message's type.
        pool: Where extensions and the types in an Any are looked up.
        form: How documents are written, as `rpcx.documents.forms.splitter` cuts them.
        allow_unknown_fields: Pass over fields, and names in enums, that do not exist.
        find: Asked for extensions and types in an Any of JSON that the pool lacks.
    """
    if form in (InputForm.JSON, InputForm.CSV):
        return JsonEncoder(descriptor, pool, allow_unknown_fields=allow_unknown_fields, find=find)
    if form is InputForm.TEXT:
        from rpcx.codec.text import TextEncoder  # noqa: PLC0415 - only where asked for

        return TextEncoder(descriptor, pool, allow_unknown_fields=allow_unknown_fields)
    from rpcx.codec.binary import BinaryEncoder  # noqa: PLC0415 - likewise

    return BinaryEncoder(descriptor)
