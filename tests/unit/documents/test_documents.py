"""Where one JSON document ends and the next begins."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rpcx.documents.json_documents import Document, JsonSplitter, json_documents
from rpcx.errors import DataError


def fed(splitter: JsonSplitter, chunk: bytes) -> list[bytes]:
    """The documents that a chunk completes."""
    return [document.data for document in splitter.feed(chunk)]


@pytest.mark.parametrize(
    ("data", "documents"),
    [
        (b"", []),
        (b" \r\n\t\n", []),
        (b'{"a":1}\n{"b":2}\n', [(b'{"a":1}', 1, 1), (b'{"b":2}', 2, 1)]),
        (b'{"a":1}{"b":2}', [(b'{"a":1}', 1, 1), (b'{"b":2}', 1, 8)]),
        (b'\n\n  {\n "a": {}\n}\n[]', [(b'{\n "a": {}\n}', 3, 3), (b"[]", 6, 1)]),
        (b'{"a":"}{][\\"}"}{}', [(b'{"a":"}{][\\"}"}', 1, 1), (b"{}", 1, 16)]),
        (b'{"a":"\\\\"} {}', [(b'{"a":"\\\\"}', 1, 1), (b"{}", 1, 12)]),
        (b'1 -2.5e3 true\n"x" null', [(b"1", 1, 1), (b"-2.5e3", 1, 3), (b"true", 1, 10),
                                       (b'"x"', 2, 1), (b"null", 2, 5)]),
        (b'"a""b"', [(b'"a"', 1, 1), (b'"b"', 1, 4)]),
        (b'{"a":]', [(b'{"a":]', 1, 1)]),
        (b"[[[[[[[[1]]]]]]]] {}", [(b"[[[[[[[[1]]]]]]]]", 1, 1), (b"{}", 1, 19)]),
    ],
)  # fmt: skip
def test_documents(data: bytes, documents: list[tuple[bytes, int, int]]) -> None:
    """Documents come out as written, with the line and column at which they begin."""
    expected = [Document(*document) for document in documents]
    assert list(json_documents(data)) == expected
    splitter = JsonSplitter()
    by_bytes = [one for byte in data for one in splitter.feed(bytes([byte]))]
    assert by_bytes + list(splitter.finish()) == expected


def test_at_its_last_byte() -> None:
    """A document is handed out with its last byte; nothing waits for a line's end."""
    splitter = JsonSplitter()
    assert fed(splitter, b'{"a":') == []
    assert fed(splitter, b"1}") == [b'{"a":1}']
    assert fed(splitter, b'\n{"b":{"c":"') == []
    assert fed(splitter, b'}"}') == []
    assert fed(splitter, b'} "x') == [b'{"b":{"c":"}"}}']
    assert fed(splitter, b'"') == [b'"x"']


def test_numbers_end_where_something_else_begins() -> None:
    """A number may go on with the next chunk, so it waits for what ends it."""
    splitter = JsonSplitter()
    assert fed(splitter, b"12") == []
    assert fed(splitter, b"34 5") == [b"1234"]
    assert [document.data for document in splitter.finish()] == [b"5"]


def test_escapes_across_chunks() -> None:
    """A backslash that is a chunk's last byte still escapes the next chunk's first."""
    splitter = JsonSplitter()
    assert fed(splitter, b'{"a":["\\') == []
    assert fed(splitter, b'"]}') == []
    assert fed(splitter, b'"]}') == [b'{"a":["\\"]}"]}']


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"{}\nhello {}", ('line 2, column 1: expected the beginning of a JSON document, '
                           'found "hello"')),
        (b"{}}", 'line 1, column 3: expected the beginning of a JSON document, found "}"'),
        (b"{},{}", 'line 1, column 3: expected the beginning of a JSON document, found ",{}"'),
        (b"\n\xff\xfe{}", ("line 2, column 1: expected the beginning of a JSON document, "
                          'found "\\xff\\xfe{}"')),
        (b"\x1b[2J", ('line 1, column 1: expected the beginning of a JSON document, '
                     'found "\\u001b[2J"')),
    ],
)  # fmt: skip
def test_garbage(data: bytes, sentence: str) -> None:
    """What is neither white space nor JSON is quoted with its place, after what came before."""
    splitter = JsonSplitter()
    documents = []
    with pytest.raises(DataError) as caught:
        documents += [document.data for document in splitter.feed(data)]
    assert str(caught.value) == sentence


def test_documents_before_garbage_come_first() -> None:
    """A bad document takes nothing from the good ones before it in the same chunk."""
    documents = JsonSplitter().feed(b"{}[]oops")
    assert next(documents).data == b"{}"
    assert next(documents).data == b"[]"
    with pytest.raises(DataError, match="oops"):
        next(documents)


@pytest.mark.parametrize(
    ("data", "missing"),
    [
        (b'{}\n {"a":[{}', "2 brackets are not closed"),
        (b'{}\n {"a"', "1 bracket is not closed"),
        (b'{}\n {"a', "a string is not closed"),
        (b'{}\n "a\\', "a string is not closed"),
    ],
)
def test_cut_off(data: bytes, missing: str) -> None:
    """An input that ends inside a document tells where that began and what is open."""
    splitter = JsonSplitter()
    assert fed(splitter, data) == [b"{}"]
    with pytest.raises(DataError) as caught:
        list(splitter.finish())
    assert str(caught.value) == (
        "line 2, column 2: the JSON document that begins here is cut off at the end of the "
        f"input: {missing}"
    )


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


@settings(deadline=None, max_examples=50)
@given(st.lists(values, max_size=6), st.data())
def test_whatever_the_chunks(documents: list[object], data: st.DataObject) -> None:
    """Any documents come out whole and in order, however their bytes were cut."""
    indent = data.draw(st.sampled_from([None, 1]))
    text = b"\n".join(
        json.dumps(value, indent=indent, ensure_ascii=False).encode("utf-8", "surrogatepass")
        for value in documents
    )
    splitter = JsonSplitter()
    taken = []
    while text:
        size = data.draw(st.integers(1, max(8, len(text) // 4)))
        taken += list(splitter.feed(text[:size]))
        text = text[size:]
    taken += list(splitter.finish())
    decoded = [json.loads(one.data.decode("utf-8", "surrogatepass")) for one in taken]
    assert decoded == documents


def test_one_huge_document_is_linear() -> None:
    """A document of many chunks keeps no more than itself and is scanned once."""
    splitter = JsonSplitter()
    chunk = b'{"x":"y\\"","z":[1,2,3]},' * 2500
    assert fed(splitter, b'{"a":[') == []
    for _ in range(200):
        assert fed(splitter, chunk) == []
    [document] = fed(splitter, b"0]}")
    assert len(document) == 200 * len(chunk) + 9
