"""The README's examples run as they stand, and say what they should."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
TIMEOUT_S = 60
HIDDEN = {"setup command", "test command"}


def examples() -> list[str]:
    """Every line of every shell block but the two that set up an environment."""
    blocks = re.findall(r"(?:<!-- ([\w ]+) -->\n)?```sh\n(.*?)```", README, re.DOTALL)
    return [
        line for comment, block in blocks if comment not in HIDDEN for line in block.splitlines()
    ]


@pytest.mark.parametrize("line", examples())
def test_an_example_runs_as_it_stands(line: str, tmp_path: Path) -> None:
    """Each example exits 0, or with the status that its comment says."""
    expected = re.search(r"# exit (\d+)$", line)
    shim = tmp_path / "rpcx"
    shim.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m rpcx "$@"\n')
    shim.chmod(0o755)
    jq = tmp_path / "jq"
    jq.write_text(
        f'#!/bin/sh\nexec "{sys.executable}" -c "import json, sys; json.load(sys.stdin)"\n'
    )
    jq.chmod(0o755)
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", line],
        capture_output=True,
        check=False,
        cwd=tmp_path,
        timeout=TIMEOUT_S,
        env={**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"},
        stdin=subprocess.DEVNULL,
    )
    assert done.returncode == int(expected[1] if expected else 0), done.stderr.decode()
    assert b"Traceback" not in done.stderr


def test_every_option_of_the_reference_exists() -> None:
    """A command that the reference names is one that rpcx has."""
    from rpcx.app import COMMANDS  # noqa: PLC0415 -- after the examples, which need none of it

    named = set(re.findall(r"^\| `rpcx (\w+)", README, re.MULTILINE))
    assert named == set(COMMANDS)
