"""ProtoJSON case by case: what is taken and how it comes back, what is refused and why."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from google.protobuf import json_format
from google.protobuf.message_factory import GetMessageClass

from rpcx.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Callable

VALID = [
    # Integers, as numbers and as strings, exact to the last digit.
    ('{"fInt32": 1}', {"fInt32": 1}),
    ('{"fInt32": -2147483648}', {"fInt32": -2147483648}),
    ('{"fInt32": "2147483647"}', {"fInt32": 2147483647}),
    ('{"fInt32": 1.0}', {"fInt32": 1}),
    ('{"fInt32": 1e5}', {"fInt32": 100000}),
    ('{"fInt32": "1e5"}', {"fInt32": 100000}),
    ('{"fInt32": -0}', {}),
    ('{"fUint32": 4294967295}', {"fUint32": 4294967295}),
    ('{"fInt64": 9223372036854775807}', {"fInt64": "9223372036854775807"}),
    ('{"fInt64": "-9223372036854775808"}', {"fInt64": "-9223372036854775808"}),
    ('{"fUint64": 18446744073709551615}', {"fUint64": "18446744073709551615"}),
    ('{"fSint32": -7, "fSint64": -7}', {"fSint32": -7, "fSint64": "-7"}),
    ('{"fFixed32": 7, "fFixed64": "7"}', {"fFixed32": 7, "fFixed64": "7"}),
    ('{"fSfixed32": -7, "fSfixed64": "-7"}', {"fSfixed32": -7, "fSfixed64": "-7"}),
    # Floating point, with the words that JSON lacks.
    ('{"fDouble": 1.5}', {"fDouble": 1.5}),
    ('{"fDouble": "1.5"}', {"fDouble": 1.5}),
    ('{"fDouble": 3}', {"fDouble": 3.0}),
    ('{"fDouble": "NaN"}', {"fDouble": "NaN"}),
    ('{"fDouble": "Infinity", "fFloat": "-Infinity"}',
     {"fDouble": "Infinity", "fFloat": "-Infinity"}),
    ('{"fDouble": 1.7976931348623157e308}', {"fDouble": 1.7976931348623157e308}),
    ('{"fFloat": 0.1}', {"fFloat": 0.1}),
    ('{"fFloat": 3.4028234e38}', {"fFloat": 3.4028235e38}),
    ('{"fFloat": 3.4028235e38}', {"fFloat": 3.4028235e38}),
    ('{"fFloat": 16777216, "rFloat": [123456790.0, 2e9]}',
     {"fFloat": 16777216.0, "rFloat": [123456790.0, 2000000000.0]}),
    # Floating-point notation, and digits that other programs print, take the nearest value.
    ('{"fDouble": 9.9999999999999992e+22}', {"fDouble": 1e23}),
    ('{"fDouble": 590295810358705700000}', {"fDouble": 5.902958103587057e20}),
    ('{"fDouble": 1.79769313486231570815e308}', {"fDouble": 1.7976931348623157e308}),
    ('{"fDouble": 3.14159265358979323846}', {"fDouble": 3.141592653589793}),
    ('{"fDouble": 9007199254740992, "rDouble": [9007199254740994.0, -0.0, 5e-324]}',
     {"fDouble": 9007199254740992.0, "rDouble": [9007199254740994.0, -0.0, 5e-324]}),
    ('{"fDouble": 0.0, "fFloat": 0e-400}', {}),
    # Booleans, strings, bytes in both alphabets with and without padding.
    ('{"fBool": true}', {"fBool": True}),
    ('{"fBool": false}', {}),
    ('{"fString": ""}', {}),
    ('{"fString": "\\u263a \\ud83d\\ude00 \\n \\u0000"}', {"fString": "☺ 😀 \n \0"}),
    ('{"fBytes": "+/8="}', {"fBytes": "+/8="}),
    ('{"fBytes": "-_8"}', {"fBytes": "+/8="}),
    ('{"fBytes": "AQI"}', {"fBytes": "AQI="}),
    # Enums by name, by number, and by a number that has no name.
    ('{"fEnum": "COLOUR_RED"}', {"fEnum": "COLOUR_RED"}),
    ('{"fEnum": 1}', {"fEnum": "COLOUR_RED"}),
    ('{"fEnum": -2}', {"fEnum": "COLOUR_BLUE"}),
    ('{"fEnum": 77}', {"fEnum": 77}),
    ('{"fEnum": "1"}', {"fEnum": "COLOUR_RED"}),
    # Both spellings, and null for what is not there.
    ('{"f_int32": 5}', {"fInt32": 5}),
    ('{"fInt32": null, "rInt32": null, "fMessage": null, "mString": null}', {}),
    # Presence.
    ('{"pString": "", "pInt32": 0, "pEnum": 0}',
     {"pString": "", "pInt32": 0, "pEnum": "COLOUR_UNSPECIFIED"}),
    ('{"fMessage": {}}', {"fMessage": {}}),
    ('{"fMessage": {"fMessage": {"fInt32": 1}}}', {"fMessage": {"fMessage": {"fInt32": 1}}}),
    # Repeated fields and maps.
    ('{"rInt64": [1, "2"], "rString": ["", "x"]}', {"rInt64": ["1", "2"], "rString": ["", "x"]}),
    ('{"rMessage": [{}, {"fInt32": 1}]}', {"rMessage": [{}, {"fInt32": 1}]}),
    ('{"rDouble": [1, "NaN"], "rFloat": [0.1]}', {"rDouble": [1.0, "NaN"], "rFloat": [0.1]}),
    ('{"rEnum": ["COLOUR_RED", 0], "rBool": [true]}',
     {"rEnum": ["COLOUR_RED", "COLOUR_UNSPECIFIED"], "rBool": [True]}),
    ('{"rInt32": []}', {}),
    ('{"mString": {"": "", "k": "v"}}', {"mString": {"": "", "k": "v"}}),
    ('{"mInt32": {"-1": 1, "2": 0}}', {"mInt32": {"-1": 1, "2": 0}}),
    ('{"mInt64": {"9223372036854775807": 1.5}}', {"mInt64": {"9223372036854775807": 1.5}}),
    ('{"mBool": {"true": "AA==", "false": ""}}', {"mBool": {"true": "AA==", "false": ""}}),
    ('{"mMessage": {"a": {"fInt32": 1}, "b": {}}}', {"mMessage": {"a": {"fInt32": 1}, "b": {}}}),
    ('{"mEnum": {"a": "COLOUR_RED"}}', {"mEnum": {"a": "COLOUR_RED"}}),
    ('{"mValue": {"1": null, "2": [1]}}', {"mValue": {"1": None, "2": [1.0]}}),
    # Oneofs: null sets nothing, except where null is a value.
    ('{"cString": ""}', {"cString": ""}),
    ('{"cString": null, "cInt64": 1}', {"cInt64": "1"}),
    ('{"cNull": null}', {"cNull": None}),
    ('{"cValue": null}', {"cValue": None}),
    ('{"cMessage": {}}', {"cMessage": {}}),
    # Well-known types.
    ('{"wTimestamp": "2026-01-02T03:04:05Z"}', {"wTimestamp": "2026-01-02T03:04:05Z"}),
    ('{"wTimestamp": "2026-01-02T03:04:05.5+01:30"}', {"wTimestamp": "2026-01-02T01:34:05.500Z"}),
    ('{"wTimestamp": "0001-01-01T00:00:00Z"}', {"wTimestamp": "0001-01-01T00:00:00Z"}),
    ('{"wTimestamp": "9999-12-31T23:59:59.999999999Z"}',
     {"wTimestamp": "9999-12-31T23:59:59.999999999Z"}),
    ('{"wDuration": "1.5s"}', {"wDuration": "1.500s"}),
    ('{"wDuration": "-0.000001s"}', {"wDuration": "-0.000001s"}),
    ('{"wDuration": "315576000000s"}', {"wDuration": "315576000000s"}),
    ('{"wMask": "fooBar,a.bC"}', {"wMask": "fooBar,a.bC"}),
    ('{"wMask": ""}', {"wMask": ""}),
    ('{"wEmpty": {}}', {"wEmpty": {}}),
    ('{"wStruct": {"a": null, "b": [true, "x", {"c": 1.5}]}}',
     {"wStruct": {"a": None, "b": [True, "x", {"c": 1.5}]}}),
    ('{"wList": [1, null, []]}', {"wList": [1.0, None, []]}),
    ('{"wValue": null}', {"wValue": None}),
    ('{"wValue": {"a": 1}}', {"wValue": {"a": 1.0}}),
    ('{"wBool": false, "wInt64": "0", "wString": "", "wBytes": ""}',
     {"wBool": False, "wInt64": "0", "wString": "", "wBytes": ""}),
    ('{"wDouble": "NaN", "wFloat": 0.1, "wUint32": 1, "wUint64": 1, "wInt32": -1}',
     {"wDouble": "NaN", "wFloat": 0.1, "wUint32": 1, "wUint64": "1", "wInt32": -1}),
    ('{"wString": null}', {}),
    ('{"rValue": [null, 1], "rWrapped": ["x"]}', {"rValue": [None, 1.0], "rWrapped": ["x"]}),
    ('{"wAny": {}}', {"wAny": {}}),
    ('{"wAny": {"@type": "type.googleapis.com/rpcx.test.three.Plain", "message": "x"}}',
     {"wAny": {"@type": "type.googleapis.com/rpcx.test.three.Plain", "message": "x"}}),
    ('{"wAny": {"message": "x", "@type": "a/b/rpcx.test.three.Plain"}}',
     {"wAny": {"@type": "a/b/rpcx.test.three.Plain", "message": "x"}}),
    ('{"wAny": {"@type": "type.googleapis.com/google.protobuf.Duration", "value": "1s"}}',
     {"wAny": {"@type": "type.googleapis.com/google.protobuf.Duration", "value": "1s"}}),
    ('{"wAny": {"@type": "x/google.protobuf.Int64Value", "value": "7"}}',
     {"wAny": {"@type": "x/google.protobuf.Int64Value", "value": "7"}}),
    (('{"wAny": {"@type": "x/google.protobuf.Any", '
     '"value": {"@type": "x/rpcx.test.three.Plain", "message": "y"}}}'),
     {"wAny": {"@type": "x/google.protobuf.Any",
               "value": {"@type": "x/rpcx.test.three.Plain", "message": "y"}}}),
    ('{"wTimestamp": "2026-01-02T03:04:05-23:59", "wMask": "*,a.*"}',
     {"wTimestamp": "2026-01-03T03:03:05Z", "wMask": "*,a.*"}),
    # White space and order do not matter.
    (' {\n"fInt32"\t:\r1 } ', {"fInt32": 1}),
]  # fmt: skip


@pytest.mark.parametrize(("text", "shown"), VALID, ids=[text for text, _ in VALID])
def test_valid(codec: Callable[[str], Any], text: str, shown: dict[str, Any]) -> None:
    """What ProtoJSON allows makes the same bytes as protobuf's own, and comes back as it says."""
    three = codec("three.Three")
    data = three.encode(text)
    theirs = GetMessageClass(three.descriptor)()
    # What protobuf writes and does not read, and what only its newer versions read.
    text = text.replace("3.4028235e38", "3.4028234e38").replace('"1e5"', "100000")
    json_format.Parse(text, theirs, descriptor_pool=three.pool)
    assert GetMessageClass(three.descriptor).FromString(data).SerializeToString(
        deterministic=True
    ) == theirs.SerializeToString(deterministic=True)
    line = three.show(data)
    assert "\n" not in line
    assert json.loads(line) == shown


EXACT = [
    ('{"fUint64": 1234567890123456789e0}', {"fUint64": "1234567890123456789"}),
    ('{"fUint64": "1234567890123456789.0"}', {"fUint64": "1234567890123456789"}),
    ('{"fInt64": 9007199254740993.0}', {"fInt64": "9007199254740993"}),
    ('{"fUint64": 18446744073709551615e0}', {"fUint64": "18446744073709551615"}),
    ('{"fInt64": -922337203685477580.8e1}', {"fInt64": "-9223372036854775808"}),
    ('{"fInt64": 90071992547409930e-1}', {"fInt64": "9007199254740993"}),
    ('{"fInt32": 1.50e2, "fSint32": "100e-2", "fInt64": 0e999999999999999}',
     {"fInt32": 150, "fSint32": 1}),
    ('{"rInt64": [9007199254740993e0]}', {"rInt64": ["9007199254740993"]}),
    ('{"mInt32": {"1": 1e3}, "wInt64": 9007199254740993.0, "wUint64": "9007199254740993.0"}',
     {"mInt32": {"1": 1000}, "wInt64": "9007199254740993", "wUint64": "9007199254740993"}),
    ('{"fEnum": 1.0, "fMessage": {"fEnum": -20e-1}}',
     {"fEnum": "COLOUR_RED", "fMessage": {"fEnum": "COLOUR_BLUE"}}),
    ('{"wAny": {"@type": "x/google.protobuf.Int64Value", "value": 9007199254740993.0}}',
     {"wAny": {"@type": "x/google.protobuf.Int64Value", "value": "9007199254740993"}}),
]  # fmt: skip


@pytest.mark.parametrize(("text", "shown"), EXACT, ids=[text for text, _ in EXACT])
def test_integers_are_exact_in_every_spelling(
    codec: Callable[[str], Any], text: str, shown: dict[str, Any]
) -> None:
    """An integer with a fraction or an exponent is sent as it was written, to the last digit."""
    assert json.loads(codec("three.Three").echo(text)) == shown


INT32 = "an integer from -2147483648 to 2147483647 (int32)"
INT64 = "an integer from -9223372036854775808 to 9223372036854775807 (int64)"
COLOURS = "COLOUR_UNSPECIFIED, COLOUR_RED, COLOUR_BLUE"
ARE = f"are {COLOURS}"
TIMESTAMP = 'a timestamp such as "2026-01-02T03:04:05.678Z"'
NUMBER = 'a number, "NaN", "Infinity" or "-Infinity"'
BASE64 = "bytes as a base64 string"
PLAIN = '{"wAny": {"@type": "x/rpcx.test.three.Plain"'

INVALID = [
    # No JSON at all: line and column.
    ("", "line 1, column 1: malformed JSON: expected a document, found nothing"),
    ("{", ("line 1, column 2: malformed JSON: expecting property name enclosed in double quotes, "
          "found the end")),
    ('{"fInt32": 1,}', ("line 1, column 14: malformed JSON: expecting property name enclosed in "
                       'double quotes, found "}"')),
    ('{"fInt32": }', 'line 1, column 12: malformed JSON: expecting value, found "}"'),
    ('{"fInt32": 01}', "line 1, column 13: malformed JSON: expecting ',' delimiter, found \"1\""),
    ('{\n "fInt32" 1}', ("line 2, column 11: malformed JSON: expecting ':' delimiter, "
                        'found "1"')),
    ("{'fInt32': 1}", ("line 1, column 2: malformed JSON: expecting property name enclosed in "
                      'double quotes, found "\'"')),
    ('{"fString": "a\nb"}', ("line 1, column 15: malformed JSON: invalid control character, "
                            'found "\\u000a"')),
    ('{"fString": "\\x"}', 'line 1, column 14: malformed JSON: invalid \\escape, found "\\"'),
    ('{"fDouble": NaN}', 'line 1, column 13: NaN is not JSON; write "NaN"'),
    ('{"fDouble": -Infinity}', (
        'line 1, column 13: -Infinity is not JSON; write "-Infinity"')),
    ("{} {}", 'line 1, column 4: malformed JSON: extra data, found "{"'),
    ('{"fInt32": 1, "fInt32": 2}',
     'line 1, column 15: the key "fInt32" is given twice in one object'),
    ('{"wStruct": {"a": 1, "a": 1}}',
     'line 1, column 22: the key "a" is given twice in one object'),
    ('{"rValue": [{"a": "{\\"a\\": 1"}, "a", {"b": "a",\n  "\\u0062": 1}]}',
     'line 2, column 3: the key "b" is given twice in one object'),
    ("1" * 5000, "line 1: a number has too many digits"),
    (b'{"fString": "\xff"}', "line 1, column 14: byte 0xff is no UTF-8"),
    # No object.
    ("[]", "line 1: expected an object (rpcx.test.three.Three), found an array"),
    ('"x"', 'line 1: expected an object (rpcx.test.three.Three), found the string "x"'),
    ("null", "line 1: expected an object (rpcx.test.three.Three), found null"),
    # No such field.
    ('{"fInt31": 1}', "did you mean fInt32 or fSint32 or fUint32? Its fields are fDouble, fFloat"),
    ('{"fMessage": {"zzz": 1}}', ('line 1, column 15: field fMessage: "zzz" is no field of '
                                 "rpcx.test.three.Three; its fields are fDouble")),
    ('{"[rpcx.test.two.label]": "x"}', '"[rpcx.test.two.label]" is no field of'),
    ('{"\\u001b[2J": 1}', '"\\u001b[2J" is no field of'),
    # Integers.
    ('{"fInt32": 2147483648}', f"field fInt32: expected {INT32}, found the number 2147483648"),
    ('{"fInt32": 1.5}', f"field fInt32: expected {INT32}, found the number 1.5"),
    ('{"fInt32": "1_000"}', f'field fInt32: expected {INT32}, found the string "1_000"'),
    ('{"fInt32": ""}', f'field fInt32: expected {INT32}, found the string ""'),
    ('{"fInt32": " 1"}', f'field fInt32: expected {INT32}, found the string " 1"'),
    ('{"fInt32": "0x1"}', f'field fInt32: expected {INT32}, found the string "0x1"'),
    ('{"fInt32": true}', f"field fInt32: expected {INT32}, found true"),
    ('{"fInt32": {}}', f"field fInt32: expected {INT32}, found an object"),
    ('{"fInt64": -9223372036854775809}',
     f"field fInt64: expected {INT64}, found the number -9223372036854775809"),
    ('{"fUint32": -1}', ("field fUint32: expected an integer from 0 to 4294967295 (uint32), "
                        "found the number -1")),
    ('{"fUint64": 18446744073709551616}', "found the number 18446744073709551616"),
    # Floating point.
    ('{"fDouble": "nan"}', f'field fDouble: expected {NUMBER}, found the string "nan"'),
    ('{"fDouble": 1e400}', ("field fDouble: the number 1e400 is too large for a double; the "
                           "largest is 1.7976931348623157e308")),
    ('{"fDouble": "-1e400"}', 'field fDouble: the string "-1e400" is too large for a double'),
    ('{"fDouble": 1e-400}', ("field fDouble: the number 1e-400 is too small for a double, which "
                            "would hold 0")),
    ('{"fDouble": 0.' + "0" * 400 + "1}", "is too small for a double, which would hold 0"),
    ('{"fDouble": 9007199254740993}',
     ("field fDouble: the number 9007199254740993 would be sent as 9007199254740992, the nearest "
      "that a double holds; write that if it will do")),
    ('{"fDouble": "9007199254740993.0"}', "would be sent as 9007199254740992"),
    ('{"fDouble": 9.007199254740993e15}', "would be sent as 9007199254740992"),
    ('{"fDouble": 90071992547409930}', "would be sent as 90071992547409936"),
    ('{"wStruct": {"n": [-1234567890123456789]}}',
     ("field wStruct.n[0]: the number -1234567890123456789 would be sent as "
      "-1234567890123456768")),
    ('{"wDouble": 9007199254740993}', "field wDouble: the number 9007199254740993 would be sent"),
    ('{"mInt64": {"1": 9007199254740993}}', 'field mInt64["1"]: the number 9007199254740993 would'),
    ('{"fFloat": 16777217}', "field fFloat: the number 16777217 would be sent as 16777216"),
    ('{"fFloat": 1e-46}', "field fFloat: the number 1e-46 is too small for a float"),
    ('{"fUint64": 18446744073709551616e0}', "found the number 18446744073709551616e0"),
    ('{"fInt32": 1e-400}', f"field fInt32: expected {INT32}, found the number 1e-400"),
    ('{"fInt32": 1.0000000000000000001}',
     f"field fInt32: expected {INT32}, found the number 1.0000000000000000001"),
    ('{"fInt32": "1.0000000000000000001"}', f"field fInt32: expected {INT32}, found the string"),
    ('{"fInt64": 9007199254740992.5}', "found the number 9007199254740992.5"),
    ('{"fInt32": 1e99999999999999999999}', "found the number 1e99999999999999999999"),
    ('{"fEnum": 1.0000000000000000001}', "found the number 1.0000000000000000001"),
    ('{"mInt32": {"1e0": 1}}', 'field mInt32["1e0"]: expected an integer as the key'),
    ('{"mInt32": {"-0": 1, "0": 2}}', 'field mInt32["-0"]: expected an integer as the key'),
    ('{"fDouble": ""}', f'field fDouble: expected {NUMBER}, found the string ""'),
    ('{"fDouble": true}', f"field fDouble: expected {NUMBER}, found true"),
    ('{"fFloat": 1e39}', "field fFloat: the number 1e39 is too large for a float; the largest"),
    ('{"fFloat": 3.4028235677973366e38}', "is too large for a float; the largest is 3.4028235e38"),
    # Booleans, strings, bytes.
    ('{"fBool": 1}', "field fBool: expected true or false, found the number 1"),
    ('{"fBool": "true"}', 'field fBool: expected true or false, found the string "true"'),
    ('{"fString": 1e400}', "field fString: expected a string, found the number 1e400"),
    ('{"fString": 1.00000000000000000001}', "found the number 1.00000000000000000001"),
    ('{"fString": 1}', "field fString: expected a string, found the number 1"),
    ('{"fString": "\\ud83d"}', "field fString: the string holds \\ud83d, half of a surrogate pair"),
    ('{"fBytes": "!"}', f'field fBytes: expected {BASE64}, found the string "!"'),
    ('{"fBytes": "A"}', f'field fBytes: expected {BASE64}, found the string "A"'),
    ('{"fBytes": [1]}', f"field fBytes: expected {BASE64}, found an array"),
    ('{"fBytes": "AA===="}', f'field fBytes: expected {BASE64}, found the string "AA===="'),
    # Enums.
    ('{"fEnum": "RED"}',
     'line 1, column 11: field fEnum: the enum rpcx.test.three.Colour has no "RED"'),
    ('{"fEnum": "COLOUR_RAD"}', f"did you mean COLOUR_RED or COLOUR_BLUE? Its values {ARE}"),
    ('{"fEnum": 1.5}', (f"field fEnum: expected a value of the enum rpcx.test.three.Colour "
                       f"({COLOURS}), found the number 1.5")),
    ('{"fEnum": 2147483648}', "found the number 2147483648"),
    # Messages, repeated fields, maps.
    ('{"fMessage": 1}', ("field fMessage: expected an object (rpcx.test.three.Three), found the "
                        "number 1")),
    ('{"fMessage": {"fMessage": {"fInt32": "x"}}}', "field fMessage.fMessage.fInt32: expected"),
    ('{"rInt32": 1}', "field rInt32: expected an array, found the number 1"),
    ('{"rInt32": [1, null]}', f"field rInt32[1]: expected {INT32}, found null"),
    ('{"rMessage": [{}, {"rMessage": [{"fInt32": []}]}]}',
     f"field rMessage[1].rMessage[0].fInt32: expected {INT32}, found an array"),
    ('{"rMessage": [null]}', "field rMessage[0]: expected an object"),
    ('{"mString": []}', "field mString: expected an object (a map), found an array"),
    ('{"mString": {"k": null}}', 'field mString["k"]: expected a string, found null'),
    ('{"mInt32": {"x": 1}}', 'field mInt32["x"]: expected an integer as the key'),
    ('{"mBool": {"1": ""}}', 'field mBool["1"]: expected "true" or "false" as the key'),
    ('{"mMessage": {"a\\nb": {"fInt32": "x"}}}', 'field mMessage["a\\u000ab"].fInt32: expected'),
    ('{"mMessage": {"k": null}}', 'field mMessage["k"]: expected an object'),
    # Twice: by both spellings, in one oneof.
    ('{"fInt32": 1, "f_int32": 1}', 'the field "f_int32" is there twice, also as "fInt32"'),
    ('{"cString": "x", "cInt64": 1}', ('field cInt64: the oneof "choice" is set already, by '
                                      '"c_string"; it takes one field at most')),
    ('{"cNull": null, "cValue": null}', 'the oneof "choice" is set already, by "c_null"'),
    # Well-known types.
    ('{"wTimestamp": "2026-01-02"}', f"field wTimestamp: expected {TIMESTAMP}, found the string"),
    ('{"wTimestamp": "2026-13-02T03:04:05Z"}', f"field wTimestamp: expected {TIMESTAMP}"),
    ('{"wTimestamp": "2026-01-02t03:04:05z"}', f"field wTimestamp: expected {TIMESTAMP}"),
    ('{"wTimestamp": "0001-01-01T00:00:00+00:01"}', "a timestamp within the years 1 to 9999"),
    ('{"wTimestamp": "2026-01-02T03:04:05+24:00"}', f"field wTimestamp: expected {TIMESTAMP}"),
    ('{"wTimestamp": "2026-01-02T03:04:05+00:60"}', f"field wTimestamp: expected {TIMESTAMP}"),
    ('{"wTimestamp": "2026-01-02T24:00:00Z"}', f"field wTimestamp: expected {TIMESTAMP}"),
    ('{"wTimestamp": "2026-01-02T03:04:60Z"}', f"field wTimestamp: expected {TIMESTAMP}"),
    ('{"wTimestamp": "2026-02-29T03:04:05Z"}', f"field wTimestamp: expected {TIMESTAMP}"),
    ('{"wTimestamp": "2026-01-02T03:04:05.1234567891Z"}', f"expected {TIMESTAMP}"),
    ('{"wDuration": "0.1234567891s"}', "expected a duration in seconds"),
    ('{"wMask": "foo bar"}', "field wMask: expected field paths in lowerCamelCase such as"),
    ('{"wMask": "foo, bar"}', "field wMask: expected field paths in lowerCamelCase"),
    ('{"wMask": "foo,"}', "field wMask: expected field paths in lowerCamelCase"),
    ('{"wMask": "foo..bar"}', "field wMask: expected field paths in lowerCamelCase"),
    ('{"wTimestamp": 1}', f"field wTimestamp: expected {TIMESTAMP}, found the number 1"),
    ('{"wDuration": "1"}', 'field wDuration: expected a duration in seconds such as "1.5s"'),
    ('{"wDuration": "315576000001s"}', "expected a duration of at most 315576000000s"),
    ('{"wMask": "foo_bar"}', "field wMask: expected field paths in lowerCamelCase"),
    ('{"wMask": 1}', "field wMask: expected a string of field paths"),
    ('{"wMask": "\\ud83d"}', "field wMask: expected field paths in lowerCamelCase"),
    ('{"wEmpty": []}', "field wEmpty: expected an object (google.protobuf.Empty)"),
    ('{"wStruct": []}', "field wStruct: expected an object (google.protobuf.Struct)"),
    ('{"wStruct": {"a": [{"b": "\\ud83d"}]}}', "field wStruct.a[0].b: the string holds"),
    ('{"wList": {}}', "field wList: expected an array (google.protobuf.ListValue)"),
    ('{"wInt32": "x"}', f'field wInt32: expected {INT32}, found the string "x"'),
    ('{"rWrapped": [null]}', "field rWrapped[0]: expected a string, found null"),
    ('{"wAny": []}', 'field wAny: expected an object with "@type"'),
    ('{"wAny": {"message": ""}}', 'field wAny: google.protobuf.Any needs "@type"'),
    ('{"wAny": {"@type": 1}}', 'field wAny: google.protobuf.Any needs "@type"'),
    ('{"wAny": {"@type": "x/no.Such"}}', ('field wAny: the type "x/no.Such" is not known here; '
                                         'give its bytes as base64 in "@value"')),
    (PLAIN + ', "message": 1}}', "field wAny.message: expected a string, found the number 1"),
    (PLAIN + ', "@value": "!"}}', f'field wAny: expected {BASE64}, found the string "!"'),
    ('{"wAny": {"@type": "x/google.protobuf.Duration", "value": 1}}', "field wAny.value: expected"),
    ('{"wAny": {"@type": "x/google.protobuf.Duration", "seconds": 1}}',
     'field wAny: google.protobuf.Duration in an Any has "@type" and "value" alone'),
]  # fmt: skip


@pytest.mark.parametrize(("text", "sentence"), INVALID, ids=[str(text)[:60] for text, _ in INVALID])
def test_invalid(codec: Callable[[str], Any], text: str | bytes, sentence: str) -> None:
    """What does not fit is refused with its place, what was expected and what was found."""
    with pytest.raises(DataError) as caught:
        codec("three.Three").encode(text)
    assert str(caught.value).startswith("line 1") or "\n" in str(text)
    assert sentence in str(caught.value)
    assert str(caught.value).isprintable()


def test_tables_are_large_enough() -> None:
    """There are at least 60 cases of each kind."""
    assert min(len(VALID), len(INVALID)) >= 60
