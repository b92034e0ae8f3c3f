"""The heart of the wire transport, whatever bytes come and however they are cut."""

from __future__ import annotations

import random

from hypothesis import given, settings
from hypothesis import strategies as st
from wire_fuzz import FRAMES, GOOD, check, mutated, opened, told

from rpcx.results import Status


def fed(received: bytes, cuts: list[int]) -> list[object]:
    """Return what a client is told that receives this in pieces of these sizes."""
    bench = opened()
    for size in cuts:
        bench.feed(received[:size])
        received = received[size:]
    bench.feed(received)
    return told(bench)


@given(st.lists(st.integers(1, 40), max_size=80))
def test_a_conversation_is_the_same_however_it_is_cut(cuts: list[int]) -> None:
    """Pieces of any size give the events that the whole gives."""
    assert fed(GOOD, cuts) == fed(GOOD, [])


@given(st.lists(st.sampled_from(FRAMES), max_size=12), st.lists(st.integers(1, 40), max_size=80))
def test_any_frames_are_the_same_however_they_are_cut(pieces: list[bytes], cuts: list[int]) -> None:
    """The same holds for frames in any order, also where they break a rule."""
    received = b"".join(pieces)
    assert fed(received, cuts) == fed(received, [])


def test_byte_by_byte() -> None:
    """One byte at a time gives all that a whole conversation gives."""
    assert fed(GOOD, [1] * len(GOOD)) == fed(GOOD, [])


@settings(max_examples=1500)
@given(st.integers(0, 1 << 60))
def test_whatever_comes_every_call_ends_once(seed: int) -> None:
    """Frames in any order and with any bytes changed: no crash, no second end, bounded memory."""
    bench = opened()
    bench.feed(mutated(random.Random(seed)))  # noqa: S311 -- no secret
    check(bench)


@given(st.binary(max_size=400))
def test_noise_is_survived(received: bytes) -> None:
    """Bytes that are not HTTP/2 at all end every call, none with OK."""
    bench = opened()
    bench.feed(received)
    check(bench)
    assert not any(outcome.status is Status.OK for outcome in bench.outcomes())
