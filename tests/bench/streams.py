"""Messages on one bidi stream, each echoed: messages/s and processor time for each.

grpcurl reports no rate, so both are timed alike: from the start of the process to its end.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Final

from cases import Case
from measure import run
from tools import GRPCURL, RPCX, RPCX_PATH
from unary import BARE, bare

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from cases import Sample
    from measure import Run

METHOD: Final = "grpc.examples.echo.Echo/BidirectionalStreamingEcho"
DOCUMENT: Final = '{"message":"hello"}'
STREAM: Final = "stream/small messages, echoed"
REPEATED: Final = "rpcx, one message repeated"
FROM_FILE: Final = "rpcx, from a file, printed"

_GRPCURL_RATE: Final = 150_000
"""Messages/s for which the counts are made: about what each does on two cores."""
_SHARE: Final = {REPEATED: 0.8, BARE: 0.8, FROM_FILE: 0.35, GRPCURL.title: 1.0}


def stream_case(address: str, programs: dict[str, Path], scratch: Path, seconds: float) -> Case:
    """The stream of rpcx, with and without JSON, beside grpcurl's with JSON both ways.

    Args:
        address: Where the server is.
        programs: The tools there are; grpcurl is used.
        scratch: A directory for the messages.
        seconds: How long a run should last.
    """
    counts = {name: round(_GRPCURL_RATE * share * seconds) for name, share in _SHARE.items()}
    documents = {}
    for name in (FROM_FILE, GRPCURL.title):
        documents[name] = scratch / f"{counts[name]}.ndjson"
        documents[name].write_text(f"{DOCUMENT}\n" * counts[name])
    rpcx = [*RPCX, "stream", address, METHOD, "--plaintext"]
    runs: dict[str, Callable[[], Sample]] = {
        REPEATED: functools.partial(
            _messages,
            [*rpcx, "-d", DOCUMENT, "-n", str(counts[REPEATED]), "-o", "none"],
            counts[REPEATED],
        ),
        FROM_FILE: functools.partial(
            _messages,
            [*rpcx, "-d", f"@{documents[FROM_FILE]}", "-o", "message"],
            counts[FROM_FILE],
        ),
    }
    runs[BARE] = functools.partial(_bare, address, counts[BARE])
    if (grpcurl := programs.get(GRPCURL.title)) is not None:
        runs[GRPCURL.title] = functools.partial(
            _messages,
            [grpcurl, "-plaintext", "-d", "@", address, METHOD],
            counts[GRPCURL.title],
            stdin=documents[GRPCURL.title],
        )
    return Case(STREAM, runs)


def _bare(address: str, count: int) -> Sample:
    done, _ = bare("stream", address, count, size=7)
    return _sample(done, count)


def _messages(command: list[str | Path], count: int, stdin: Path | None = None) -> Sample:
    return _sample(run(command, env=RPCX_PATH, stdin=stdin, keep=False), count)


def _sample(done: Run, count: int) -> Sample:
    return {
        "per_s": count / done.wall_s,
        "cpu_us": done.cpu_s / count * 1e6,
        "cpu_s": done.cpu_s,
        "wall_s": done.wall_s,
        "messages": count,
    }
