"""JSON documents to request bytes, response bytes to one line of JSON.

Documents are read by Python's own scanner, which keeps integers exact and shows every pair
of an object, so that a key that stands twice is found; responses are written by orjson.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NoReturn

import orjson
from google.protobuf.message import DecodeError
from google.protobuf.message_factory import GetMessageClass

from rpcx.codec.from_json import JsonReader, serialized
from rpcx.codec.misfit import Misfit
from rpcx.codec.places import not_utf8, place_after
from rpcx.codec.seek import seek
from rpcx.codec.to_json import JsonPrinter
from rpcx.codec.types import Types
from rpcx.errors import DataError
from rpcx.text import printable, quoted

if TYPE_CHECKING:
    from collections.abc import Callable

    from google.protobuf.descriptor import Descriptor
    from google.protobuf.descriptor_pool import DescriptorPool

    from rpcx.codec.types import Find
    from rpcx.documents import Document


class _NotJsonError(ValueError):
    """Something that Python's scanner lets through and JSON does not."""


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) < len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                raise _NotJsonError(f"the key {quoted(key)} is there twice in one object")
            seen.add(key)
    return value


def _constant(word: str) -> NoReturn:
    raise _NotJsonError(f'{word} is no JSON, write "{word}"')


_DECODER = json.JSONDecoder(object_pairs_hook=_unique, parse_constant=_constant)
_scan = _DECODER.scan_once  # type: ignore[attr-defined] # typeshed leaves it out


def _parse(text: str) -> Any:
    """Return the value of a JSON text, with white space around it or, at half the cost, none."""
    try:
        value, end = _scan(text, 0)
        if end == len(text):
            return value
    except StopIteration:
        pass
    return _DECODER.decode(text)


class JsonEncoder:
    """Makes a request's bytes from a JSON document; call it, or its two halves one by one."""

    def __init__(
        self,
        descriptor: Descriptor,
        pool: DescriptorPool,
        *,
        allow_unknown_fields: bool = False,
        find: Find | None = None,
    ) -> None:
        reader = JsonReader(Types(pool, find), allow_unknown_fields=allow_unknown_fields)
        self._fill = reader.fill(descriptor)
        self._new = GetMessageClass(descriptor)

    def __call__(self, document: Document) -> bytes:
        """Return the bytes of the message that `document` describes.

        Raises:
            DataError: It is no JSON, or does not fit the message.
        """
        value = self.parse(document)
        try:
            return self._serialize(value)
        except Misfit as misfit:
            raise DataError(f"{_where(document, misfit)}: {misfit.sentence()}") from None
        except RecursionError:
            raise _too_deep(document.line) from None

    def parse(self, document: Document) -> Any:
        """Return the JSON value that `document` holds.

        Raises:
            DataError: It is no JSON, with the line and column; or no UTF-8; or a key is there
                twice in one object.
        """
        try:
            return _parse(document.data.decode())
        except UnicodeDecodeError as error:
            raise not_utf8(document, error) from None
        except json.JSONDecodeError as error:
            where = place_after(document, error.doc[: error.pos])
            raise DataError(f"{where}: malformed JSON: {_reason(error)}") from None
        except RecursionError:
            raise DataError(f"line {document.line}: the JSON is nested too deep") from None
        except _NotJsonError as error:
            raise DataError(f"line {document.line}: {error}") from None
        except ValueError:  # int() refuses thousands of digits
            raise DataError(f"line {document.line}: a number has too many digits") from None

    def build(self, value: Any, line: int = 1) -> bytes:
        """Return the bytes of the message that the JSON value of that line describes.

        Raises:
            DataError: The value does not fit the message, with the path of the field.
        """
        try:
            return self._serialize(value)
        except Misfit as misfit:
            raise DataError(f"line {line}: {misfit.sentence()}") from None
        except RecursionError:
            raise _too_deep(line) from None

    def _serialize(self, value: Any) -> bytes:
        message = self._new()
        self._fill(message, value)
        return serialized(message)


def _too_deep(line: int) -> DataError:
    return DataError(f"line {line}: the messages are nested too deep")


def _where(document: Document, misfit: Misfit) -> str:
    """Return the place of what does not fit; the line alone where it is about the whole."""
    if document.column and (misfit.steps or misfit.key is not None):
        text = document.data.decode()
        found = seek(text, misfit.steps, misfit.key)
        if found is not None:
            return place_after(document, text[:found])
    return f"line {document.line}"


def _reason(error: json.JSONDecodeError) -> str:
    if not error.doc.strip():
        return "expected a document, found nothing"
    reason = error.msg[0].lower() + error.msg[1:].removesuffix(" at").removesuffix(" starting at")
    there = error.doc[error.pos : error.pos + 1]
    return f"{reason}, found {quoted(there)}" if there else f"{reason}, found the end"


def json_decoder(
    descriptor: Descriptor,
    pool: DescriptorPool,
    *,
    emit_defaults: bool = False,
    find: Find | None = None,
) -> Callable[[bytes], bytes]:
    """Return the function that turns a message's bytes into one line of compact JSON.

    It raises `DataError` when the bytes are no such message.

    Args:
        descriptor: The message's type.
        pool: Where types in an Any are looked up.
        emit_defaults: Show fields without presence when they are unset too.
        find: Asked for types in an Any that the pool lacks.
    """
    show = JsonPrinter(Types(pool, find), emit_defaults=emit_defaults).show(descriptor)
    parse = GetMessageClass(descriptor).FromString
    dumps = orjson.dumps

    def decode(data: bytes) -> bytes:
        try:
            message = parse(data)
        except DecodeError:
            raise DataError(
                f"the {len(data):,} bytes that came are no {descriptor.full_name}"
            ) from None
        try:
            return dumps(show(message))
        except (TypeError, RecursionError):
            return _with_effort(show, message)

    return decode


def _with_effort(show: Callable[[Any], Any], message: Any) -> bytes:
    """Return the JSON of a message that has strings which are none, or is too deep for any."""
    try:
        return orjson.dumps(show(message), default=_repaired)
    except (TypeError, RecursionError):
        raise DataError("what came is nested too deep to be shown as JSON") from None


def _repaired(value: Any) -> str:
    """Return a proto2 string that is no UTF-8, which protobuf hands out as bytes."""
    return printable(bytes(value).decode("utf-8", "replace"), limit=None)
