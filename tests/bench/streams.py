"""Messages on one bidi stream, each echoed: messages/s and processor time for each.

grpcurl reports no rate, so both are timed alike: from the start of the process to its end.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Final

from cases import Case
from measure import run
from tools import GHZ, GHZ_2021, GRPCURL, RPCX, RPCX_PATH

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
_SHARE: Final = {
    REPEATED: 1.2,
    FROM_FILE: 0.6,
    GRPCURL.title: 1.0,
    GHZ.title: 1.2,
    GHZ_2021.title: 1.2,
}


def stream_case(address: str, programs: dict[str, Path], scratch: Path, seconds: float) -> Case:
    """The stream of rpcx, with and without JSON, beside grpcurl's with JSON and ghz's without.

    Args:
        address: Where the server is.
        programs: The tools there are; grpcurl and ghz are used.
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
    for ghz in (GHZ.title, GHZ_2021.title):
        if (path := programs.get(ghz)) is not None:
            count = counts[ghz]
            one_call = ["-n", "1", "-c", "1", "--stream-call-count", str(count), "-d", DOCUMENT]
            command: list[str | Path] = [
                path,
                "--insecure",
                "--call",
                METHOD,
                *one_call,
                "-t",
                "0",
                address,
            ]
            runs[ghz] = functools.partial(_messages, command, count)
    if (grpcurl := programs.get(GRPCURL.title)) is not None:
        runs[GRPCURL.title] = functools.partial(
            _messages,
            [grpcurl, "-plaintext", "-d", "@", address, METHOD],
            counts[GRPCURL.title],
            stdin=documents[GRPCURL.title],
        )
    return Case(STREAM, runs)


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
