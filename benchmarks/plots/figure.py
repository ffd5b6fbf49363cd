"""What all plots share: their size, their colours, and how they become SVG."""

import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

BLUE, VERMILION, GREEN, ORANGE, SKY, PURPLE = (
    "#0072B2",
    "#D55E00",
    "#009E73",
    "#E69F00",
    "#56B4E9",
    "#CC79A7",
)
"""Okabe and Ito, Color Universal Design, 2008: told apart by all kinds of sight."""
COLOURS = (BLUE, ORANGE, GREEN, PURPLE, SKY, VERMILION)
GREY, DARK = "#9aa0a6", "#333333"
WIDTH_INCHES = 9.0
STYLE: Any = {
    "svg.fonttype": "none",
    "text.parse_math": False,
    "font.family": "sans-serif",
    "font.size": 10.5,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": GREY,
    "axes.labelcolor": DARK,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#e3e5e8",
    "grid.linewidth": 0.8,
    "xtick.color": DARK,
    "ytick.color": DARK,
    "legend.frameon": False,
}


class Plot(NamedTuple):
    """A plot with what is to be read beside it.

    Fields:
        name: for its file, without an ending.
        title: what is seen.
        method: how it was measured, in a sentence or two.
        svg: one element.
    """

    name: str
    title: str
    method: str
    svg: str


@contextmanager
def style() -> Iterator[None]:
    """Draw in the style of the reports."""
    with mpl.rc_context(STYLE):
        yield


def new_figure(
    height_inches: float, *, rows: int = 1, columns: int = 1, **options: Any
) -> tuple[Figure, Any]:
    """Return a figure and its axes: one, or an array of them."""
    figure = Figure(figsize=(WIDTH_INCHES, height_inches), layout="constrained")
    return figure, figure.subplots(rows, columns, **options)


def svg_of(figure: Figure, name: str) -> str:
    """Return a figure as an SVG element, the same text for the same figure."""
    text = io.StringIO()
    # The salt keeps the names within the drawings of one page apart.
    with mpl.rc_context({"svg.hashsalt": name}):
        figure.savefig(text, format="svg", metadata={"Date": None})
    whole = text.getvalue()
    return whole[whole.index("<svg") :]


def put_limit(axes: Axes, limit: float, text: str) -> None:
    """Draw a limit that is not to be passed upwards, and what it is."""
    axes.axhline(limit, color=DARK, linestyle=(0, (4, 3)), linewidth=1.2)
    axes.annotate(
        text,
        (1, limit),
        xycoords=("axes fraction", "data"),
        xytext=(-4, 4),
        textcoords="offset points",
        ha="right",
        color=DARK,
        bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.85, "pad": 1.5},
    )


def shorten(text: str, length: int) -> str:
    """Return the text in one line, its end left out where it is longer."""
    text = " ".join(text.split())
    return text if len(text) <= length else text[: length - 1] + "…"


def spread(values: Sequence[float], middle: float) -> list[list[float]]:
    """Return how far below and above the middle the values go, as error bars want it."""
    return [[middle - min(values)], [max(values) - middle]]
