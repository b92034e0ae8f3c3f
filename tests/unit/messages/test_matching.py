"""What is expected of a message: some fields, others left open."""

from __future__ import annotations

from typing import Any

import pytest
from google.protobuf.descriptor_pb2 import DescriptorProto, FieldDescriptorProto
from google.protobuf.descriptor_pool import Default

from rpcx.codec.matching import MessageMatchers
from rpcx.errors import DataError

MESSAGE = DescriptorProto(
    name="Point",
    field=[
        FieldDescriptorProto(
            name="x",
            number=1,
            label=FieldDescriptorProto.LABEL_OPTIONAL,
            type=FieldDescriptorProto.TYPE_INT32,
        ),
        FieldDescriptorProto(name="y", number=0, json_name="why"),
    ],
    reserved_name=["a", "b"],
).SerializeToString()


def difference(expected: Any) -> str | None:
    """How the message above differs from this."""
    matchers = MessageMatchers(DescriptorProto.DESCRIPTOR, Default())
    return matchers.matcher(expected, 3)(MESSAGE)


@pytest.mark.parametrize(
    "expected",
    [
        {},
        {"name": "Point"},
        {"reservedName": ["a", "b"]},
        {"reserved_name": ["a", "b"]},
        {"field": [{"type": "TYPE_INT32"}, {"jsonName": "why"}]},
        {"field": [{"type": 5, "label": 1}, {}]},
        {"options": None},
        {"extension": []},
    ],
)
def test_what_fits(expected: Any) -> None:
    """Only what is named counts, however its key and its value are spelled."""
    assert difference(expected) is None


@pytest.mark.parametrize(
    ("expected", "sentence"),
    [
        ({"name": "Line"}, 'name is "Point", expected "Line"'),
        ({"field": [{}]}, "field has 2 elements, not 1"),
        ({"field": [{"number": 1}, {"number": 7}]}, "field[1].number is 0, expected 7"),
        (
            {"field": [{"type": "TYPE_BOOL"}, {}]},
            'field[0].type is "TYPE_INT32", expected "TYPE_BOOL"',
        ),
        ({"field": [{}, {"type": "TYPE_BOOL"}]}, 'field[1].type is not set, expected "TYPE_BOOL"'),
        ({"options": {}}, "options is not set, expected {}"),
        ({"name": None}, 'name is "Point", expected not set'),
        ({"reserved_name": ["a", "c"]}, 'reserved_name[1] is "b", expected "c"'),
    ],
)
def test_what_does_not(expected: Any, sentence: str) -> None:
    """The path, what is there and what should be."""
    assert difference(expected) == sentence


def test_an_expectation_is_checked_when_it_is_read() -> None:
    """A field that the message can't have is told with its line."""
    with pytest.raises(DataError, match='line 3: "nmae" is no field'):
        difference({"nmae": "Point"})
