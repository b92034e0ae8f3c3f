"""JSON to messages and back: against protobuf's own, and where that has no answer."""

from __future__ import annotations

import contextlib
import json
import math
from typing import TYPE_CHECKING, Any

import pytest
from google.protobuf import any_pb2, json_format, struct_pb2
from google.protobuf.message_factory import GetMessageClass
from google.rpc import status_pb2
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rpcx.codec import JsonEncoder, encoder, json_decoder
from rpcx.codec.details import decode_details
from rpcx.documents.json_documents import Document
from rpcx.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Callable

    from google.protobuf.descriptor_pool import DescriptorPool

int32 = st.integers(-(2**31), 2**31 - 1)
int64 = st.integers(-(2**63), 2**63 - 1)
doubles = st.floats(allow_nan=False)
floats = st.floats(allow_nan=False, width=32)
texts = st.text(st.characters(exclude_categories=["Cs"]))
scalars = {
    "f_double": doubles,
    "f_float": floats,
    "f_int32": int32,
    "f_int64": int64,
    "f_uint64": st.integers(0, 2**64 - 1),
    "f_sint32": int32,
    "f_fixed64": st.integers(0, 2**64 - 1),
    "f_bool": st.booleans(),
    "f_string": texts,
    "f_bytes": st.binary(),
    "f_enum": st.sampled_from([0, 1, -2, 77]),
    "p_string": texts,
    "p_int32": int32,
    "r_double": st.lists(doubles),
    "r_float": st.lists(floats),
    "r_int64": st.lists(int64),
    "r_string": st.lists(texts),
    "r_bytes": st.lists(st.binary()),
    "r_enum": st.lists(st.sampled_from([0, 1, -2, 77])),
    "m_string": st.dictionaries(texts, texts),
    "m_int64": st.dictionaries(int64, doubles),
    "m_bool": st.dictionaries(st.booleans(), st.binary()),
    "w_int64": st.builds(dict, value=int64),
    "w_string": st.builds(dict, value=texts),
    "w_float": st.builds(dict, value=floats),
    "w_timestamp": st.builds(
        dict,
        seconds=st.integers(-62_135_596_800, 253_402_300_799),
        nanos=st.integers(0, 999_999_999),
    ),
    "w_duration": st.builds(dict, seconds=st.integers(0, 315_575_999_999), nanos=st.integers(0, 9)),
    "w_mask": st.builds(dict, paths=st.lists(st.from_regex(r"[a-z]+(_[a-z]+)*", fullmatch=True))),
}
fields = st.fixed_dictionaries({}, optional=scalars)
trees = st.recursive(
    fields,
    lambda inner: st.builds(
        lambda own, one, many: {**own, "f_message": one, "r_message": many},
        fields,
        inner,
        st.lists(inner, max_size=2),
    ),
    max_leaves=4,
)
json_values = st.recursive(
    st.none() | st.booleans() | doubles.filter(math.isfinite) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)
relaxed = settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)


@settings(relaxed, max_examples=25)
@given(fields=trees)
def test_as_protobuf_does(codec: Callable[[str], Any], fields: dict[str, Any]) -> None:
    """A message is shown as protobuf shows it, and protobuf's JSON and our own read back."""
    three = codec("three.Three")
    new = GetMessageClass(three.descriptor)
    message = new(**fields)
    data = message.SerializeToString()
    for emit in (False, True):
        theirs = json_format.MessageToDict(
            message, descriptor_pool=three.pool, always_print_fields_with_no_presence=emit
        )
        assert json.loads(three.show(data, emit_defaults=emit)) == theirs
    for spelling in (False, True):
        text = json_format.MessageToJson(
            message, descriptor_pool=three.pool, preserving_proto_field_name=spelling
        )
        assert new.FromString(three.encode(text)) == message
    assert new.FromString(three.encode(three.show(data))) == message


@relaxed
@given(value=json_values)
def test_any_json_fits_a_value(codec: Callable[[str], Any], value: Any) -> None:
    """google.protobuf.Value takes any JSON and gives the same back."""
    shown = json.loads(codec("three.Three").echo(json.dumps({"wValue": value})))
    assert shown == {"wValue": value}


@relaxed
@given(data=st.binary(max_size=64))
def test_any_bytes_are_shown_or_refused(codec: Callable[[str], Any], data: bytes) -> None:
    """Bytes from a server are a message and shown as one line, or a clear error."""
    with contextlib.suppress(DataError):
        line = codec("three.Three").show(data)
        assert "\n" not in line
        json.loads(line)


def test_bytes_that_are_no_message(codec: Callable[[str], Any]) -> None:
    """Bytes that are not a message of the type are shown, with what is wrong and where."""
    for data, problem in (
        (b"\x0a\xff", "at byte 2, a number is cut off"),
        (b"\x09\x01", 'at byte 2, the field "f_double" is cut off'),
        (b"\x72\x05ab", 'at byte 1, the field "f_string" should have 5 bytes, and 2 follow'),
        (b"\x8a\x01\x03\x72\x05a", 'at byte 4, the field "f_string" should have 5 bytes'),
        (b"\x00", "at byte 1, no field begins like that"),
        (b"\x18\x80", "at byte 2, a number is cut off"),
        (b"\x0c", "at byte 1, a group ends that did not begin"),
        (b"\x9b\x3e", "at byte 3, a group has not ended"),
    ):
        with pytest.raises(DataError) as caught:
            codec("three.Three").show(data)
        assert str(caught.value).startswith(
            f"the {len(data)} bytes that came are not a valid rpcx.test.three.Three: {problem}"
        )
        assert str(caught.value).endswith(f"; they are {data.hex(' ')}")


@pytest.mark.parametrize(
    ("fields", "shown"),
    [
        ({"w_timestamp": {"seconds": 10**15}}, {"wTimestamp": {"seconds": "1000000000000000"}}),
        ({"w_timestamp": {"nanos": -1}}, {"wTimestamp": {"nanos": -1}}),
        (
            {"w_duration": {"seconds": 1, "nanos": -1}},
            {"wDuration": {"seconds": "1", "nanos": -1}},
        ),
        ({"w_duration": {"nanos": 10**9}}, {"wDuration": {"nanos": 10**9}}),
        ({"w_mask": {"paths": ["aB"]}}, {"wMask": {"paths": ["aB"]}}),
        ({"w_mask": {"paths": ["a b", ""]}}, {"wMask": {"paths": ["a b", ""]}}),
        ({"w_null": 5}, {"wNull": 5}),
        ({"w_any": {"value": b"\1"}}, {"wAny": {"@type": "", "@value": "AQ=="}}),
        ({"w_any": {"type_url": "x/"}}, {"wAny": {"@type": "x/", "@value": ""}}),
    ],
)
def test_what_has_no_json_form(
    codec: Callable[[str], Any], fields: dict[str, Any], shown: dict[str, Any]
) -> None:
    """A server may send what ProtoJSON cannot say; it is shown field by field, and taken back."""
    three = codec("three.Three")
    data = GetMessageClass(three.descriptor)(**fields).SerializeToString()
    assert json.loads(three.show(data)) == shown
    assert three.encode(json.dumps(shown)) == data


@pytest.mark.parametrize(
    ("value", "shown"),
    [({"number_value": math.inf}, "Infinity"), ({}, None), ({"null_value": 5}, None)],
)
def test_values_that_json_lacks(codec: Callable[[str], Any], value: Any, shown: Any) -> None:
    """A google.protobuf.Value that JSON cannot say is shown as the nearest that it can."""
    three = codec("three.Three")
    data = GetMessageClass(three.descriptor)(w_value=value).SerializeToString()
    assert json.loads(three.show(data)) == {"wValue": shown}


@pytest.mark.parametrize("value", [b"", b"\x01\x02", b"\x0a\x05ab"])
@pytest.mark.parametrize("url", ["x/no.Such", "nonsense", "x/rpcx.test.three.Plain"])
def test_any_that_cannot_be_opened(codec: Callable[[str], Any], url: str, value: bytes) -> None:
    """An Any of an unknown type, or with the wrong bytes, shows them and comes back the same."""
    three = codec("three.Three")
    data = GetMessageClass(three.descriptor)(
        w_any={"type_url": url, "value": value}
    ).SerializeToString()
    shown = json.loads(three.show(data))
    assert shown["wAny"]["@type"] == url
    assert three.encode(json.dumps(shown)) == data


def test_any_of_a_type_to_be_found(codec: Callable[[str], Any], pool: DescriptorPool) -> None:
    """A type that the pool lacks is asked for once, and used when it comes."""
    asked: list[str] = []

    def find(name: str) -> bool:
        asked.append(name)
        return False

    three = codec("three.Three")
    show = json_decoder(three.descriptor, pool, find=find)
    data = GetMessageClass(three.descriptor)(w_any={"type_url": "x/no.Such"}).SerializeToString()
    assert show(data) == show(data) == b'{"wAny":{"@type":"x/no.Such","@value":""}}'
    assert asked == ["no.Such"]


def test_emit_defaults(codec: Callable[[str], Any]) -> None:
    """--emit-defaults shows what is unset and has no presence, with its default."""
    shown = json.loads(codec("three.Three").show(b"", emit_defaults=True))
    assert shown["fInt64"] == "0"
    assert shown["fEnum"] == "COLOUR_UNSPECIFIED"
    assert shown["fBytes"] == ""
    assert shown["rMessage"] == []
    assert shown["mString"] == {}
    assert not shown.keys() & {"fMessage", "pString", "cString", "wAny"}


def test_allow_unknown_fields(codec: Callable[[str], Any]) -> None:
    """--allow-unknown-fields passes over keys and enum names that do not exist, and no more."""
    three = codec("three.Three")
    text = (
        '{"no": {"such": 1}, "fInt32": 1, "fEnum": "NO", "rEnum": ["NO", "COLOUR_RED"],'
        ' "mEnum": {"a": "NO", "b": 1}, "fMessage": {"no": 1}, "[no.such]": 1}'
    )
    assert json.loads(three.echo(text, allow_unknown_fields=True)) == {
        "fInt32": 1,
        "rEnum": ["COLOUR_RED"],
        "mEnum": {"b": "COLOUR_RED"},
        "fMessage": {},
    }
    with pytest.raises(DataError, match="fInt32"):
        three.encode('{"fInt32": "x"}', allow_unknown_fields=True)


class TestProto2:
    """Required fields, groups, extensions, defaults, closed enums."""

    def test_round_trip(self, codec: Callable[[str], Any]) -> None:
        """Everything that proto2 has is read and shown."""
        text = (
            '{"name":"n","raw":"/w==","kind":"KIND_C","byName":{"a":{"id":"7"}},'
            '"result":{"url":"u","part":[{"size":1},{}]},"chosen":{"x":1},"packed":[1,2],'
            '"other name":"o","[rpcx.test.two.Two.inner_extension]":{"id":"1"},'
            '"[rpcx.test.two.Two.grouped]":[{"y":1}],'
            '"[rpcx.test.two.label]":"l","[rpcx.test.two.numbers]":[1,2]}'
        )
        shown = json.loads(codec("two.Two").echo(text))
        assert shown == {**json.loads(text), "kind": "KIND_B"}  # of aliases, the first

    def test_required(self, codec: Callable[[str], Any]) -> None:
        """A message without its required fields is refused, with their paths."""
        with pytest.raises(DataError) as caught:
            codec("two.Two").encode('{"result": {}, "raw": ""}')
        assert str(caught.value) == "line 1: required fields missing: name, result.url"

    def test_closed_enum(self, codec: Callable[[str], Any]) -> None:
        """A number that a closed enum lacks is refused."""
        with pytest.raises(DataError, match=r"expected a value of the enum .*found the number 5"):
            codec("two.Two").encode('{"name": "", "kind": 5}')

    def test_null_leaves_a_default(self, codec: Callable[[str], Any]) -> None:
        """An unset field with a default is not shown: the default is the reader's to know."""
        assert codec("two.Two").echo('{"name":"x","kind":null}') == '{"name":"x"}'

    def test_extension_of_another(self, codec: Callable[[str], Any]) -> None:
        """An extension belongs to its own message only."""
        with pytest.raises(DataError, match=r"is no field of rpcx.test.two.Old"):
            codec("two.Old").encode('{"[rpcx.test.two.label]": "x"}')

    def test_string_that_is_no_utf8(self, codec: Callable[[str], Any]) -> None:
        """A proto2 server may send any bytes as a string; what is not UTF-8 is replaced."""
        two = codec("two.Two")
        assert two.show(b"\x0a\x03a\xffb") == '{"name":"a�b"}'
        # A key of a map, an extension, and a field of a group.
        assert two.show(b"\x42\x05\x0a\x01\xff\x12\x00") == '{"byName":{"�":{}}}'
        assert two.show(b"\xb2\x06\x01\xff") == '{"[rpcx.test.two.label]":"�"}'
        assert two.show(b"\x4b\x0a\x02\xfe\xff\x4c") == '{"result":{"url":"��"}}'

    def test_extension_to_be_found(self, codec: Callable[[str], Any]) -> None:
        """An extension that the pool lacks is asked for."""
        two = codec("two.Two")
        asked: list[str] = []

        def find(name: str) -> bool:
            asked.append(name)
            return False

        encode = encoder(two.descriptor, two.pool, find=find)
        with pytest.raises(DataError, match="is no field"):
            encode(Document(b'{"name": "", "[no.such]": 1}'))
        assert asked == ["no.such"]


class TestEditions:
    """Edition 2023, whose features say what proto2 and proto3 implied."""

    def test_round_trip(self, codec: Callable[[str], Any]) -> None:
        """Presence, delimited messages and expanded fields are what their features say."""
        text = (
            '{"explicit":"","required":{},"delimited":{"id":1},"expanded":[1,2],"shut":"SHUT_TWO",'
            '"byName":{"a":{}},"[rpcx.test.edition.extra]":{"id":2}}'
        )
        assert codec("edition.Edition").echo(text) == text

    def test_implicit_presence(self, codec: Callable[[str], Any]) -> None:
        """A field with implicit presence is not there when it is empty."""
        assert codec("edition.Edition").echo('{"implicit":"","required":{}}') == '{"required":{}}'

    def test_required(self, codec: Callable[[str], Any]) -> None:
        """LEGACY_REQUIRED is required."""
        with pytest.raises(DataError, match="required field missing: required"):
            codec("edition.Edition").encode("{}")

    def test_closed_enum(self, codec: Callable[[str], Any]) -> None:
        """An enum may be closed by its own feature."""
        with pytest.raises(DataError, match="SHUT_ONE, SHUT_TWO"):
            codec("edition.Edition").encode('{"required": {}, "shut": 3}')


@pytest.mark.parametrize("depth", [400, 2_000, 100_000])
def test_too_deep(codec: Callable[[str], Any], depth: int) -> None:
    """What is nested beyond all reason is a sentence and no crash."""
    with pytest.raises(DataError, match="nested too deep"):
        codec("three.Three").encode('{"fMessage":' * depth + "{}" + "}" * depth)


@pytest.mark.parametrize("depth", [300, 3_000])
def test_any_in_any_without_end(codec: Callable[[str], Any], depth: int) -> None:
    """A server may put an Any into an Any for ever; its bytes are shown then."""
    inner = any_pb2.Any()
    for _ in range(depth):
        inner = any_pb2.Any(
            type_url="x/google.protobuf.Any", value=inner.SerializePartialToString()
        )
    three = codec("three.Three")
    data = GetMessageClass(three.descriptor)(
        w_any={"type_url": inner.type_url, "value": inner.value}
    ).SerializeToString()
    shown = json.loads(three.show(data))
    assert shown["wAny"].keys() == {"@type", "@value"}
    assert three.encode(json.dumps(shown)) == data
    for detail in decode_details(
        status_pb2.Status(details=[inner]).SerializeToString(), three.pool
    )[1]:
        assert detail.keys() == {"@type", "@value"}


def test_deep_but_readable(codec: Callable[[str], Any]) -> None:
    """A message as deep as servers take it goes there and back."""
    text = '{"fMessage":' * 90 + '{"fInt32":1}' + "}" * 90
    assert codec("three.Three").echo(text) == text


def test_well_known_types_by_themselves(pool: DescriptorPool) -> None:
    """A method may take a well-known type; its document then is no object."""
    find = pool.FindMessageTypeByName
    for name, text in (
        ("Timestamp", '"2026-01-02T03:04:05Z"'),
        ("StringValue", '"x"'),
        ("Int64Value", '"7"'),
        ("ListValue", "[1.0]"),
        ("Value", "null"),
        ("Struct", '{"a":true}'),
    ):
        descriptor = find(f"google.protobuf.{name}")
        data = encoder(descriptor, pool)(Document(text.encode()))
        assert json_decoder(descriptor, pool)(data).decode() == text


def test_a_pool_of_ones_own(pool: DescriptorPool) -> None:
    """The well-known types of a private pool are those of any other."""
    own = pool.FindMessageTypeByName("google.protobuf.Struct")
    assert own is not struct_pb2.Struct.DESCRIPTOR
    assert json_decoder(own, pool)(encoder(own, pool)(Document(b'{"a":1}'))) == b'{"a":1.0}'


def test_lines_and_columns_within_the_input(codec: Callable[[str], Any]) -> None:
    """A document that begins somewhere in the input has its errors counted from the input."""
    three = codec("three.Three")
    encode = encoder(three.descriptor, three.pool)
    for data, place in (
        (b'{"fInt32": }', "line 7, column 16: malformed JSON"),
        (b'{\n"fInt32": }', "line 8, column 11: malformed JSON"),
        (b'{"fInt32": "x"}', "line 7, column 16: field fInt32: expected"),
        (b'{\n  "nope": 1}', 'line 8, column 3: "nope" is no field'),
        (b'{"fMessage": {},\n"rMessage": [{}, {"a":1}]}', "line 8, column 19: field rMessage[1]"),
        (b'{"mString": {"a": "b",\n "\\u0063": 1}}', 'line 8, column 12: field mString["c"]'),
        (
            b'{"wStruct": {"a": [1,\n 1e999]}}',
            "line 8, column 2: field wStruct.a[1]: the number 1e999",
        ),
        (b'{"wAny": {"@type":"x/no.Such"}}', "line 7, column 15: field wAny: the type"),
        (b"[]", "line 7: expected an object"),
    ):
        with pytest.raises(DataError) as caught:
            encode(Document(data, line=7, column=5))
        assert str(caught.value).startswith(place)


def test_lines_that_were_written_otherwise(codec: Callable[[str], Any]) -> None:
    """A document made of a row of a table has a line, and no columns."""
    with pytest.raises(DataError, match=r"^line 7: field fInt32"):
        encoder(codec("three.Three").descriptor, codec("three.Three").pool)(
            Document(b'{"fInt32": "x"}', line=7, column=0)
        )


def test_halves(codec: Callable[[str], Any]) -> None:
    """Parsing and building are apart, so that values can be changed between them."""
    three = codec("three.Three")
    encode = JsonEncoder(three.descriptor, three.pool)
    value = encode.parse(Document(b'{"fString": "{{seq}}"}'))
    value["fString"] = "7"
    assert encode.build(value) == three.encode('{"fString": "7"}')


def _text_of(number: int, power: int, point: int, *, quoted: bool) -> str:
    """An integer with a fraction or an exponent that make no difference."""
    digits = str(abs(number)) + "0" * power * (number != 0)
    place = min(point, len(digits) - 1)
    cut = len(digits) - place
    text = f"{digits[:cut]}.{digits[cut:] or '0'}e{place - power}"
    text = f"-{text}" if number < 0 else text
    return f'"{text}"' if quoted else text


@relaxed
@given(number=int64, power=st.integers(0, 400), point=st.integers(0, 400), quoted=st.booleans())
def test_integers_in_any_spelling(
    codec: Callable[[str], Any], number: int, power: int, point: int, *, quoted: bool
) -> None:
    """However an integer is spelled, it is sent exactly."""
    text = _text_of(number, power, point, quoted=quoted)
    assert codec("three.Three").echo(f'{{"wInt64": {text}}}') == f'{{"wInt64":"{number}"}}'


@relaxed
@given(number=int64, digit=st.integers(1, 9), power=st.integers(1, 40))
def test_fractions_are_never_integers(
    codec: Callable[[str], Any], number: int, digit: int, power: int
) -> None:
    """A number that is not whole is refused, however close to one it is."""
    text = f"{number}.{'0' * power}{digit}"
    for written in (text, f'"{text}"', f"{text}e{power}"):
        with pytest.raises(DataError, match="expected an integer"):
            codec("three.Three").encode(f'{{"fInt64": {written}}}')


@relaxed
@given(number=st.integers(-(2**70), 2**70))
def test_integers_in_doubles(codec: Callable[[str], Any], number: int) -> None:
    """A double takes an integer that it holds, or digits that it is printed with; no other."""
    held = float(number)
    try:
        shown = json.loads(codec("three.Three").echo(f'{{"wDouble": {number}}}'))["wDouble"]
    except DataError:
        assert int(held) != number
    else:
        assert shown == held
        digits = str(abs(number)).rstrip("0")
        exact = int(held) == number
        assert (
            exact
            or f"{abs(held):.{len(digits) - 1}e}".partition("e")[0].replace(".", "").rstrip("0")
            == digits
        )


@pytest.mark.parametrize(
    ("data", "shown"),
    [
        (b"\x72\x02\xff\xfe", {"fString": "��"}),
        (b"\x92\x02\x01a\x92\x02\x02b\xff", {"rString": ["a", "b�"]}),
        (b"\x8a\x01\x05\x8a\x01\x02\x72\x00", {"fMessage": {"fMessage": {}}}),
        (b"\x8a\x01\x07\xaa\x02\x04\x72\x02\xc3(", {"fMessage": {"rMessage": [{"fString": "�("}]}}),
        (b"\xca\x02\x06\x0a\x01\xff\x12\x01\xfe", {"mString": {"�": "�"}}),
        (b"\x9a\x03\x01\xff", {"cString": "�"}),
        (b"\xba\x05\x03\x0a\x01\xff", {"wString": "�"}),
        (b"\x72\x01\xff\x7a\x01\xff\x18\x07", {"fString": "�", "fBytes": "/w==", "fInt32": 7}),
    ],
)
def test_strings_that_are_not_utf8(
    codec: Callable[[str], Any], data: bytes, shown: dict[str, Any]
) -> None:
    """A response with such a string anywhere is shown, with U+FFFD where it is not UTF-8."""
    assert json.loads(codec("three.Three").show(data)) == shown


def test_strings_that_are_not_utf8_in_an_any(codec: Callable[[str], Any]) -> None:
    """So is one inside an Any, of proto3 and of proto2."""
    three = codec("three.Three")
    for url, inner, shown in (
        ("x/rpcx.test.three.Plain", b"\x0a\x01\xff", {"message": "�"}),
        ("x/rpcx.test.two.Two", b"\x0a\x02a\xff", {"name": "a�"}),
        ("x/google.protobuf.StringValue", b"\x0a\x01\xff", {"value": "�"}),
    ):
        data = GetMessageClass(three.descriptor)(
            w_any={"type_url": url, "value": inner}
        ).SerializeToString()
        assert json.loads(three.show(data)) == {"wAny": {"@type": url, **shown}}


def test_a_repair_is_noted(codec: Callable[[str], Any]) -> None:
    """Whoever shows a response learns that it was repaired; only then."""
    three = codec("three.Three")
    notes: list[str] = []
    show = json_decoder(three.descriptor, three.pool, note=notes.append)
    show(three.encode('{"fString": "☺", "wValue": 1}'))
    assert not notes
    show(b"\x72\x01\xff")
    assert notes == ["a response has a string that is not UTF-8; U+FFFD stands for its bytes"]
    data = GetMessageClass(three.descriptor)(w_value={"number_value": math.nan})
    show(data.SerializeToString())
    assert notes[1:] == ["a google.protobuf.Value holds the number NaN; it is shown as a string"]


EMPTY = "type.googleapis.com/google.protobuf.Empty"


def test_empty_in_an_any(codec: Callable[[str], Any]) -> None:
    """Both spellings of an Empty in an Any are taken, and that of Go and Java is printed."""
    three = codec("three.Three")
    both: list[dict[str, Any]] = [{"@type": EMPTY}, {"@type": EMPTY, "value": {}}]
    for text in both:
        shown = json.loads(three.echo(json.dumps({"wAny": text})))
        assert shown == {"wAny": {"@type": EMPTY, "value": {}}}
    for more in ({"value": 1}, {"value": {}, "a": 1}, {"a": 1}):
        with pytest.raises(DataError, match="field wAny"):
            three.encode(json.dumps({"wAny": {"@type": EMPTY, **more}}))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Any", {"@type": EMPTY, "value": {}}),
        ("BoolValue", True),
        ("BytesValue", "/w=="),
        ("DoubleValue", "NaN"),
        ("Duration", "1.500s"),
        ("Empty", {}),
        ("FieldMask", "a.bC,d"),
        ("FloatValue", 0.1),
        ("Int32Value", 0),
        ("Int64Value", "-1"),
        ("ListValue", [None, {"a": "b"}]),
        ("StringValue", ""),
        ("Struct", {"a": [True]}),
        ("Timestamp", "2026-01-02T03:04:05Z"),
        ("UInt32Value", 7),
        ("UInt64Value", "18446744073709551615"),
        ("Value", None),
        ("Value", [{"value": "x"}]),
    ],
)
def test_well_known_types_in_an_any(codec: Callable[[str], Any], name: str, value: Any) -> None:
    """Every type with a form of its own stands under "value", as protobuf's own takes it."""
    three = codec("three.Three")
    text = json.dumps(
        {"wAny": {"@type": f"type.googleapis.com/google.protobuf.{name}", "value": value}}
    )
    assert json.loads(three.echo(text)) == json.loads(text)
    if name != "Empty":
        theirs = GetMessageClass(three.descriptor)()
        json_format.Parse(text.replace(', "value": {}', ""), theirs, descriptor_pool=three.pool)
        assert GetMessageClass(three.descriptor).FromString(three.encode(text)) == theirs
