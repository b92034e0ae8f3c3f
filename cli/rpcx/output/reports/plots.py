"""The plots of the HTML report, as SVG: pygal draws, the page's CSS gives the colours.

Colours are CSS variables, so that one drawing fits a light and a dark page; each plot is
drawn twice, for a wide and for a narrow screen, so that its letters are never scaled down.
Failures are red in every plot, and a time without a connection is a band behind the lines.
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
_REDS: Final = 4
_FAILED: Final = "var(--failed-0)"
_NARROWEST_BAND: Final = 2.0
"""Pixels of an outage that is too short to be seen."""

_TICKS: Final = (50.0, 90.0, 99.0, 99.9, 99.99, 99.999)
_CURVE: Final = tuple(
    100 * (1 - 10 ** (-step / 16)) for step in range(16 * 6)
)  # evenly on the plot's scale, from 0 to 99.999 %


class Band(NamedTuple):
    """A part of a plot's horizontal axis that is shaded.

    Attributes:
        start: Where it begins, in the unit of the axis.
        end: Where it ends.
        label: What it is, as text.
    """

    start: float
    end: float
    label: str


class Plot(NamedTuple):
    """One plot.

    Attributes:
        title: What it shows.
        legend: The names of what is drawn, each with its colour in CSS.
        bands: How many bands are shaded.
        wide: SVG for a wide screen.
        narrow: SVG for a phone.
    """

    title: str
    legend: list[tuple[str, str]]
    bands: int
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
    colours = [_FAILED if name == "failed" else _colour(index) for index, name in enumerate(series)]
    return _plot("Latency by percentile, ms", "XY", series, colours, x_labels=labels)


def latency_plot(rows: Sequence[dict[str, Any]], span_s: float, outages: Sequence[Band]) -> Plot:
    """Percentiles of the latency over time; of many intervals, the slowest of each few.

    Args:
        rows: The numbers of each interval.
        span_s: The length of the run.
        outages: Times without a connection, in seconds of the run.
    """
    series: dict[str, Series] = {
        name: _thinned([(row["start_s"], row["latency_ms"].get(name)) for row in rows])
        for name in ("p50", "p90", "p99", "max")
    }
    colours = list(map(_colour, range(len(series))))
    return _plot(
        "Latency over time, ms", "XY", series, colours, bands=outages, xrange=(0.0, span_s)
    )


def throughput_plot(rows: Sequence[dict[str, Any]], span_s: float, outages: Sequence[Band]) -> Plot:
    """Calls that ended each second, over time, and those of them that failed.

    Args:
        rows: The numbers of each interval.
        span_s: The length of the run.
        outages: Times without a connection, in seconds of the run.
    """
    points = [(row["start_s"], row["throughput_per_s"]) for row in rows]
    failed = [
        (row["start_s"], sum(_failures(row).values()) / row["duration_s"])
        for row in rows
        if row["duration_s"]
    ]
    series: dict[str, Series] = {"calls/s": _thinned(points)}
    if any(rate for _, rate in failed):
        series["failed/s"] = _thinned(failed)
    return _plot(
        "Throughput over time, calls/s",
        "XY",
        series,
        [_colour(0), _FAILED],
        bands=outages,
        xrange=(0.0, span_s),
        include_x_axis=True,
    )


def _failures(row: dict[str, Any]) -> dict[str, int]:
    return {name: count for name, count in row["statuses"].items() if name != "OK"}


def status_plot(
    rows: Sequence[dict[str, Any]], statuses: Sequence[str], outages: Sequence[Band]
) -> Plot:
    """How calls ended, over time: OK green, each failure in a red of its own.

    Args:
        rows: The numbers of each interval.
        statuses: The names of those that came.
        outages: Times without a connection, in seconds of the run.
    """
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
    # The axis of bars runs from 0 to 1, whatever time they cover.
    length_s = max((row["start_s"] for row in rows[1:2]), default=0.0)
    covered_s = len(groups) * size * (length_s or sum(row["duration_s"] for row in rows) or 1.0)
    bands = [one._replace(start=one.start / covered_s, end=one.end / covered_s) for one in outages]
    reds = iter(range(len(statuses)))
    colours = [
        "var(--ok)" if name == "OK" else f"var(--failed-{next(reds) % _REDS})" for name in statuses
    ]
    return _plot(
        "Statuses over time, calls", "StackedBar", series, colours, bands=bands, x_labels=labels
    )


def _plot(
    title: str,
    kind: str,
    series: dict[str, Series],
    colours: Sequence[str],
    *,
    bands: Sequence[Band] = (),
    **settings: Any,
) -> Plot:
    """Draw one plot in each size.

    Args:
        title: What it shows.
        kind: pygal's name of the chart.
        series: What is drawn, by name.
        colours: A colour for each.
        bands: What is shaded behind it.
        settings: Further settings of pygal.
    """
    chart_class = _shaded(kind, bands)
    drawn = []
    for width, height in _SIZES:
        chart = chart_class(
            width=width,
            height=height,
            style=_style(colours),
            js=[],
            disable_xml_declaration=True,
            show_dots=False,
            truncate_label=-1,
            show_legend=False,  # the page has it, as text
            margin=8,
            margin_right=24,  # half of the last label
            max_scale=6,
            allow_interruptions=True,
            x_value_formatter="{:g} s".format,
            **settings,
        )
        for name, values in series.items():
            chart.add(name, values)
        svg = chart.render(is_unicode=True)
        drawn.append(_COMMENT.sub("", _SCRIPT.sub("", svg)))
    return Plot(title, list(zip(series, colours, strict=False)), len(bands), *drawn)


def _shaded(kind: str, bands: Sequence[Band]) -> Any:
    """Return a chart of pygal that shades bands before it draws anything else."""
    import pygal  # noqa: PLC0415 -- an extra, and 0.1 s

    def shade(chart: Any) -> None:
        view, plot = chart.view, chart.nodes["plot"]
        for band in bands:
            left, right = (min(max(view.x(at), 0.0), view.width) for at in (band.start, band.end))
            wide = max(right - left, _NARROWEST_BAND)
            shape = chart.svg.node(
                plot,
                "rect",
                class_="outage",
                x=min(left, view.width - wide),
                y=0,
                width=wide,
                height=view.height,
            )
            chart.svg.node(shape, "title").text = band.label

    base: Any = getattr(pygal, kind)

    class Shaded(base):  # type: ignore[misc] # pygal has no types
        """The chart with its bands."""

        def _plot(self) -> None:
            shade(self)
            super()._plot()

    return Shaded


def _colour(index: int) -> str:
    return f"var(--colour-{index % _COLOURS})"


def _style(colours: Sequence[str]) -> Any:
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
        colors=tuple(colours),
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
