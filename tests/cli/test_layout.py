"""The shape of the project: what lies where, and which way the imports go."""

from __future__ import annotations

import ast
import importlib
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "cli" / "rpcx"

ALLOWED = {
    "rpcx": {"rpcx.commands", "rpcx.errors", "rpcx.output", "rpcx.runs"},
    "rpcx.console": {
        "rpcx.cluster", "rpcx.documents", "rpcx.engine", "rpcx.errors", "rpcx.output",
        "rpcx.plans", "rpcx.results", "rpcx.runs", "rpcx.stats", "rpcx.verdict", "rpcx.words",
    },
    "rpcx.config": {"rpcx.codec", "rpcx.documents", "rpcx.errors", "rpcx.words"},
    "rpcx.child": {"rpcx.errors", "rpcx.words"},
    "rpcx.cluster": {
        "rpcx.child", "rpcx.codec", "rpcx.documents", "rpcx.engine", "rpcx.errors", "rpcx.output",
        "rpcx.plans", "rpcx.results", "rpcx.runs", "rpcx.stats", "rpcx.target", "rpcx.transport",
    },
    "rpcx.codec": {"rpcx.documents", "rpcx.errors", "rpcx.results", "rpcx.words"},
    "rpcx.commands": {
        "rpcx.codec", "rpcx.config", "rpcx.console", "rpcx.demo", "rpcx.documents",
        "rpcx.errors", "rpcx.help", "rpcx.output", "rpcx.plans", "rpcx.results", "rpcx.runs",
        "rpcx.schema", "rpcx.stats", "rpcx.target", "rpcx.verdict", "rpcx.words",
    },
    "rpcx.demo": {"rpcx.child", "rpcx.errors", "rpcx.results", "rpcx.words"},
    "rpcx.documents": {"rpcx.errors", "rpcx.results", "rpcx.words"},
    "rpcx.certificate": set(),
    "rpcx.connections": set(),
    "rpcx.engine": {
        "rpcx.connections", "rpcx.errors", "rpcx.plans", "rpcx.results", "rpcx.transport",
        "rpcx.words",
    },
    "rpcx.errors": {"rpcx.results"},
    "rpcx.output": {
        "rpcx.connections", "rpcx.errors", "rpcx.plans", "rpcx.results", "rpcx.stats",
        "rpcx.words",
    },
    "rpcx.plans": {"rpcx.documents", "rpcx.errors", "rpcx.results", "rpcx.words"},
    "rpcx.runs": {
        "rpcx.codec", "rpcx.demo", "rpcx.documents", "rpcx.engine", "rpcx.errors", "rpcx.output",
        "rpcx.plans", "rpcx.results", "rpcx.schema", "rpcx.stats", "rpcx.target",
        "rpcx.templating", "rpcx.transport", "rpcx.words",
    },
    "rpcx.schema": {"rpcx.codec", "rpcx.documents", "rpcx.errors", "rpcx.results", "rpcx.words"},
    "rpcx.stats": {"rpcx.certificate", "rpcx.connections", "rpcx.results"},
    "rpcx.target": {"rpcx.demo", "rpcx.documents", "rpcx.errors", "rpcx.words"},
    "rpcx.templating": {"rpcx.errors", "rpcx.words"},
    "rpcx.transport": {
        "rpcx", "rpcx.certificate", "rpcx.connections", "rpcx.documents", "rpcx.errors",
        "rpcx.results", "rpcx.target", "rpcx.words",
    },
    "rpcx.verdict": {
        "rpcx.errors", "rpcx.plans", "rpcx.results", "rpcx.stats", "rpcx.words",
    },
    "rpcx.words": {"rpcx.errors", "rpcx.results"},
    "rpcx.help": {"rpcx.config"},
    "rpcx.results": {"rpcx.connections"},
}  # fmt: skip
"""What each part may know, besides itself (design: data goes one way, command → output)."""


def part_of(module: str) -> str:
    """The part of the program that a module belongs to."""
    parts = module.split(".")
    if parts[1:] in ([], ["app"], ["__main__"]):
        return "rpcx"
    return ".".join(parts[:2])


def module_of(path: Path) -> str:
    """The dotted name of a source file."""
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(path: Path) -> set[str]:
    """Every module that a file imports, wherever in it, also for types alone."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path} has a relative import"
            assert node.module
            found |= {
                f"{node.module}.{alias.name}"
                if (PACKAGE.parent / node.module.replace(".", "/") / f"{alias.name}.py").exists()
                else node.module
                for alias in node.names
            }
    return found


SOURCES = sorted(PACKAGE.rglob("*.py"))


@pytest.mark.parametrize("path", SOURCES, ids=module_of)
def test_imports_go_one_way(path: Path) -> None:
    """A module knows its own part and those that `ALLOWED` names: nothing points back."""
    own = part_of(module_of(path))
    allowed = ALLOWED[own]
    for name in imports(path):
        if name == "rpcx" or name.startswith("rpcx."):
            known = part_of(name) in {own, *allowed} or any(
                name == one or name.startswith(f"{one}.") for one in allowed
            )
            assert known or name == "rpcx", f"{module_of(path)} imports {name}"


def test_the_rooms_form_no_circle() -> None:
    """There is an order of rooms in which each knows only those before it."""
    left = {room: set(known) - {"rpcx"} for room, known in ALLOWED.items() if room != "rpcx"}
    while left:
        free = {room for room, known in left.items() if not known & left.keys()}
        assert free, f"a circle among {sorted(left)}"
        left = {room: known for room, known in left.items() if room not in free}


def test_no_room_knows_the_command_line() -> None:
    """Only the app knows `commands`: runs and cluster can be used without it."""
    assert [room for room, known in ALLOWED.items() if "rpcx.commands" in known] == ["rpcx"]


def test_grpc_is_known_to_transport_and_demo_alone() -> None:
    """One client-side import of grpc, one server-side; reflection's messages are no grpc."""
    knowing = {
        part_of(module_of(path))
        for path in SOURCES
        if any(name.split(".")[0] == "grpc" for name in imports(path))
    }
    assert knowing == {"rpcx.transport", "rpcx.demo"}


OPENS_FILES = {
    "rpcx.documents.textfiles": "the one place",
    "rpcx.__main__": "/dev/null, for what the caller closed",
    "rpcx.help.pages": "the manual",
    "rpcx.demo.messages": "a descriptor set of our own",
    "rpcx.output.stderr": "/dev/null, where nobody reads what is said",
    "rpcx.output.reports.html": "a template of our own",
    "rpcx.schema.sources.protofiles": "a descriptor set that protoc wrote",
    "rpcx.schema.sources.protoset": "descriptor sets: binary",
    "rpcx.stats.machine": "/proc/stat",
}
"""Modules that open files, and what they are: none is a text file that a user names."""


def test_text_files_are_opened_in_one_place() -> None:
    """Every text file that a user names goes through `textfiles`: byte order marks, UTF-16."""
    found = set()
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.Call):
                continue
            called = node.func
            builtin = isinstance(called, ast.Name) and called.id == "open"
            of_path = isinstance(called, ast.Attribute) and (
                called.attr in {"read_text", "read_bytes"}
                or (
                    called.attr == "open"
                    and isinstance(called.value, ast.Call)
                    and getattr(called.value.func, "id", "") == "Path"
                )
            )
            if builtin or of_path:
                found.add(module_of(path))
    assert found == OPENS_FILES.keys()


def test_nobody_names_sys_stdin() -> None:
    """A thread that is blocked there would abort the interpreter's end."""
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                assert (node.value.id, node.attr) != ("sys", "stdin"), path


def test_top_level_is_six_entries() -> None:
    """Everything tracked is under one of the six, or a dotfile."""
    listed = subprocess.run(
        ["git", "ls-tree", "--name-only", "HEAD"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if listed.returncode:
        pytest.skip("this is no git work tree")
    visible = {name for name in listed.stdout.split() if not name.startswith(".")}
    assert visible == {"pyproject.toml", "README.md", "cli", "protos", "tests", "completions"}


def test_the_distribution_is_not_a_strangers() -> None:
    """`pip install rpcx` fetches another project: no text of ours advises it."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["name"] != "rpcx"
    assert project["scripts"]["rpcx"] == "rpcx.__main__:main"
    texts = [ROOT / "README.md", *PACKAGE.rglob("*.py"), *PACKAGE.rglob("*.md")]
    advice = re.compile(r"pip install [^\n`&|]*\brpcx\b(?!-)")
    assert [path for path in texts if advice.search(path.read_text(encoding="utf-8"))] == []


def test_a_run_needs_no_typer() -> None:
    """What makes a run, in this process or in one of --processes, does not load the parser."""
    code = (
        "import sys, rpcx.cluster.worker, rpcx.runs.calls, rpcx.runs.session,"
        " rpcx.runs.requests.requests, rpcx.runs.requests.method_data, rpcx.runs.requests.filling\n"
        "print([name for name in sys.modules if name.startswith('typer')])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT / "cli"
    )
    assert done.stdout == "[]\n"


def test_the_tree_of_exceptions_is_complete() -> None:
    """`rpcx.errors` draws every exception that ends a command, with its exit status."""
    from rpcx import errors  # noqa: PLC0415 -- for this test alone

    for path in SOURCES:
        importlib.import_module(module_of(path)) if path.name != "__main__.py" else None
    found, waiting = set(), [errors.RpcxError]
    while waiting:
        current = waiting.pop()
        found.add(current)
        waiting += current.__subclasses__()
    assert errors.__doc__
    for error in found:
        row = re.search(rf"\b{error.__name__} +(\S+)", errors.__doc__)
        assert row, f"{error.__name__} is not drawn"
        expected = "64+code" if error is errors.CallError else str(int(error.exit_code))
        assert row[1] == expected
