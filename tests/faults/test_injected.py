"""Faults injected into rpcx itself, by name, while it works: it ends by itself, and says so."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

HELLO = "helloworld.Greeter/SayHello"
SERVER = "grpc.examples.echo.Echo/ServerStreamingEcho"
BIDI = "grpc.examples.echo.Echo/BidirectionalStreamingEcho"
CLOSED = ("call", "demo", HELLO, "-z", "300s", "-c", "20", "-o", "record")
OPEN = ("call", "demo", HELLO, "-z", "300s", "-r", "2000", "-c", "20", "-o", "json")
STREAM = ("stream", "demo", BIDI, "-d", '{"message":"x"}', "-n", "1000000", "-o", "record")
TYPED = ("stream", "demo", BIDI, "-o", "record")
SEVERAL = ("call", "demo", HELLO, "-z", "300s", "--processes", "2", "-c", "4", "-o", "json")

PATCHED = """
import importlib, sys
module, _, path = sys.argv.pop(1).partition(":")
owner_name, _, name = path.partition(".")
owner = getattr(importlib.import_module(module), owner_name)
genuine, calls = getattr(owner, name), []

class InjectedError(Exception):
    pass

def faulty(*args, **kwargs):
    calls.append(1)
    if len(calls) >= 3:
        raise InjectedError("the fault of a test")
    return genuine(*args, **kwargs)

setattr(owner, name, faulty)
from rpcx.__main__ import main
main()
"""

FAULTS = [
    ("rpcx.stats.recorder:Recorder.take_in", CLOSED),
    ("rpcx.stats.recorder:Recorder.take_in", OPEN),
    ("rpcx.stats.recorder:Recorder.tick", OPEN),
    ("rpcx.output.stdout:Stdout.raw", CLOSED),
    ("rpcx.engine.feed:Feed.wait", CLOSED),
    ("rpcx.engine.feed:Feed.announce", CLOSED),
    ("rpcx.engine.source:OneMethod.take", CLOSED),
    ("rpcx.engine.source:OneMethod.take", OPEN),
    ("rpcx.stats.streams:StreamStats.add", STREAM),
    ("rpcx.output.stdout:Stdout.raw", STREAM),
    ("rpcx.engine.feed:Feed.announce", STREAM),
    ("rpcx.runs.answers:StreamAnswers.verified", STREAM),
    ("rpcx.runs.requests.arriving:ArrivingDocuments._arrive", TYPED),
    ("rpcx.cluster.processes:Worker.report", SEVERAL),
    ("rpcx.cluster.run:_Merging.tick", SEVERAL),
]


@pytest.mark.parametrize("transport", ["wire", "grpc"])
@pytest.mark.parametrize(("place", "command"), FAULTS)
def test_it_ends_by_itself(place: str, command: tuple[str, ...], transport: str) -> None:
    """A hang would be the time-out of this test; a fault that is not told, exit 0."""
    done = subprocess.run(
        [sys.executable, "-c", PATCHED, place, *command],
        input=b'{"message":"a"}\n' * 10 if command is TYPED else b"",
        capture_output=True,
        env=os.environ | {"RPCX_TRANSPORT": transport},
        timeout=40,
        check=False,
    )
    assert done.returncode == 1, done.stderr.decode()
    assert b"InjectedError: the fault of a test" in done.stderr
