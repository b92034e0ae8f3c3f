"""Templates: what they can name, what they refuse, and that they stay within bounds."""

from __future__ import annotations

import re
from typing import Any

import pytest

from rpcx.errors import DataError, UsageError
from rpcx.templating.sandbox import Sandbox
from rpcx.templating.values import Values, check_names

UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def filled(
    value: Any, row: dict[str, Any] | None = None, *, seq: int = 0, allowed: tuple[str, ...] = ()
) -> Any:
    """A JSON value with its templates filled in."""
    fill, names = Sandbox().value(value, "line 1")
    return fill(Values(allowed).of_call(seq, row or {}, names))


def test_strings_anywhere_in_a_value_are_filled_in() -> None:
    """Objects, lists and texts around a template; keys and other values stay."""
    value = {"a": ["{{seq}}", 1, {"b": "n{{ seq + 1 }}"}], "{{seq}}": None, "c": "{ {x} }"}
    assert filled(value, seq=7) == {"a": ["7", 1, {"b": "n8"}], "{{seq}}": None, "c": "{ {x} }"}


def test_a_value_without_templates_is_the_same_object() -> None:
    """Nothing is copied for nothing."""
    value = {"a": [1]}
    assert filled(value) is value


def test_a_call_has_one_uuid_and_one_time() -> None:
    """They are the same wherever they stand in a call, and others in the next."""
    first, second = (filled(["{{uuid}}", "{{uuid}}", "{{now}}", "{{now}}"]) for _ in "ab")
    assert first[0] == first[1] != second[0]
    assert UUID.fullmatch(first[0])
    assert first[2] == first[3]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", first[2])


def test_random_int_has_both_ends() -> None:
    """Every number from the first to the second, and no other."""
    fill, names = Sandbox().value("{{random_int(1, 3)}}", "line 1")
    values = Values(())
    assert {fill(values.of_call(0, {}, names)) for _ in range(200)} == {"1", "2", "3"}


def test_the_environment_is_there_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """What --allow-env names, and nothing else; a name that is not set is refused."""
    monkeypatch.setenv("RPCX_TEST_A", "here")
    monkeypatch.setenv("RPCX_TEST_B", "secret")
    assert filled("{{env.RPCX_TEST_A}}", allowed=("RPCX_TEST_A",)) == "here"
    with pytest.raises(DataError, match=r"env\.RPCX_TEST_B is not allowed; add --allow-env"):
        filled("{{env.RPCX_TEST_B}}", allowed=("RPCX_TEST_A",))
    with pytest.raises(UsageError, match="--allow-env RPCX_TEST_C: there is no such variable"):
        Values(("RPCX_TEST_C",))


def test_columns_are_names_and_keys_of_row() -> None:
    """Any column is in `row`; those that can be a name and are no other's stand alone."""
    row = {"name": "Ada", "full name": "Ada Lovelace", "seq": "column"}
    assert filled("{{name}} {{row['full name']}} {{seq}} {{row.seq}}", row, seq=3) == (
        "Ada Ada Lovelace 3 column"
    )


def test_values_are_written_as_json_writes_them() -> None:
    """A true of the data is true, not True; null is null."""
    assert filled("{{a}} {{b}} {{c}} {{d}}", {"a": True, "b": None, "c": [1, "x"], "d": 1.5}) == (
        'true null [1, "x"] 1.5'
    )


@pytest.mark.parametrize(
    ("template", "words"),
    [
        ("{{nme}}", "'nme' is undefined"),
        ("{{1/0}}", "division by zero"),
        ("{{'a'|float('x') + 1}}", "template"),
        ("{{seq", "template"),
        ("{{}}", "template"),
        ("{{seq.__class__.__mro__}}", "template"),
        ("{{''.__class__}}", "template"),
        ("{{random_int.__globals__}}", "template"),
        ("{{'a' * 10000000000}}", "takes numbers"),
        ("{{[1] * 10000000000}}", "takes numbers"),
        ("{{2 ** 10000}}", "exponents up to 64"),
        ("{{'a'.center(10000000000)}}", "template"),
        ("{{'%10000000000d'|format(1)}}", "template"),
        ("{{'a'|center(10000000000)}}", "template"),
        ("{{range(10000000000)|list}}", "template"),
        ("{{lipsum()}}", "template"),
        ("{{row.values()}}", "template"),
    ],
)
def test_what_a_template_cannot_do(template: str, words: str) -> None:
    """Nothing reaches out of the sandbox or grows without bound; the template is quoted."""
    with pytest.raises(DataError, match=words) as caught:
        filled(template)
    assert str(caught.value).startswith("line 1: template")


def test_statements_are_plain_text() -> None:
    """Only {{ }} means anything."""
    text = "{% for x in y %}{# c #}"
    assert filled(text) == text
    assert filled(text + "{{seq}}") == text + "0"


def test_names_that_no_call_will_have_are_refused_early() -> None:
    """The sentence lists what there is."""
    with pytest.raises(DataError, match=r"know no 'nme'; there are seq, uuid, .*, row, name"):
        check_names({"nme", "name", "seq"}, ["name"], "line 4")
