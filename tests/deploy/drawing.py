"""Draws the dashboard's panels in its own grid, from answers of Prometheus."""

import math
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.plots.figure import COLOURS, DARK, GREY, VERMILION, style
from matplotlib.axes import Axes
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter
from tests.deploy.panels import Grid, Panel, Query
from tests.deploy.prometheus_api import Series
from tests.deploy.units import shown, ticks

COLUMNS = 24
WIDTH_INCHES = 20.0
STEP_INCHES = 0.36
"""The height of one step of the grid."""
GAP_INCHES = 0.06
MOST_NAMED = 8
"""More series have no legend: it would hide them."""
PAPER, CARD = "#eef0f3", "white"
PAINTS = {"green": "#3d9a50", "orange": "#d9822b", "red": "#c4314b", "blue": "#3b6fb6"}


class Answered(NamedTuple):
    """A panel with the series that its queries gave."""

    panel: Panel
    series: list[tuple[Query, Series]]


class Span(NamedTuple):
    """The time that is drawn, in Unix seconds, and how far apart the points of a line are."""

    begin_s: float
    end_s: float
    step_s: float


class Mark(NamedTuple):
    """A moment to be marked in all panels, with Grafana's name of a colour."""

    at_s: float
    colour: str


def draw(answered: Sequence[Answered], marks: Sequence[Mark], span: Span) -> Figure:
    """Return the dashboard over a time, as one figure."""
    height = max(one.panel.grid.y + one.panel.grid.h for one in answered)
    with style():
        figure = Figure(figsize=(WIDTH_INCHES, height * STEP_INCHES), facecolor=PAPER)
        for one in answered:
            if one.panel.kind == "row":
                _draw_row(_place(figure, one.panel.grid, height), one.panel.title)
            elif one.panel.kind == "stat":
                _draw_stat(_place(figure, one.panel.grid, height), one)
            else:
                card = _place(figure, one.panel.grid, height)
                _draw_lines(card, one, marks, span)
        explained = "dotted: blue a start, red an alert that begins to fire"
        figure.text(0.996, 1 - 0.6 / height, explained, ha="right", va="center", color=GREY)
    return figure


def save(figure: Figure, out: Path) -> None:
    """Write a figure to a file, in the format of its name; an SVG keeps its text as text."""
    with style():
        figure.savefig(out, dpi=100, metadata={"Date": None} if out.suffix == ".svg" else None)


def _place(figure: Figure, grid: Grid, height: int) -> Axes:
    """Return bare axes where a panel lies, without what is between panels."""
    gap_x, gap_y = GAP_INCHES / WIDTH_INCHES, GAP_INCHES / (height * STEP_INCHES)
    axes = figure.add_axes(
        (
            grid.x / COLUMNS + gap_x,
            1 - (grid.y + grid.h) / height + gap_y,
            grid.w / COLUMNS - 2 * gap_x,
            grid.h / height - 2 * gap_y,
        )
    )
    axes.grid(visible=False)
    axes.set(xticks=[], yticks=[], facecolor=CARD)
    for spine in axes.spines.values():
        spine.set_visible(False)
    return axes


def _draw_row(axes: Axes, title: str) -> None:
    axes.set_facecolor("none")
    axes.text(0.001, 0.4, title, va="center", fontsize=13, fontweight="bold", color=DARK)


def _draw_stat(axes: Axes, one: Answered) -> None:
    panel = one.panel
    last = one.series[0][1].last if one.series else math.nan
    colour, text = GREY, "no data"
    if not math.isnan(last):
        colour, text = PAINTS[_colour_of(panel, last)], shown(last, panel.unit, panel.decimals)
    axes.set_facecolor(colour)
    axes.text(0.03, 0.9, panel.title, va="top", fontsize=11, color="white")
    axes.text(0.5, 0.42, text, ha="center", va="center", fontsize=26, color="white")


def _colour_of(panel: Panel, value: float) -> str:
    return [colour for least, colour in panel.steps if least is None or value >= least][-1]


def with_gaps(points: list[tuple[float, float]], step_s: float) -> list[tuple[float, float]]:
    """Return the points of a line that breaks where there are none."""
    line: list[tuple[float, float]] = []
    for at_s, value in points:
        if line and at_s - line[-1][0] > 1.5 * step_s:
            line.append((at_s - step_s, math.nan))
        line.append((at_s, value))
    return line


def beginnings(points: list[tuple[float, float]], step_s: float) -> list[float]:
    """Return the times of the points before which there are none."""
    times = [-math.inf, *(at_s for at_s, _ in points)]
    return [at_s for before_s, at_s in pairwise(times) if at_s - before_s > 1.5 * step_s]


def _draw_lines(card: Axes, one: Answered, marks: Sequence[Mark], span: Span) -> None:
    panel = one.panel
    card.text(0.5, 0.98, panel.title, ha="center", va="top", fontsize=11.5, color=DARK)
    axes = card.inset_axes((0.11, 0.24, 0.86, 0.63))
    if not one.series:
        axes.text(0.5, 0.5, "no data", ha="center", transform=axes.transAxes, color=VERMILION)
    for number, (query, series) in enumerate(one.series):
        points = with_gaps(series.points, span.step_s)
        axes.plot(
            [_day(at_s) for at_s, _ in points],
            [value for _, value in points],
            color=COLOURS[number % len(COLOURS)],
            linestyle="-" if number < len(COLOURS) else "--",
            linewidth=1.3,
            label=query.name_of(series.labels),
        )
    _draw_limit(axes, panel)
    for at_s, colour in marks:
        axes.axvline(_day(at_s), color=PAINTS[colour], linestyle=":", linewidth=1)
    axes.set_xlim(_day(span.begin_s), _day(span.end_s))
    axes.set_ylim(bottom=0)
    axes.set_yticks(ticks(axes.get_ylim()[1], panel.unit))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: shown(value, panel.unit)))
    locator: Any = AutoDateLocator(maxticks=7)  # type: ignore[no-untyped-call]
    axes.xaxis.set_major_locator(locator)
    formatter: Any = ConciseDateFormatter(locator, show_offset=False)  # type: ignore[no-untyped-call]
    axes.xaxis.set_major_formatter(formatter)
    axes.tick_params(labelsize=8.5, length=0)
    if 0 < len(one.series) <= MOST_NAMED:
        axes.legend(
            loc="upper left",
            bbox_to_anchor=(-0.02, -0.1),
            ncols=4,
            fontsize=8.5,
            handlelength=1.2,
            columnspacing=1.2,
        )


def _draw_limit(axes: Axes, panel: Panel) -> None:
    """Draw where an alert fires, unless all is so far below that it would press all flat."""
    top = axes.get_ylim()[1]
    for least, _ in panel.steps:
        if least is not None and least < 10 * top:
            axes.axhline(least, color=VERMILION, linestyle=(0, (4, 3)), linewidth=1)


def _day(at_s: float) -> float:
    """Return a Unix time as matplotlib has it: in days since the same moment."""
    return at_s / 86400
