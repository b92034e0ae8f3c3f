"""The README's examples run as they stand, and say what they should."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from rpcx.commands.parsing import COMMANDS

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = sorted((ROOT / "cli" / "rpcx" / "help").glob("*.md"))
HIDDEN = {"setup command", "test command"}


def examples() -> list[str]:
    """Every line of every shell block, also of the manual, but the two that set things up."""
    text = "\n".join([README, *(page.read_text(encoding="utf-8") for page in PAGES)])
    blocks = re.findall(r"(?:<!-- ([\w ]+) -->\n)?```sh\n(.*?)```", text, re.DOTALL)
    return [
        line
        for comment, block in blocks
        if comment not in HIDDEN
        for line in block.splitlines()
        if line and not line.startswith("#")
    ]


@pytest.mark.parametrize("line", examples())
def test_an_example_runs_as_it_stands(line: str, shell_line: Callable[[str], Any]) -> None:
    """Each example exits 0, or with the status that its comment says."""
    expected = re.search(r"# exit (\d+)$", line)
    done = shell_line(line)
    assert done.code == int(expected[1] if expected else 0), done.err
    assert "Traceback" not in done.err


def test_links_lead_somewhere() -> None:
    """Every file and heading that the README and the manual link to is there."""
    for page in [ROOT / "README.md", *PAGES]:
        text = page.read_text(encoding="utf-8")
        for path, heading in re.findall(r"\]\((?!https?:)([^)#]*)#?([^)]*)\)", text):
            target = (page.parent / path) if path else page
            assert target.exists(), f"{page.name} links to {path}"
            headings = re.findall(r"^#+ (.*)", target.read_text(encoding="utf-8"), re.MULTILINE)
            anchors = {re.sub(r"[^\w -]", "", one.lower()).replace(" ", "-") for one in headings}
            assert not heading or heading in anchors, f"{page.name} links to #{heading}"


def test_the_readme_lists_the_manual() -> None:
    """Each page has a row, and `rpcx help` shows it as it is."""
    form = r"^\| \[([\w-]+)\]\(cli/rpcx/help/\1\.md\) \| (.*) \|$"
    rows = dict(re.findall(form, README, re.MULTILINE))
    assert rows.keys() == {page.stem for page in PAGES}
    listed = subprocess.run([sys.executable, "-m", "rpcx", "help"], capture_output=True, check=True)
    for page in PAGES:
        title = page.read_text(encoding="utf-8").splitlines()[0]
        assert title.partition(": ")[2] == rows[page.stem]
        assert f"  {page.stem} ".encode() in listed.stdout
        shown = subprocess.run(
            [sys.executable, "-m", "rpcx", "help", page.stem], capture_output=True, check=True
        )
        assert shown.stdout == page.read_bytes()


def test_a_topic_that_is_not_there_names_the_nearest() -> None:
    """With exit status 2."""
    done = subprocess.run(
        [sys.executable, "-m", "rpcx", "help", "lod"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "there is no topic 'lod'; did you mean load" in done.stderr


def test_the_readme_lists_the_commands() -> None:
    """Each command has a row."""
    named = re.findall(r"^\| `rpcx (\w+)", README, re.MULTILINE)
    assert sorted(named) == sorted(COMMANDS)
