"""The HTML report in a real browser: headless Chromium lays it out and says what came of it."""

from __future__ import annotations

import html
import json
import os
import re
import shutil
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from rpcx.errors import UsageError
from rpcx.output.reports.html import check, render
from rpcx.results import CallResult, Outage, Outcome, Settings, Status
from rpcx.stats.calls import CallStats
from rpcx.stats.run import Run
from rpcx.stats.summary import MethodFacts, RunFacts

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

HOSTILE = (
    "</title></style><script>document.title='owned'</script><img src=x onerror=alert(1)>\x1b[31m"
)

# Opens the page in a frame of some width and writes what it measures into its own title.
FRAME = """<!DOCTYPE html>
<iframe src="run.html" width="{width}" height="900" style="border:0"></iframe>
<script>
onload = () => {{
  const page = document.querySelector("iframe").contentDocument;
  const style = (node) => page.defaultView.getComputedStyle(node);
  const all = (node, what) => [...node.querySelectorAll(what)];
  const shown = all(page, "figure svg").filter((one) => one.getClientRects().length);
  const letters = shown.flatMap((one) => all(one, ".axis text")).filter((one) => one.textContent);
  document.title = JSON.stringify({{
    title: page.title,
    scripts: page.scripts.length,
    images: page.images.length,
    bands: shown.map((one) => all(one, "rect.outage").map((band) => {{
      const plot = band.parentNode.querySelector(".background").getBoundingClientRect();
      const place = band.getBoundingClientRect();
      const at = (x) => Math.round((x - plot.left) / plot.width * 100);
      return [at(place.left), at(place.right), style(band).fill, band.textContent];
    }})),
    failed_in: all(page, ".wide .stackedbar-graph, .wide .shaded-graph").flatMap(
      (one) => all(one, ".serie-1 rect.rect")).map((one) => style(one).fill).slice(0, 1),
    width: page.documentElement.scrollWidth,
    background: style(page.body).backgroundColor,
    text: style(page.body).color,
    letters_drawn_in: [...new Set(letters.map((one) => style(one).fill))],
    plots: shown.length,
    widest: Math.max(...shown.map((one) => one.getBoundingClientRect().right)),
    lines: page.querySelectorAll(".wide .series path, .wide .series rect").length,
    smallest: Math.min(...letters.map((one) => one.getBoundingClientRect().height)),
    words: page.body.innerText,
  }});
}};
</script>"""


@pytest.fixture(scope="module")
def browser() -> str:
    """Chromium or Chrome."""
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if found := shutil.which(name):
            return found
    reason = "needs chromium, and there is none"
    if os.environ.get("RPCX_REQUIRE_INTEROP") == "1":
        pytest.fail(f"{reason}, which RPCX_REQUIRE_INTEROP=1 insists on")
    pytest.skip(reason)


@pytest.fixture
def measured(browser: str, tmp_path: Path) -> Callable[..., dict[str, Any]]:
    """A function that lays out a page in a frame and gives what it measured."""

    def measure(page: bytes, width: int, *, dark: bool = False) -> dict[str, Any]:
        (tmp_path / "run.html").write_bytes(page)
        frame = tmp_path / "frame.html"
        frame.write_text(FRAME.format(width=width))
        done = subprocess.run(
            [
                browser,
                "--headless=new",
                "--no-sandbox",  # root in a container; the page is ours
                "--disable-gpu",
                "--allow-file-access-from-files",
                f"--blink-settings=preferredColorScheme={0 if dark else 1}",
                f"--user-data-dir={tmp_path / 'profile'}",
                "--virtual-time-budget=5000",
                "--dump-dom",
                frame.as_uri(),
            ],
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        )
        title = re.search(r"<title>(.*?)</title>", done.stdout, re.DOTALL)
        assert title, done.stdout
        found: dict[str, Any] = json.loads(html.unescape(title[1]))
        return found

    return measure


SETTINGS = Settings(duration_s=20.0, concurrency=4, timeout_s=2.5, connections=1, processes=1)


def run_of(method: str = "p.S/M", message: str = "backend is down") -> Run:
    """A run of 20 seconds with two statuses and two outages."""
    stats = CallStats()
    stats.begin(0.0)
    for number in range(2000):
        end = number / 100
        status = Status.UNAVAILABLE if number % 50 == 0 else Status.OK
        why = "" if status is Status.OK else message
        outcome = Outcome(None, end, status, why, b"", (), (), False)
        start = end - 0.001 * (number % 37 + 1)
        stats.add([CallResult(number, start, start, 1, outcome, False, False)], open_loop=False)
    facts = RunFacts(
        method, (MethodFacts(method),), "total", 4, 1e9, 20.0, 20.0, 5.0, 0.5,
        (Outage(5.0, 2.5, "connection refused"), Outage(19.0, 1.0, message)), "wire", SETTINGS,
    )  # fmt: skip
    return Run(stats, facts, fail_if=({"condition": "p99>1ms", "value": 36.0, "met": True},))


@pytest.mark.interop
@pytest.mark.parametrize("width", [360, 1000])
def test_it_fits_a_phone_and_a_desk(measured: Callable[..., dict[str, Any]], width: int) -> None:
    """Nothing reaches beyond the screen, all four plots are drawn, letters can be read."""
    found = measured(render(run_of()), width)
    assert found["width"] <= width
    assert found["widest"] <= width
    assert found["plots"] == 4
    assert found["lines"] >= 4
    assert found["smallest"] >= 11
    for words in ("fail-if p99>1ms: MET (36 ms)", "UNAVAILABLE", "Latency by percentile", "p99.9"):
        assert words in found["words"]


@pytest.mark.interop
def test_outages_are_bands_and_failures_red(measured: Callable[..., dict[str, Any]]) -> None:
    """Each outage is shaded where it was, with its cause; bars of failures are red."""
    found = measured(render(run_of()), 1000)
    percentiles, latency, throughput, statuses = found["bands"]
    assert percentiles == []
    for bands in (latency, throughput, statuses):
        # The axis has some room at either end.
        for place, expected in zip(bands, ((25, 37.5), (95, 100)), strict=True):
            assert place[:2] == [pytest.approx(percent, abs=3) for percent in expected]
        assert [band[3] for band in bands] == [
            "no connection for 2.50 s: connection refused",
            "no connection for 1.00 s: backend is down",
        ]
        assert {band[2] for band in bands} == {"rgb(198, 40, 40)"}
    assert found["failed_in"] == ["rgb(198, 40, 40)"]


@pytest.mark.interop
def test_it_says_why_calls_failed_and_what_was_asked_for(
    measured: Callable[..., dict[str, Any]],
) -> None:
    """The failures with their counts, the outages with their causes, and the settings."""
    words = " ".join(measured(render(run_of()), 1000)["words"].split())
    for part in (
        "40 100 % 0 UNAVAILABLE: backend is down",
        "failed (2.0 %)",
        "no connection for 2.50 s, from 5.00 s on: connection refused",
        "duration (-z) 20 s",
        "most calls in flight (-c) 4",
        "deadline of a call (-t) 2.5 s",
    ):
        assert part in words
    assert "calls due each second" not in words


@pytest.mark.interop
def test_light_and_dark(measured: Callable[..., dict[str, Any]]) -> None:
    """The page follows what the reader prefers, and the plots follow the page."""
    light, dark = (measured(render(run_of()), 800, dark=dark) for dark in (False, True))
    assert light["background"] == "rgb(255, 255, 255)"
    assert _brightness(dark["background"]) < 40
    for found in (light, dark):
        assert found["letters_drawn_in"] == [found["text"]]
        assert abs(_brightness(found["text"]) - _brightness(found["background"])) > 150


@pytest.mark.interop
def test_text_of_others_is_text(measured: Callable[..., dict[str, Any]]) -> None:
    """Names that are HTML are shown as what they are, and nothing of them runs."""
    found = measured(render(run_of(HOSTILE, HOSTILE)), 800)
    assert found["title"].startswith("rpcx: </title></style><script>")
    assert (found["scripts"], found["images"]) == (0, 0)
    assert "<script>" in found["words"]
    assert "\\u001b[31m" in found["words"]


def test_it_loads_nothing_from_elsewhere() -> None:
    """One file: no address in it but the name of SVG's namespaces, and a policy that forbids."""
    page = render(run_of()).decode()
    assert set(re.findall(r"https?://[^\"' ]+", page)) <= {
        "http://www.w3.org/2000/svg",
        "http://www.w3.org/1999/xlink",
    }
    assert "default-src 'none'" in page
    assert "<script" not in page
    assert len(page) < 300_000


def test_an_empty_run_has_a_page_too() -> None:
    """No call, no number, no plot: but no error either."""
    facts = RunFacts(
        "t", (MethodFacts("p.S/M"),), "interrupted", 1, 0.0, 0.0, 0.0, 0, None, (), "wire"
    )
    assert b"p.S/M" in render(Run(CallStats(), facts))


def test_without_pygal_it_is_refused_before_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """With what to install."""
    monkeypatch.setattr("rpcx.output.reports.html.find_spec", lambda _: None)
    with pytest.raises(UsageError, match="pip install pygal"):
        check()


def _brightness(colour: str) -> float:
    return sum(map(int, re.findall(r"\d+", colour)[:3])) / 3
