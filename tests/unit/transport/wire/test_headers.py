"""Header blocks, held against the hpack library (RFC 7541)."""

from __future__ import annotations

import pytest
from hpack import Decoder, Encoder
from hypothesis import given
from hypothesis import strategies as st
from wire_peer import text_fields

from rpcx.transport.wire.frames import ConnectionFault, StreamFault
from rpcx.transport.wire.headers import HeaderDecoder, encode, encode_field, size_update

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


@given(fields)
def test_what_we_write_is_read_by_others(sent: list[tuple[str, str]]) -> None:
    """The library reads our blocks, and its table stays empty."""
    library = Decoder()
    block = encode((name.encode(), value.encode()) for name, value in sent)
    assert text_fields(library, block) == sent
    assert not library.header_table.dynamic_entries


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


@pytest.mark.parametrize("name", [b"authorization", b"cookie", b"x-own-secret"])
def test_secrets_are_never_indexed(name: bytes) -> None:
    """Such literals begin with 0001, so that no proxy puts them into a table."""
    first = encode([(name, b"Bearer x")], secret=[b"x-own-secret"])[0]
    assert first & 0xF0 == 0x10
    assert encode_field(b"x-other", b"1")[0] & 0xF0 == 0x00


@pytest.mark.parametrize(
    ("limit", "update"), [(0, b"\x20"), (100, b"\x20"), (4096, b""), (9999, b"")]
)
def test_a_smaller_table_is_acknowledged(limit: int, update: bytes) -> None:
    """Where the peer allows less than 4,096 bytes, the next block says that ours is empty."""
    assert size_update(limit) == update


def test_a_list_that_is_too_large_is_none() -> None:
    """The bound counts 32 bytes for each field, so many small fields count too."""
    decoder = HeaderDecoder(1000)
    decoder.decode(b"\x20")
    assert decoder.decode(b"\x88" * 20) is not None
    assert decoder.decode(b"\x88" * 24) is None
    assert decoder.decode(encode([(b"a", b"x" * 1000)])) is None


def test_an_update_belongs_at_the_start() -> None:
    """Two may stand there; one behind a field is an error, and so is one above 0."""
    decoder = HeaderDecoder(MOST)
    assert decoder.decode(b"\x20\x20\x88") == [(":status", "200")]
    with pytest.raises(ConnectionFault):
        decoder.decode(b"\x88\x20")
    with pytest.raises(ConnectionFault):
        decoder.decode(b"\x3f\xe1\x1f\x88")
