"""How a run looks: colour for what is wrong, units, and nothing that says nothing."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

HELLO = "helloworld.Greeter/SayHello"
DOWN = ("-H", "rpcx-status: UNAVAILABLE", "-H", "rpcx-status-message: backend is down")


def test_the_panel_shows_failures_in_red(rpcx_tty: Callable[..., Any], demo_server: str) -> None:
    """While the run lasts, with why calls fail."""
    run = rpcx_tty("call", "-p", demo_server, HELLO, *DOWN, "-z", "30s", "-r", "50")
    run.read_until(rb"\x1b\[(?:1;)?31m[^\r\n]*UNAVAILABLE")
    run.read_until(rb"backend is down")
    run.send("\x03")
    assert run.wait() == 130


def test_a_met_condition_has_its_unit(rpcx: Callable[..., Any], demo_server: str) -> None:
    """A bare number is none that people can read."""
    result = rpcx(
        "call", "-p", demo_server, HELLO, "-n", "5", "-o", "summary", "--fail-if", "p99>1us"
    )
    assert result.code == 99
    assert re.search(r"fail-if p99>1us: MET \([\d.]+ ms\)", result.out)


def test_service_time_stands_only_where_it_differs(
    rpcx: Callable[..., Any], demo_server: str
) -> None:
    """In a closed loop it is the latency; at a rate it is something else."""
    closed = rpcx("call", "-p", demo_server, HELLO, "-n", "20", "-o", "summary").out
    paced = rpcx("call", "-p", demo_server, HELLO, "-n", "20", "-r", "500", "-o", "summary").out
    assert "service time" not in closed
    assert "service time" in paced
    assert "at once" not in paced


@pytest.mark.parametrize("unit", ["5ms", "5", "5 parsecs", "5%"])
def test_an_unknown_name_is_said_before_its_unit(rpcx: Callable[..., Any], unit: str) -> None:
    """Whatever stands behind it, there is no such number."""
    result = rpcx("call", "demo", HELLO, "--fail-if", f"p9x>{unit}")
    assert result.code == 2
    assert "there is no number 'p9x'; did you mean p90" in result.err


@pytest.mark.parametrize("size", ["10mb", "10k", "10MiB", "10 kB"])
def test_sizes_have_one_table_of_units(
    rpcx: Callable[..., Any], demo_server: str, size: str
) -> None:
    """What one option takes as a size, the other does."""
    call = ("call", "-p", demo_server, HELLO, "-n", "2", "-o", "none")
    for option in (("--max-message-size", size), ("--fail-if", f"bytes.sent_bytes>{size}")):
        result = rpcx(*call, *option)
        assert (result.code, result.err) == (0, "")


def test_a_page_shows_settings_and_why_calls_failed(
    rpcx: Callable[..., Any], demo_server: str, tmp_path: Path
) -> None:
    """Whoever opens the report later finds what was asked for, and what went wrong."""
    pytest.importorskip("pygal")
    page = tmp_path / "run.html"
    rpcx(
        "call", "-p", demo_server, HELLO, *DOWN, "-n", "20", "-c", "3", "-o", "none", "--report",
        str(page),
    )  # fmt: skip
    text = page.read_text()
    assert "backend is down" in text
    assert "UNAVAILABLE" in text
    assert "most calls in flight (-c)" in text
