"""Published suites that judge clients, held against the transport `wire`."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

SUITES = Path(__file__).parent / "suites"
PORTS = 60
TIMEOUT_S = 600

ANOTHER_STATUS = (
    "gRPC Unexpected Responses/**/multiple-responses",
    "gRPC Unexpected Responses/**/ok-but-no-response",
)
"""gRPC's statuscodes.md says UNIMPLEMENTED where a server sends no message, or two, and one is due.
rpcx reports INTERNAL: the method is there, and its server broke the protocol. UNIMPLEMENTED
would read as a method that the server lacks, and rpcx would say so."""


def free_ports() -> int:
    """Return the first of many ports in a row that nobody listens at."""
    for first in range(20_000 + os.getpid() % 100 * 100, 60_000, PORTS):
        try:
            for port in range(first, first + PORTS):
                with socket.socket() as one:
                    one.bind(("127.0.0.1", port))
        except OSError:
            continue
        return first
    pytest.fail("no ports in a row are free")


def test_h2specd(go_tool: Callable[[str], Path]) -> None:
    """All 57 cases of h2spec for clients: frames, states, errors, settings, windows (RFC 9113)."""
    program = f"{sys.executable} {SUITES / 'h2_client.py'}"
    judged = subprocess.run(
        [go_tool("h2specd"), "-e", program, "-f", str(free_ports())],
        env=os.environ | {"GOMAXPROCS": "1"},  # it spins after each case: leave us the other core
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        timeout=TIMEOUT_S,
        check=False,
    )
    report = judged.stdout.decode(errors="replace")
    shown = "\n".join(line for line in report.splitlines() if "closed network" not in line)
    assert "57 tests, 57 passed, 0 skipped, 0 failed" in shown, shown


def test_connectconformance(
    go_tool: Callable[[str], Path], go_module: Callable[[str], Path], tmp_path: Path
) -> None:
    """All 646 cases for clients of gRPC over HTTP/2, in plaintext and TLS, but for those named."""
    descriptors = tmp_path / "conformance.binpb"
    protos = go_module("connectconformance") / "proto"
    files = [str(path.relative_to(protos)) for path in protos.rglob("*.proto")]
    subprocess.run(
        [sys.executable, "-m", "grpc_tools.protoc", "-I", protos, "--include_imports",
         f"--descriptor_set_out={descriptors}", *files],
        check=True,
    )  # fmt: skip
    known = [part for pattern in ANOTHER_STATUS for part in ("--known-failing", pattern)]
    judged = subprocess.run(
        [go_tool("connectconformance"), "--mode", "client",
         "--conf", SUITES / "connectconformance.yaml", *known,
         "--", sys.executable, SUITES / "conformance_client.py", descriptors],
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        check=False,
    )  # fmt: skip
    assert judged.returncode == 0, judged.stdout + judged.stderr
    assert "Total cases: 646" in judged.stdout + judged.stderr
