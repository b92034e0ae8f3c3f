"""Templates: what they can name, what they refuse, and that they stay within bounds."""

from __future__ import annotations

import json
import re
import time
import tracemalloc
from typing import Any

import hypothesis
import pytest
from hypothesis import strategies as st

from rpcx.errors import DataError, UsageError
from rpcx.templating.bounds import LONGEST
from rpcx.templating.filters import FILTERS, TESTS
from rpcx.templating.sandbox import Sandbox
from rpcx.templating.values import Values, check_names

UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def filled(
    value: Any, row: dict[str, Any] | None = None, *, seq: int = 0, allowed: tuple[str, ...] = ()
) -> Any:
    """A JSON value with its templates filled in."""
    fill, names = Sandbox().value(value, "line 1", json.loads)
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
    fill, names = Sandbox().value("{{random_int(1, 3)}}", "line 1", json.loads)
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


BOMBS = [
    '{{ "%1000000000d" % 1 }}',
    '{{ "%1000000000d" is divisibleby(1) }}',
    '{{ "%1000000000d" is even }}',
    '{{ 1.5|round(30000000, "floor") }}',
    '{{ "aaaa"|round(9, "floor") }}',
    '{{ "a"|round(400000000) }}',
    "{{ [1]|tojson(indent=1000000000) }}",
    "{{ name" + "|tojson" * 30 + " }}",
    "{{ name" + '|replace("a", "aaaaaaaaaa")' * 9 + " }}",
    "{{ name" + '|replace("", big)' * 9 + " }}",
    "{{ " + " ~ ".join(["(" + " ~ ".join(["big"] * 20) + ")"] * 20) + " }}",
    "{{ " + " + ".join(["big"] * 50) + " }}",
    "{{ [" + ", ".join(["big"] * 50) + "] }}",
    "{{ {" + ", ".join(f"{n}: big" for n in range(50)) + "} }}",
    "{{ big" + "|lower|upper" * 300 + " }}",
    "{{ big" + " ~ big" * 50 + " }}",
    "{{ (((2 ** 64) ** 64) ** 64) ** 64 }}",
    "{{ 2 * 2 ** 64 * 2 ** 64 * 2 ** 64 }}",
    "{{ " + "9" * 5000 + " }}",
    "{{ 3 * " + "9" * 4000 + " * " + "9" * 4000 + " }}",
    '{{ "a" * 1000000000 }}',
    "{{ [1] * 1000000000 }}",
    "{{ name.center(1000000000) }}",
    '{{ "{:>1000000000}".format(1) }}',
    '{{ "%1000000000d"|format(1) }}',
    "{{ name|center(1000000000) }}",
    "{{ name|indent(1000000000) }}",
    "{{ range(1000000000)|list }}",
    "{{ range(1000000000)|join(name) }}",
    "{{ [name] is in(1000000000) }}",
    "{{ " + "(" * 5000 + "1" + ")" * 5000 + " }}",
    "{{ " + "[" * 5000 + "]" * 5000 + " }}",
    "{{ " + "-" * 5000 + "1 }}",
    "{{ 1" + "|abs" * 5000 + " }}",
    "{{ name|truncate(1000000000, end=big ~ big ~ big ~ big ~ big) }}",
    "{{ random_int(1, 2 ** 64) ** 65 }}",
    "{{ random_int(*[1, 2]) }}",
    "{{ random_int }}",
    "{{ [random_int] }}",
    "{{ random_int|tojson }}",
    "{{ random_int|upper }}",
    '{{ "a" ~ random_int }}',
    "{{ env }}",
    "{{ [env] }}",
    "{{ env|string }}",
    "{{ env|tojson }}",
    "{{ name() }}",
    "{{ row.get('name') }}",
]
"""What took gigabytes or minutes, or sent the representation of an object."""


@pytest.mark.timeout(20)
@pytest.mark.parametrize("template", BOMBS, ids=lambda template: template[:40])
def test_what_an_expression_makes_is_bounded(template: str) -> None:
    """Each is refused in a sentence, at once, and in little room."""
    row = {"name": "aaaaaaaaaa", "big": "<" * 2**20}
    tracemalloc.start()
    begun = time.process_time()
    try:
        with pytest.raises(DataError, match="line 1: template"):
            filled(template, row)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < 200 * 2**20
    assert time.process_time() - begun < 10


def test_a_whole_document_is_bounded_too() -> None:
    """A thousand strings, each just small enough, are refused together."""
    with pytest.raises(DataError, match="takes more than"):
        filled(["{{big}}"] * 1000, {"big": "x" * 2**20})


_ATOMS = st.sampled_from(
    ["0", "1", "2", "64", "300", "99999999", "1.5", "-1", "1e300", '"a"', '"%9999999d"',
     '""', "[]", "[1, 2]", '["a"]', "{}", '{"a": 1}', "true", "none", "name", "row", "env",
     "random_int", "nope"]
)  # fmt: skip
_FILTER_NAMES = st.sampled_from([*FILTERS, "center", "format", "join", "list", "indent"])
_TEST_NAMES = st.sampled_from([*TESTS, "in", "callable"])


def _grown(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    operators = st.sampled_from(["+", "-", "*", "**", "/", "//", "%", "~", "and", "==", "<", "in"])
    two = st.builds(lambda a, o, b: f"({a} {o} {b})", inner, operators, inner)
    arguments = st.lists(inner, max_size=3).map(", ".join)
    filtered = st.builds(lambda a, f, b: f"({a}|{f}({b}))", inner, _FILTER_NAMES, arguments)
    tested = st.builds(lambda a, f, b: f"({a} is {f}({b}))", inner, _TEST_NAMES, arguments)
    called = st.builds(lambda a, b: f"{a}({b})", inner, arguments)
    picked = st.builds(lambda a, b: f"{a}[{b}]", inner, inner)
    repeated = st.builds(lambda a, f, n: a + f"|{f}" * n, inner, _FILTER_NAMES, st.integers(1, 40))
    return two | filtered | tested | called | picked | repeated


@hypothesis.given(st.recursive(_ATOMS, _grown, max_leaves=12))
@hypothesis.settings(max_examples=300)
def test_any_expression_ends_in_a_text_or_a_sentence(expression: str) -> None:
    """Whatever operations meet whatever values: no other exception, and nothing large."""
    try:
        text = filled("{{" + expression + "}}", {"name": "Ada"})
    except DataError:
        return
    assert isinstance(text, str)
    assert len(text) <= LONGEST


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        ("name|upper|replace('A', 'b')", "bDb"),
        ("name|truncate(5, true, '')", "Ada"),
        ("'one two three'|truncate(9, end='…', leeway=0)", "one two…"),
        ("[3, 1, 2]|max ~ [3, 1, 2]|min ~ ([3, 1, 2]|first) ~ ([3, 1]|last)", "3131"),
        ("'7'|int + '1.5'|float + ('x'|int(2)) + ('ff'|int(base=16))", "265.5"),
        ("2.345|round(2) ~ 2.1|round(0, 'ceil') ~ 2.9|round(method='floor')", "2.353.02.0"),
        ("nope|default('d') ~ (''|default('e', true))", "de"),
        ("'a b&c/d'|urlencode ~ '?' ~ {'k': 'a b'}|urlencode", "a%20b%26c/d?k=a+b"),
        ("['a', 1]|tojson ~ 'x\"y'|tojson", '["a", 1]"x\\"y"'),
        ("' x '|trim ~ 'xax'|trim('x') ~ 'abc'|capitalize ~ -3|abs ~ [1, 2]|length", "xaAbc32"),
        ("'y' if seq is even and seq % 3 == 0 else 'n'", "y"),
        ("1 < 2 < 3", "true"),
        ("'d' in name and 2 not in [1]", "true"),
        ("name[0] ~ name[-1:] ~ row['name'][1:2]", "Aad"),
        ("[1] + [2]", "[1, 2]"),
        ("not (nope is defined)", "true"),
        ("-(2 ** 3) // 3", "-3"),
    ],
)  # fmt: skip
def test_expressions_mean_what_they_mean_in_jinja(expression: str, text: str) -> None:
    """Operators, filters and tests; what is written out is JSON's form."""
    source = expression.replace("nope", "row.nope")
    assert filled("{{ " + source + "}}", {"name": "Ada"}) == text


def test_statements_are_plain_text() -> None:
    """Only {{ }} means anything."""
    text = "{% for x in y %}{# c #}"
    assert filled(text) == text
    assert filled(text + "{{seq}}") == text + "0"


def test_names_that_no_call_will_have_are_refused_early() -> None:
    """The sentence lists what there is."""
    with pytest.raises(DataError, match=r"know no 'nme'; there are seq, uuid, .*, row, name"):
        check_names({"nme", "name", "seq"}, ["name"], "line 4")
