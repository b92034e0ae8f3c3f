"""A run without a command line: the package as somebody's script or test uses it."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from rpcx.errors import DataError
from rpcx.runs.load import run
from rpcx.target.target import parse_target

HELLO = "helloworld.Greeter/SayHello"

SCRIPT = """\
import sys
from rpcx.runs.load import run
from rpcx.target.target import parse_target

target = parse_target(sys.argv[1], plaintext=True)
made = run(target, "helloworld.Greeter/SayHello", ['{"name":"x"}'], total=200, concurrency=10)
summary = made.summary()
assert summary["calls"]["ok"] == 200
assert "typer" not in sys.modules
print(summary["throughput_per_s"])
"""


def test_ten_lines_make_a_run_without_typer(demo_server: str) -> None:
    """A script of ten lines makes 200 calls and reads their numbers; no parser is loaded."""
    assert len(SCRIPT.splitlines()) == 10
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, demo_server], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) > 0


def test_an_open_loop_over_two_connections(demo_server: str) -> None:
    """The plan's own words say how it goes."""
    target = parse_target(demo_server, plaintext=True)
    made = run(target, HELLO, total=20, rate_per_s=500.0, concurrency=4, connections=2)
    assert (made.summary()["calls"]["ok"], made.facts.end_reason) == (20, "total")


def test_a_document_that_is_no_message_is_raised(demo_server: str) -> None:
    """As the sentence that the command line would print."""
    with pytest.raises(DataError, match="nope"):
        run(parse_target(demo_server, plaintext=True), HELLO, ['{"nope":1}'])
