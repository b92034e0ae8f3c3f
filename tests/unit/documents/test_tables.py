"""CSV."""

from __future__ import annotations

import csv
import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rpcx.documents.csv_tables import Row, TableReader, TableSplitter
from rpcx.errors import DataError


def rows(text: str, size: int = 7) -> list[Row]:
    """The rows of a text that comes in pieces."""
    reader = TableReader()
    data = text.encode()
    found: list[Row] = []
    for start in range(0, len(data), size):
        found += reader.feed(data[start : start + size])
    return found + list(reader.finish())


def documents(text: str) -> list[object]:
    """The documents of a text."""
    splitter = TableSplitter()
    return [
        json.loads(document.data)
        for part in (splitter.feed(text.encode()), splitter.finish())
        for document in part
    ]


def test_rows_have_the_columns_of_the_header() -> None:
    """Each row with its line; blank lines and a missing last line end say nothing."""
    assert rows("name,age\nAda,36\n\nGrace,85") == [
        Row(2, {"name": "Ada", "age": "36"}),
        Row(4, {"name": "Grace", "age": "85"}),
    ]


def test_a_quoted_cell_may_have_commas_quotes_and_line_ends() -> None:
    """The line of the row after it is counted on."""
    assert rows('a,b\r\n"x,\n""y""",2\r\n3,4\r\n') == [
        Row(2, {"a": 'x,\n"y"', "b": "2"}),
        Row(4, {"a": "3", "b": "4"}),
    ]


cells = st.text(st.characters(codec="utf-8", exclude_characters="\x00\r"), max_size=9)


@given(st.lists(st.tuples(cells, cells), max_size=9), st.integers(1, 20))
def test_what_python_writes_is_read_back(table: list[tuple[str, str]], size: int) -> None:
    """However it is cut into chunks; rows without anything in them are blank lines."""
    text = io.StringIO()
    writer = csv.writer(text, quoting=csv.QUOTE_ALL)
    writer.writerow(["a", "b"])
    writer.writerows(table)
    assert [tuple(row.cells.values()) for row in rows(text.getvalue(), size)] == table


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a,b\n1\n", "line 2: the row has 1 cells, and the header of the CSV names 2 columns"),
        ('a\n"1\n2\n', "line 2: a quoted cell of the CSV is not closed"),
        ("a,,c\n", "line 1: column 2 of the CSV has no name"),
        ("a,a\n", 'line 1: the CSV has two columns "a"'),
    ],
)
def test_what_is_no_table(text: str, words: str) -> None:
    """The sentence names the line."""
    with pytest.raises(DataError, match=words):
        rows(text)


def test_bytes_that_are_no_text() -> None:
    """The line is named."""
    with pytest.raises(DataError, match="line 2, column 2: byte 0xff of the CSV is not UTF-8"):
        list(TableReader().feed(b"a\n.\xff\n"))


def test_a_row_is_a_document() -> None:
    """Dots go into messages, empty cells are left out, an extension's name stays whole."""
    assert documents("name,at.lat,at.lon,[p.ext]\nAda,1,,x\n") == [
        {"name": "Ada", "at": {"lat": "1"}, "[p.ext]": "x"}
    ]
    with pytest.raises(DataError, match=r'column "at\.lat" is inside "at"'):
        documents("at,at.lat\n1,2\n")
