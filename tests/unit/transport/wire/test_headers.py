"""Header blocks, held against the hpack library (RFC 7541)."""

from __future__ import annotations

import pytest
from hpack import Decoder, Encoder
from hypothesis import given
from hypothesis import strategies as st
from wire_peer import text_fields

from rpcx.transport.wire.frames import ConnectionFault, StreamFault
from rpcx.transport.wire.header_encoder import HeaderEncoder
from rpcx.transport.wire.headers import HeaderDecoder

MOST = 1 << 16

names = st.text("abcdefghijklmnopqrstuvwxyz0123456789-_.", min_size=1, max_size=40)
values = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), max_size=300)
fields = st.lists(
    st.tuples(names | st.sampled_from(["content-type", "accept", "via"]), values), max_size=8
)


@given(st.lists(fields, max_size=4), st.booleans())
def test_what_an_encoder_without_a_table_writes_is_read(
    blocks: list[list[tuple[str, str]]], huffman: bool
) -> None:
    """Names and values in order, with and without Huffman coding, however often they come."""
    encoder = Encoder()
    encoder.header_table_size = 0
    decoder = HeaderDecoder(MOST)
    for sent in (*blocks, *blocks):
        assert decoder.decode(encoder.encode(sent, huffman=huffman)) == sent
    assert decoder.is_stateless


@given(st.lists(fields, max_size=6))
def test_a_peer_that_keeps_its_table_is_read_too(blocks: list[list[tuple[str, str]]]) -> None:
    """One that never made its table smaller may refer to earlier blocks."""
    encoder = Encoder()
    decoder = HeaderDecoder(MOST)
    for sent in (*blocks, *blocks):
        assert decoder.decode(encoder.encode(sent)) == sent


@given(st.lists(st.tuples(fields, st.booleans()), max_size=30), st.integers(0, 5000))
def test_what_we_write_is_read_by_others(
    blocks: list[tuple[list[tuple[str, str]], bool]], limit: int
) -> None:
    """The library reads our blocks, whatever is kept in its table, and however large that is."""
    library, encoder = Decoder(), HeaderEncoder()
    for number, (sent, keep) in enumerate((*blocks, *blocks)):
        if number == len(blocks):
            library.max_allowed_table_size = limit
            encoder.resize(limit)
        block = encoder.encode([(name.encode(), value.encode()) for name, value in sent], keep=keep)
        assert text_fields(library, block) == sent


def test_what_comes_again_is_an_index() -> None:
    """A field is text once; after that the whole block is an octet or two for each field."""
    encoder, library = HeaderEncoder(), Decoder()
    sent = [(b":method", b"POST"), (b":path", b"/t.S/Echo"), (b"user-agent", b"rpcx")]
    first, stamp = encoder.encode(sent), encoder.stamp
    again = encoder.encode(sent)
    assert (len(first), len(again)) == (1 + 11 + 6, 3)
    assert encoder.stamp is stamp
    assert text_fields(library, first) == text_fields(library, again)
    encoder.encode([(b"x", b"1")])
    assert encoder.stamp is not stamp
    assert encoder.encode(sent) != again


def test_what_is_not_kept_leaves_the_table_alone() -> None:
    """Metadata that differs with every call takes no room."""
    encoder, library = HeaderEncoder(), Decoder()
    stamp = encoder.stamp
    for number in range(1000):
        text_fields(library, encoder.encode([(b"x", b"%d" % number)], keep=False))
    assert encoder.stamp is stamp
    assert not library.header_table.dynamic_entries


def test_nothing_is_ever_pushed_out_of_the_table() -> None:
    """A field for which there is no room is a literal, so that indices stay."""
    encoder, library = HeaderEncoder(), Decoder()
    for number in range(300):
        text_fields(library, encoder.encode([(b"name-%d" % number, b"x")]))
    assert len(library.header_table.dynamic_entries) in range(90, 110)
    stamp = encoder.stamp
    encoder.encode([(b"one-more", b"x")])
    assert encoder.stamp is stamp


@given(st.binary(max_size=200), st.booleans())
def test_any_bytes_are_fields_or_a_fault(block: bytes, shrunk: bool) -> None:
    """No other exception, and what both can read without a table is the same."""
    decoder = HeaderDecoder(MOST)
    if shrunk:
        decoder.decode(b"\x20")
    try:
        read = decoder.decode(block)
    except (ConnectionFault, StreamFault):
        return
    library = Decoder()
    if shrunk:
        library.max_allowed_table_size = 0
        library.decode(b"\x20")
    assert read == text_fields(library, block)


@pytest.mark.parametrize("name", [b"authorization", b"cookie", b"x-api-key"])
def test_secrets_are_never_indexed(name: bytes) -> None:
    """Such literals begin with 0001, so that no proxy puts them into a table."""
    encoder = HeaderEncoder()
    for _ in range(2):
        assert encoder.encode([(name, b"Bearer x")])[0] & 0xF0 == 0x10
    assert encoder.encode([(b"x-other", b"1")], keep=False)[0] & 0xF0 == 0x00


@pytest.mark.parametrize(
    ("limit", "update"), [(0, b"\x20"), (31, b"\x3f\x00"), (4096, b""), (9999, b"")]
)
def test_a_smaller_table_is_acknowledged(limit: int, update: bytes) -> None:
    """Where the peer allows less than 4,096 bytes, the next block says so, and no other."""
    encoder = HeaderEncoder()
    encoder.resize(limit)
    assert encoder.encode([(b":method", b"POST")]) == update + b"\x83"
    assert encoder.encode([(b":method", b"POST")]) == b"\x83"


def test_a_table_that_becomes_too_small_is_given_up() -> None:
    """All that was in it is text again, from the block on that says so."""
    encoder = HeaderEncoder()
    sent = [(b"name", b"value")]
    encoder.encode(sent)
    encoder.resize(40)
    assert encoder.encode(sent) == b"\x20\x00\x04name\x05value"
    assert encoder.encode(sent) == b"\x00\x04name\x05value"


def test_a_list_that_is_too_large_is_none() -> None:
    """The bound counts 32 bytes for each field, so many small fields count too."""
    decoder = HeaderDecoder(1000)
    decoder.decode(b"\x20")
    assert decoder.decode(b"\x88" * 20) is not None
    assert decoder.decode(b"\x88" * 24) is None
    assert decoder.decode(HeaderEncoder().encode([(b"a", b"x" * 1000)], keep=False)) is None


def test_an_update_belongs_at_the_start() -> None:
    """Two may stand there; one behind a field is an error, and so is one above 0."""
    decoder = HeaderDecoder(MOST)
    assert decoder.decode(b"\x20\x20\x88") == [(":status", "200")]
    with pytest.raises(ConnectionFault):
        decoder.decode(b"\x88\x20")
    with pytest.raises(ConnectionFault):
        decoder.decode(b"\x3f\xe1\x1f\x88")
