"""`-H 'key: value'`."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rpcx.commands.options.headers import HeaderOptions
from rpcx.documents.headers import parse_headers
from rpcx.errors import DataError, UsageError

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("line", "pair"),
    [
        ("authorization: Bearer abc", ("authorization", "Bearer abc")),
        ("X-Upper:  padded  ", ("x-upper", "padded")),
        ("x-empty:", ("x-empty", "")),
        ("x-url: http://host:80/", ("x-url", "http://host:80/")),
        ("trace-bin: AQID", ("trace-bin", b"\x01\x02\x03")),
        ("trace-bin: AQ", ("trace-bin", b"\x01")),
        ("trace-bin: AQ==", ("trace-bin", b"\x01")),
        ("trace-bin:", ("trace-bin", b"")),
    ],
)
def test_forms(line: str, pair: tuple[str, str | bytes]) -> None:
    """Keys become lower case, values lose the space around them, -bin values are bytes."""
    assert parse_headers([line]) == (pair,)


def test_repeats_keep_their_order() -> None:
    """The same key twice is two headers."""
    assert parse_headers(["a: 1", "b: 2", "a: 3"]) == (("a", "1"), ("b", "2"), ("a", "3"))


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("authorization", "-H 'authorization' has no colon; write 'key: value'"),
        (": value", "'' is not a valid metadata key"),
        ("a key: value", "'a key' is not a valid metadata key; use letters, digits"),
        ("grpc-timeout: 1S", "gRPC sets this header itself; give --timeout"),
        ("grpc-trace-x: 1", "keys that begin with 'grpc-' belong to gRPC; leave it out"),
        (":path: /x", "':path: /x': keys that begin with ':' belong to HTTP/2; leave it out"),
        (":authority: x", "gRPC sets this header itself; give --authority NAME"),
        ("Host: x", "'Host: x': gRPC sets this header itself; give --authority NAME"),
        ("user-agent: x", "gRPC sets this header itself; give --user-agent TEXT"),
        ("content-type: x", "gRPC sets this header itself; leave it out"),
        ("content-length: 1", "gRPC sets this header itself; leave it out"),
        ("Connection: close", "HTTP/2 does not allow headers about the connection; leave it out"),
        *(
            (f"{key}: x", "HTTP/2 does not allow headers about the connection")
            for key in ("keep-alive", "proxy-connection", "te", "transfer-encoding", "upgrade")
        ),
        ("trace-bin: %%%", "keys that end in -bin take base64, and this value is not base64"),
        ("x-name: Zoë", "the value is not printable ASCII; use a key that ends in -bin"),
        ("x-name: a\x1bb", "the value is not printable ASCII"),
    ],
)
def test_refusals(line: str, sentence: str) -> None:
    """What HTTP/2 can't carry is quoted and refused before anything is sent."""
    with pytest.raises(UsageError) as refused:
        parse_headers([line])
    assert sentence in str(refused.value)
    assert str(refused.value).isprintable()


@given(st.binary())
def test_any_bytes_travel_in_base64(value: bytes) -> None:
    """A -bin header has the bytes that were encoded, with or without padding."""
    encoded = base64.b64encode(value).decode()
    assert parse_headers([f"k-bin: {encoded}"]) == (("k-bin", value),)
    assert parse_headers([f"k-bin: {encoded.rstrip('=')}"]) == (("k-bin", value),)


def test_headers_of_a_file(tmp_path: Path) -> None:
    """`@file` has one a line; `#` begins a remark and empty lines are none."""
    path = tmp_path / "headers"
    path.write_text("# who I am\nx-a: 1\n\nx-b-bin: AQ\n")
    assert parse_headers([f"@{path}", "c: 3"]) == (("x-a", "1"), ("x-b-bin", b"\1"), ("c", "3"))


def test_a_bad_line_in_a_file_has_its_number(tmp_path: Path) -> None:
    """File and line are named."""
    path = tmp_path / "headers"
    path.write_text("a: 1\nnonsense\n")
    with pytest.raises(UsageError, match=f"-H '@{path}', line 2: 'nonsense' has no colon"):
        parse_headers([f"@{path}"])
    with pytest.raises(DataError, match="cannot be read: No such file"):
        parse_headers([f"@{path}.none"])


def test_variables_in_values(monkeypatch: pytest.MonkeyPatch) -> None:
    """${NAME} is replaced only where that was asked for."""
    monkeypatch.setenv("TOKEN", "abc")
    line = "authorization: Bearer ${TOKEN}"
    assert parse_headers([line], expand=True) == (("authorization", "Bearer abc"),)
    assert parse_headers([line]) == (("authorization", "Bearer ${TOKEN}"),)
    with pytest.raises(UsageError, match="no environment variable 'NOPE'; set it, or leave"):
        parse_headers(["a: ${NOPE}"], expand=True)


def test_headers_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """RPCX_HEADER has one a line; the same key on the command line takes its place."""
    monkeypatch.setenv("RPCX_HEADER", "authorization: Bearer x\nx-a: 1\n")
    options = HeaderOptions(header=["X-A: 2", "x-b: 3"])
    assert options.metadata() == (("authorization", "Bearer x"), ("x-a", "2"), ("x-b", "3"))


@pytest.mark.parametrize(
    "line",
    [
        "authorization: Bearer s3cret\u00e9",
        "cookie: a=s3cret\u00e9",
        "trace-bin: s3cret%",
        "authorization Bearer s3cret",
        "x-api-key: s3cret\u00e9",
    ],
)
def test_secrets_are_in_no_sentence(line: str) -> None:
    """A credential that is refused is not repeated on the terminal."""
    with pytest.raises(UsageError) as refused:
        parse_headers([line])
    assert "s3cret" not in str(refused.value)
    assert "***" in str(refused.value)
