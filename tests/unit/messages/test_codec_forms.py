"""Text format and binary requests, and all three forms beside each other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from google.protobuf import text_format
from google.protobuf.message_factory import GetMessageClass
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rpcx.codec import encoder, json_decoder
from rpcx.documents.forms import InputForm, splitter
from rpcx.documents.json_documents import Document
from rpcx.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Callable

texts = st.text(st.characters(exclude_categories=["Cs"]))
fields = st.fixed_dictionaries(
    {},
    optional={
        "f_double": st.floats(allow_nan=False),
        "f_int64": st.integers(-(2**63), 2**63 - 1),
        "f_string": texts,
        "f_bytes": st.binary(),
        "f_enum": st.sampled_from([0, 1, -2]),
        "p_string": texts,
        "r_string": st.lists(texts),
        "m_string": st.dictionaries(texts, texts),
        "f_message": st.builds(dict, r_int32=st.lists(st.integers(-9, 9))),
    },
)


def documents(form: InputForm, data: bytes, size: int = 7) -> list[Document]:
    """The documents of an input that comes in chunks of some bytes."""
    cut = splitter(form)
    found = []
    for start in range(0, len(data), size):
        found += list(cut.feed(data[start : start + size]))
    return found + list(cut.finish())


def varint(number: int) -> bytes:
    """A number as protobuf writes lengths."""
    if number < 0x80:
        return bytes([number])
    return bytes([number & 0x7F | 0x80]) + varint(number >> 7)


def write(form: InputForm, messages: list[Any], show: Callable[[bytes], bytes]) -> bytes:
    """An input of this form with these messages."""
    if form is InputForm.JSON:
        return b"\n".join(show(message.SerializeToString()) for message in messages)
    if form is InputForm.TEXT:
        written = (text_format.MessageToString(message) or "\n" for message in messages)
        return "".join(f"{text}\x1e" for text in written).encode()
    if form is InputForm.DELIMITED:
        parts = (message.SerializeToString() for message in messages)
        return b"".join(varint(len(part)) + part for part in parts)
    return bytes(messages[0].SerializeToString())


@pytest.mark.parametrize("form", [form for form in InputForm if form is not InputForm.CSV])
@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None, max_examples=40)
@given(several=st.lists(fields, min_size=1, max_size=4), size=st.integers(1, 50))
def test_round_trip(
    codec: Callable[[str], Any], form: InputForm, several: list[dict[str, Any]], size: int
) -> None:
    """Messages written in any form and cut anywhere are read as they were."""
    three = codec("three.Three")
    new = GetMessageClass(three.descriptor)
    messages = [new(**one) for one in several][: 1 if form is InputForm.BINARY else None]
    data = write(form, messages, json_decoder(three.descriptor, three.pool))
    encode = encoder(three.descriptor, three.pool, form=form)
    read = [new.FromString(encode(document)) for document in documents(form, data, size)]
    assert read == messages


class TestText:
    """Text format."""

    @pytest.mark.parametrize(
        ("text", "sentence"),
        [
            ('f_int32: "x"', 'line 1, column 10: Couldn\'t parse integer: "x"'),
            ("f_int32: 99999999999", "line 1, column 10: Value out of range: 99999999999"),
            (
                "\n  f_message { f_int31: 1 }",
                (
                    'line 2, column 15: "f_int31" is no field of rpcx.test.three.Three; '
                    "did you mean f_int32 or f_sint32 or f_uint32? Its fields are f_double"
                ),
            ),
            ("f_int32", 'line 1, column 8: Expected ":"'),
            ("f_message {", 'line 1, column 11: Expected "}"'),
            ('f_string: "\\ud800"', "line 1"),
            ("\x1b[2J", "line 1, column 1: Expected identifier or number, got \\u001b"),
            ("c_string: 'x' c_int64: 1", 'is specified along with field "c_string"'),
            ("w_any { [type.googleapis.com/no.Such] { } }", "line 1: Type no.Such not found"),
        ],
    )
    def test_invalid(self, codec: Callable[[str], Any], text: str, sentence: str) -> None:
        """What does not fit is told with its line and column."""
        three = codec("three.Three")
        with pytest.raises(DataError) as caught:
            encoder(three.descriptor, three.pool, form=InputForm.TEXT)(Document(text.encode()))
        assert sentence in str(caught.value)
        assert str(caught.value).isprintable()

    def test_extensions_groups_and_any(self, codec: Callable[[str], Any]) -> None:
        """Extensions, groups and the contents of an Any are found in the schema."""
        two, three = codec("two.Two"), codec("three.Three")
        encode = encoder(two.descriptor, two.pool, form=InputForm.TEXT)
        data = encode(Document(b'name: "n" Result { url: "u" } [rpcx.test.two.label]: "l"'))
        assert two.show(data) == ('{"name":"n","result":{"url":"u"},"[rpcx.test.two.label]":"l"}')
        encode = encoder(three.descriptor, three.pool, form=InputForm.TEXT)
        data = encode(
            Document(b'w_any { [type.googleapis.com/rpcx.test.three.Plain] { message: "m" } }')
        )
        assert three.show(data) == (
            '{"wAny":{"@type":"type.googleapis.com/rpcx.test.three.Plain","message":"m"}}'
        )

    def test_required(self, codec: Callable[[str], Any]) -> None:
        """Required fields are required in text too."""
        two = codec("two.Two")
        with pytest.raises(DataError, match="line 3: required field missing: name"):
            encoder(two.descriptor, two.pool, form=InputForm.TEXT)(Document(b"on: true", line=3))

    def test_no_utf8(self, codec: Callable[[str], Any]) -> None:
        """Text is UTF-8."""
        three = codec("three.Three")
        encode = encoder(three.descriptor, three.pool, form=InputForm.TEXT)
        with pytest.raises(DataError, match="line 2, column 3: byte 0xff is no UTF-8"):
            encode(Document(b"\n  \xff"))

    def test_too_deep(self, codec: Callable[[str], Any]) -> None:
        """What is nested beyond all reason is a sentence and no crash."""
        three = codec("three.Three")
        encode = encoder(three.descriptor, three.pool, form=InputForm.TEXT)
        with pytest.raises(DataError, match="line 1"):
            encode(Document(b"f_message {" * 5000 + b"}" * 5000))

    def test_allow_unknown_fields(self, codec: Callable[[str], Any]) -> None:
        """--allow-unknown-fields passes over fields that do not exist."""
        three = codec("three.Three")
        encode = encoder(
            three.descriptor, three.pool, form=InputForm.TEXT, allow_unknown_fields=True
        )
        assert encode(Document(b"no { such: 1 } f_int32: 1")) == b"\x18\x01"

    def test_separators(self) -> None:
        """Messages stand between separators; blanks after the last are none."""
        found = documents(InputForm.TEXT, b"a: 1\n\x1e\x1e\nb: 2\x1e \n")
        assert found == [
            Document(b"a: 1\n", 1),
            Document(b"", 2),
            Document(b"\nb: 2", 2),
        ]
        assert documents(InputForm.TEXT, b" \n") == []


class TestBinary:
    """One message, or each after its length."""

    def test_unknown_fields_are_passed_on(self, codec: Callable[[str], Any]) -> None:
        """The bytes go out as they came in, whatever they hold."""
        plain = codec("three.Plain")
        data = b"\x0a\x01x\xf8\x07\x01"
        encode = encoder(plain.descriptor, plain.pool, form=InputForm.BINARY)
        assert encode(Document(data)) == data

    def test_no_message(self, codec: Callable[[str], Any]) -> None:
        """Bytes that are no such message are refused with their number."""
        plain = codec("three.Plain")
        encode = encoder(plain.descriptor, plain.pool, form=InputForm.DELIMITED)
        with pytest.raises(DataError) as caught:
            encode(Document(b"\x0a\x05x", line=3))
        assert str(caught.value) == "message 3: its 3 bytes are no rpcx.test.three.Plain"

    def test_an_empty_input_is_an_empty_message(self) -> None:
        """A message without fields has no bytes."""
        assert documents(InputForm.BINARY, b"") == [Document(b"")]
        assert documents(InputForm.DELIMITED, b"") == []
        assert documents(InputForm.DELIMITED, b"\0\0") == [Document(b"", 1), Document(b"", 2)]

    def test_at_its_last_byte(self) -> None:
        """A delimited message is handed out with its last byte."""
        cut = splitter(InputForm.DELIMITED)
        assert list(cut.feed(b"\x80")) == []
        assert list(cut.feed(b"\x01" + b"x" * 127)) == []
        assert list(cut.feed(b"x\x01")) == [Document(b"x" * 128)]
        assert list(cut.feed(b"y")) == [Document(b"y", 2)]
        assert list(cut.finish()) == []

    @pytest.mark.parametrize(
        ("data", "sentence"),
        [
            (b"\x01x\x05ab", "message 2 is cut off at the end of the input: 2 of 5 bytes came"),
            (b"\x80", "message 1 is cut off at the end of the input: 1 of its length came"),
            (b"\xff\xff\xff\xff\xff\xff", "message 1 has a length that is none or beyond 2 GiB"),
            (b"\xff\xff\xff\xff\x0f", "message 1 has a length that is none or beyond 2 GiB"),
        ],
    )
    def test_not_delimited(self, data: bytes, sentence: str) -> None:
        """What is not delimited is told so, with the form for one message."""
        with pytest.raises(DataError) as caught:
            documents(InputForm.DELIMITED, data)
        assert str(caught.value).startswith(sentence)
        assert str(caught.value).endswith("is --input-format binary")


def test_json_is_the_usual_form() -> None:
    """JSON is cut by its brackets."""
    assert documents(InputForm.JSON, b"{} {}") == [Document(b"{}"), Document(b"{}", 1, 4)]
