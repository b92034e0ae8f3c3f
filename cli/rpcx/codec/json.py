"""JSON documents to request bytes, response bytes to one line of JSON.

Documents are read by Python's own scanner, which keeps integers exact and shows every pair
of an object, so that a key that is given twice is found; responses are written by orjson.

protobuf's own `json_format` would do the same in two to four times the time: 7.6 and not 2.0 µs
to read a message of 16 bytes, 18.5 and not 5.4 for 103 bytes, 122 and not 38 for 560; 3.8 and
not 1.0, 9.0 and not 2.9, 48 and not 20 µs to write them. It also says less of what is wrong.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NoReturn

import orjson
from google.protobuf.message import DecodeError
from google.protobuf.message_factory import GetMessageClass

from rpcx.codec.from_json import JsonReader, serialized
from rpcx.codec.misfit import Misfit
from rpcx.codec.numbers import RoundedError, may_be_too_small, number
from rpcx.codec.places import not_utf8, place_after
from rpcx.codec.repair import BrokenError, Repair
from rpcx.codec.seek import seek, seek_offence
from rpcx.codec.to_json import JsonPrinter
from rpcx.codec.types import Types
from rpcx.documents.json_documents import CURLY_QUOTES
from rpcx.errors import DataError
from rpcx.words.printable import quoted

if TYPE_CHECKING:
    from collections.abc import Callable

    from google.protobuf.descriptor import Descriptor
    from google.protobuf.descriptor_pool import DescriptorPool

    from rpcx.codec.types import Find
    from rpcx.documents.json_documents import Document


_SHOWN_BYTES = 32
_REPAIRED = "a response has a string that is not UTF-8; U+FFFD stands for its bytes"


class _NotJsonError(ValueError):
    """Something that Python's scanner lets through and JSON does not."""


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) < len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                raise _NotJsonError(f"the key {quoted(key)} is given twice in one object")
            seen.add(key)
    return value


def _offence(document: Document) -> str:
    """Return the place of what Python's scanner takes and JSON does not."""
    text = document.data.decode()
    at = seek_offence(text) if document.column else None
    return f"line {document.line}" if at is None else place_after(document, text[:at])


def _constant(word: str) -> NoReturn:
    raise _NotJsonError(f'{word} is not JSON; write "{word}"')


_DECODER = json.JSONDecoder(object_pairs_hook=_unique, parse_constant=_constant)
_EXACT = json.JSONDecoder(object_pairs_hook=_unique, parse_constant=_constant, parse_float=number)
_scan = _DECODER.scan_once  # type: ignore[attr-defined] # typeshed leaves it out


def _fast(text: str) -> Any:
    """Return the value of a JSON text; numbers that are no integers may be rounded."""
    try:
        value, end = _scan(text, 0)
        if end == len(text):
            return value
    except StopIteration:
        pass
    return _DECODER.decode(text)  # there is white space around it


def parse_json(document: Document) -> Any:
    """Return the JSON value that `document` holds, its numbers as `rpcx.codec.numbers` has them.

    Raises:
        DataError: It is not JSON, with the line and column; or not UTF-8; or a key is given
            twice in one object.
    """
    try:
        return _EXACT.decode(document.data.decode())
    except UnicodeDecodeError as error:
        raise not_utf8(document, error) from None
    except json.JSONDecodeError as error:
        where = place_after(document, error.doc[: error.pos])
        raise DataError(f"{where}: malformed JSON: {_reason(error)}") from None
    except RecursionError:
        raise DataError(f"line {document.line}: the JSON is nested too deep") from None
    except _NotJsonError as error:
        raise DataError(f"{_offence(document)}: {error}") from None
    except ValueError:  # int() refuses thousands of digits
        raise DataError(f"line {document.line}: a number has too many digits") from None


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
        types = Types(pool, find)
        self._new = GetMessageClass(descriptor)
        self._fill, self._fill_with_zeros = (
            JsonReader(types, allow_unknown_fields=allow_unknown_fields, zeros=zeros).fill(
                descriptor
            )
            for zeros in (False, True)
        )
        self._has_zeros = False
        """Whether a document had a float that was 0: then texts are searched for tiny numbers."""

    def __call__(self, document: Document) -> bytes:
        """Return the bytes of the message that `document` describes.

        Raises:
            DataError: It is no JSON, or does not fit the message.
        """
        try:
            message, text = self._new(), document.data.decode()
            if not self._has_zeros:
                self._fill(message, _fast(text))
            elif may_be_too_small(text):
                return self._exactly(document)
            else:
                self._fill_with_zeros(message, _fast(text))
            return serialized(message)
        except RoundedError:
            self._has_zeros = True  # perhaps
            return self._exactly(document)
        except (Misfit, ValueError, RecursionError):
            return self._exactly(document)

    def _exactly(self, document: Document) -> bytes:
        """Return the same where numbers matter as they are written, or say what is wrong."""
        value = parse_json(document)
        try:
            return self._serialize(value)
        except Misfit as misfit:
            raise DataError(f"{_where(document, misfit)}: {misfit.sentence()}") from None
        except RecursionError:
            raise _too_deep(document.line) from None

    def parse(self, document: Document) -> Any:
        """Return the JSON value that `document` holds, as `parse_json` does."""
        return parse_json(document)

    def build(self, value: Any, line: int = 1) -> bytes:
        """Return the bytes of the message that the JSON value of that line describes.

        Args:
            value: As `parse` returns it.
            line: Where it is in the input.

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
    if there in CURLY_QUOTES:
        return f"{reason}, found {quoted(there)}; JSON takes straight quotes"
    return f"{reason}, found {quoted(there)}" if there else f"{reason}, found the end"


def json_decoder(
    descriptor: Descriptor,
    pool: DescriptorPool,
    *,
    emit_defaults: bool = False,
    find: Find | None = None,
    note: Callable[[str], None] = lambda _sentence: None,
) -> Callable[[bytes], bytes]:
    """Return the function that turns a message's bytes into one line of compact JSON.

    Strings that are not UTF-8 are shown with U+FFFD. It raises `DataError` when the bytes are
    not such a message.

    Args:
        descriptor: The message's type.
        pool: Where types in an Any are looked up.
        emit_defaults: Show fields without presence when they are unset too.
        find: Asked for types in an Any that the pool lacks.
        note: Given a sentence whenever what is shown is not exactly what was sent.
    """
    types = Types(pool, find)

    def printer(*, mend: bool, open_any: bool = True) -> JsonPrinter:
        repair = Repair(lambda: note(_REPAIRED), always=mend)
        return JsonPrinter(
            types, emit_defaults=emit_defaults, repair=repair, open_any=open_any, note=note
        )

    show = printer(mend=False).show(descriptor)
    parse = GetMessageClass(descriptor).FromString
    dumps = orjson.dumps

    def decode(data: bytes) -> bytes:
        try:
            return dumps(show(parse(data)))
        except (DecodeError, TypeError, UnicodeDecodeError, RecursionError):
            return decode_with_effort(data)

    def decode_with_effort(data: bytes) -> bytes:
        """Decode what has strings that are not UTF-8, or is too deep, or is not a message."""
        try:
            message = Repair(lambda: note(_REPAIRED), always=True).parse(descriptor, data)
        except BrokenError as error:
            raise DataError(
                f"the {len(data):,} bytes that came are not a valid {descriptor.full_name}:"
                f" {error}; they are {_hexadecimal(data)}"
            ) from None
        try:
            return dumps(printer(mend=True).show(descriptor)(message))
        except (TypeError, RecursionError):  # an Any in an Any, and so on
            return dumps(printer(mend=True, open_any=False).show(descriptor)(message))

    return decode


def _hexadecimal(data: bytes) -> str:
    return data[:_SHOWN_BYTES].hex(" ") + ("…" if len(data) > _SHOWN_BYTES else "")
