"""Calls that a server provably did not process are issued again, and none runs twice (gRFC A6)."""

from __future__ import annotations

import json
import threading
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest
from wire_peer import answer, goaway, reset
from wire_server import Peer, ScriptedServer

from rpcx.transport.wire.frames import DATA

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

CALLS = 60
PER_CONNECTION = 7
REFUSED_STREAM = 7


class Counting:
    """A server that counts how often it has run each request, by its bytes."""

    def __init__(self) -> None:
        self.runs: Counter[bytes] = Counter()
        self._lock = threading.Lock()

    def run(self, peer: Peer, stream: int, request: bytes) -> None:
        """Run a request, and answer it."""
        with self._lock:
            self.runs[request] += 1
        peer.send(answer(stream, request[5:]))

    @staticmethod
    def requests(peer: Peer) -> Iterator[tuple[int, bytes]]:
        """Yield streams and requests, each in one DATA frame."""
        while True:
            frame = peer.read()
            if frame.kind == DATA and frame.payload:  # an empty one is a half-close
                yield frame.stream, frame.payload

    def leave(self, peer: Peer) -> None:
        """Run some requests of each connection, and turn the others away by a GOAWAY."""
        peer.greet()
        for number, (stream, request) in enumerate(self.requests(peer), 1):
            if number <= PER_CONNECTION:
                self.run(peer, stream, request)
            if number == PER_CONNECTION:
                peer.send(goaway(stream))

    def refuse(self, peer: Peer) -> None:
        """Refuse every third stream."""
        peer.greet()
        for number, (stream, request) in enumerate(self.requests(peer)):
            if number % 3:
                self.run(peer, stream, request)
            else:
                peer.send(reset(stream, REFUSED_STREAM))


@pytest.mark.parametrize("way", ["leave", "refuse"])
@pytest.mark.parametrize("load", [("-c", "10"), ("-c", "10", "--rps", "300")])
def test_none_runs_twice_and_none_is_lost(
    rpcx: Callable[..., Any],
    tmp_path: Path,
    t_schema: tuple[str, ...],
    way: str,
    load: tuple[str, ...],
) -> None:
    """The server's own counter has each call once, and rpcx says how many it issued again."""
    counting = Counting()
    with ScriptedServer(getattr(counting, way)) as server:
        result = rpcx(
            "call", "-p", server.address, "t.S/One", *t_schema, "--template",
            "-d", '{"text":"call {{seq}}"}',
            "-n", str(CALLS), *load, "-o", "record", "--report", str(tmp_path / "run.json"),
        )  # fmt: skip
    assert result.code == 0, result.err
    answers = sorted(json.loads(line)["response"]["text"] for line in result.out.splitlines())
    assert answers == sorted(f"call {number}" for number in range(CALLS))
    assert set(counting.runs.values()) == {1}
    assert len(counting.runs) == CALLS
    assert json.loads((tmp_path / "run.json").read_text())["calls"]["reissued"] > 0
