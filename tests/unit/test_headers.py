"""`-H 'key: value'`."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rpcx.commands.headers import parse_headers
from rpcx.errors import UsageError


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
        ("authorization", "-H 'authorization' has no colon; write it -H 'key: value'"),
        (": value", "'' is no metadata key"),
        ("a key: value", "'a key' is no metadata key; letters, digits"),
        ("grpc-timeout: 1S", "keys that begin with grpc- are gRPC's own"),
        (":path: /x", "is no metadata key"),
        ("trace-bin: %%%", "the key ends in -bin, so the value is base64, and this is none"),
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
