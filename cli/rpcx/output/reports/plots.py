"""The plots of the HTML report, as SVG: pygal draws, the page's CSS gives the colours.

Colours are CSS variables, so that one drawing fits a light and a dark page; each plot is
drawn twice, for a wide and for a narrow screen, so that its letters are never scaled down.
"""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rpcx.stats.latencies import Latencies

    Series = Sequence[tuple[float, float | None] | float]

_SIZES: Final = ((760, 300), (340, 260))
"""Wide and narrow, in pixels."""
_SCRIPT: Final = re.compile(r"<script.*?</script>", re.DOTALL)
_COMMENT: Final = re.compile(r"<!--.*?-->", re.DOTALL)
_MOST_POINTS: Final = 240
_MOST_BARS: Final = 60
_COLOURS: Final = 8

_TICKS: Final = (50.0, 90.0, 99.0, 99.9, 99.99, 99.999)
_CURVE: Final = tuple(
    100 * (1 - 10 ** (-step / 16)) for step in range(16 * 6)
)  # evenly on the plot's scale, from 0 to 99.999 %


class Plot(NamedTuple):
    """One plot.

    Attributes:
        title: What it shows.
        series: The names of what is drawn, in the order of the page's colours.
        wide: SVG for a wide screen.
        narrow: SVG for a phone.
    """

    title: str
    series: list[str]
    wide: str
    narrow: str


def percentile_plot(populations: dict[str, Latencies]) -> Plot:
    """Latency by percentile, the tail as wide as the rest: each nine has the same room."""
    series: dict[str, Series] = {}
    furthest = 1.0
    for name, latencies in populations.items():
        # Beyond one in `count` there is only the maximum.
        percents = [p for p in _CURVE if 1 - p / 100 >= 1 / max(latencies.count, 1)]
        *values, highest = latencies.quantiles_ms([*percents, 100.0])
        last = math.log10(max(latencies.count, 10))
        series[name] = [*zip(map(_nines, percents), values, strict=True), (last, highest)]
        furthest = max(furthest, last)
    labels = [
        {"label": f"{percent:g}%", "value": _nines(percent)}
        for percent in _TICKS
        if _nines(percent) <= furthest
    ]
    return _plot("Latency by percentile, ms", "XY", series, labels)


def latency_plot(rows: Sequence[dict[str, Any]]) -> Plot:
    """Percentiles of the latency over time; of many intervals, the slowest of each few."""
    series: dict[str, Series] = {
        name: _thinned([(row["start_s"], row["latency_ms"].get(name)) for row in rows])
        for name in ("p50", "p90", "p99", "max")
    }
    return _plot("Latency over time, ms", "XY", series)


def throughput_plot(rows: Sequence[dict[str, Any]]) -> Plot:
    """Calls that ended each second, over time."""
    points = [(row["start_s"], row["throughput_per_s"]) for row in rows]
    return _plot("Throughput over time, calls/s", "XY", {"calls/s": _thinned(points)}, zero=True)


def status_plot(rows: Sequence[dict[str, Any]], statuses: Sequence[str]) -> Plot:
    """How calls ended, over time."""
    size = math.ceil(len(rows) / _MOST_BARS) or 1
    groups = [rows[start : start + size] for start in range(0, len(rows), size)]
    every = max(len(groups) // 5, 1)
    labels = [
        f"{group[0]['start_s']:g} s" if index % every == 0 else ""
        for index, group in enumerate(groups)
    ]
    series: dict[str, Series] = {
        status: [sum(row["statuses"].get(status, 0) for row in group) for group in groups]
        for status in statuses
    }
    return _plot("Statuses over time, calls", "StackedBar", series, labels)


def _plot(
    title: str,
    kind: str,
    series: dict[str, Series],
    x_labels: Sequence[Any] | None = None,
    *,
    zero: bool = False,
) -> Plot:
    import pygal  # noqa: PLC0415 -- an extra, and 0.1 s

    drawn = []
    for width, height in _SIZES:
        chart = getattr(pygal, kind)(
            width=width,
            height=height,
            style=_style(),
            js=[],
            disable_xml_declaration=True,
            show_dots=False,
            truncate_label=-1,
            show_legend=False,  # the page has it, as text
            margin=8,
            max_scale=6,
            allow_interruptions=True,
            include_x_axis=zero,
            x_value_formatter="{:g} s".format,
        )
        for name, values in series.items():
            chart.add(name, values)
        if x_labels is not None:
            chart.x_labels = x_labels
        svg = chart.render(is_unicode=True)
        drawn.append(_COMMENT.sub("", _SCRIPT.sub("", svg)))
    return Plot(title, list(series), *drawn)


def _style() -> Any:
    from pygal.style import Style  # noqa: PLC0415 -- as above

    return Style(
        background="transparent",
        plot_background="transparent",
        foreground="var(--text)",
        foreground_strong="var(--text)",
        foreground_subtle="var(--faint)",
        guide_stroke_color="var(--faint)",
        major_guide_stroke_color="var(--faint)",
        font_family="inherit",
        label_font_size=12,
        major_label_font_size=12,
        legend_font_size=13,
        no_data_font_size=16,
        stroke_width="2",
        opacity=".9",
        opacity_hover="1",
        transition="0s",
        colors=tuple(f"var(--colour-{number})" for number in range(_COLOURS)),
    )


def _nines(percent: float) -> float:
    return -math.log10(1 - percent / 100)


def _thinned(points: Sequence[tuple[float, float | None]]) -> list[tuple[float, float | None]]:
    """At most so many points; of those that fall together, the highest."""
    size = math.ceil(len(points) / _MOST_POINTS) or 1
    thinned = []
    for start in range(0, len(points), size):
        group = points[start : start + size]
        measured = [value for _, value in group if value is not None]
        thinned.append((group[0][0], max(measured, default=None)))
    return thinned
