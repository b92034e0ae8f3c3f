"""The pages of the manual."""

from __future__ import annotations

from importlib import resources


def topics() -> dict[str, str]:
    """Return the pages of the manual, Markdown by topic."""
    folder = resources.files("rpcx.help")
    files = sorted(file.name for file in folder.iterdir() if file.name.endswith(".md"))
    return {
        name.removesuffix(".md"): folder.joinpath(name).read_text(encoding="utf-8")
        for name in files
    }


def summary(page: str) -> str:
    """Return what a page has: its title after the colon, without marks."""
    return page.partition("\n")[0].partition(": ")[2].replace("`", "")
