"""Files with odd names or odd contents: they work, or one sentence says what is wrong."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

HELLO = "helloworld.Greeter/SayHello"
BIDI = "grpc.examples.echo.Echo/BidirectionalStreamingEcho"


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """A saved call and a saved stream."""
    import subprocess  # noqa: PLC0415 -- once for the module, so not by the fixture `rpcx`

    from cli_fixtures import COMMAND  # noqa: PLC0415 -- as above

    made = {}
    for name, *rest in (("call", HELLO, "-n", "20"), ("stream", BIDI, "-d", "{}")):
        path = tmp_path_factory.mktemp("reports") / "run.json"
        command = [*COMMAND, name, "demo", *rest, "-o", "none", "--report", str(path)]
        subprocess.run(command, check=True)
        made[name] = json.loads(path.read_bytes())
    return made


def changed(report: Any, path: str, value: Any) -> Any:
    """Return a copy of a report with another value at a path; a `>` renames the last key."""
    made = json.loads(json.dumps(report))
    at = made
    *before, last = path.split("/")
    for key in before:
        at = at[key]
    last, _, renamed = last.partition(">")
    if renamed:
        at[renamed] = at.pop(last)
    else:
        at[last] = value
    return made


@pytest.mark.parametrize(
    ("command", "path", "value", "says"),
    [
        ("call", "latency_ms/p99>p1e999", None, "latency_ms"),
        ("call", "latency_ms/p99>px", None, "latency_ms"),
        ("call", "latency_ms/p99>p101", None, "latency_ms"),
        ("call", "duration_s", 1e300, "duration_s"),
        ("call", "duration_s", float("nan"), "x.json"),
        ("call", "concurrency", None, "concurrency"),
        ("stream", "round_trip_ms", None, "round_trip_ms"),
        ("stream", "duration_s", 1e300, "duration_s"),
        ("stream", "sent", None, "sent"),
    ],
)
def test_a_damaged_report_is_refused(
    rpcx: Callable[..., Any],
    reports: dict[str, Any],
    tmp_path: Path,
    command: str,
    path: str,
    value: Any,
    says: str,
) -> None:
    """The sentence names the file and the place."""
    (tmp_path / "x.json").write_text(json.dumps(changed(reports[command], path, value)))
    result = rpcx("report", "x.json", cwd=tmp_path)
    assert (result.code, result.err.count("\n")) == (1, 1), result.err
    assert "'x.json'" in result.err
    assert says in result.err


@pytest.mark.parametrize("command", ["call", "stream"])
def test_what_a_report_says_is_no_escape_sequence(
    rpcx: Callable[..., Any], reports: dict[str, Any], tmp_path: Path, command: str
) -> None:
    """Whoever made the file cannot write to the terminal."""
    odd = changed(reports[command], "end_reason", "\x1b]0;title\x07")
    (tmp_path / "x.json").write_text(json.dumps(odd))
    result = rpcx("report", "x.json", cwd=tmp_path)
    assert result.code == 0
    assert b"\x1b" not in result.raw


@pytest.mark.parametrize("ending", [".json", ".csv", ".hdr", ".prom"])
def test_a_report_with_the_longest_name(
    rpcx: Callable[..., Any], demo_server: str, tmp_path: Path, ending: str
) -> None:
    """A name of 255 bytes is one that the file system takes: nothing is added to it."""
    path = tmp_path / ("x" * (255 - len(ending)) + ending)
    result = rpcx("call", "-p", demo_server, HELLO, "--report", str(path))
    assert (result.code, result.err.count("Traceback")) == (0, 0)
    assert path.stat().st_size > 0


def test_a_name_that_is_too_long_is_refused_before_the_run(
    rpcx: Callable[..., Any], demo_server: str, tmp_path: Path
) -> None:
    """The results of a run are not lost after it."""
    path = tmp_path / ("x" * 300 + ".json")
    result = rpcx("call", "-p", demo_server, HELLO, "--report", str(path))
    assert (result.code, result.out, result.err.count("\n")) == (2, "", 1), result.err


def test_a_plan_with_a_nul_character(rpcx: Callable[..., Any], tmp_path: Path) -> None:
    """No option can have one, so the plan's key is named."""
    (tmp_path / "p.toml").write_text(f'target = "demo"\nmethod = "{HELLO}"\ncacert = "a\\u0000b"\n')
    result = rpcx("call", "--plan", "p.toml", cwd=tmp_path)
    assert (result.code, result.err.count("\n")) == (2, 1)
    assert "cacert has a NUL character" in result.err
