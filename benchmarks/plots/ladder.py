"""The ladder: what an event costs each contender, a plot for each load."""

import re
from collections.abc import Sequence

from matplotlib.axes import Axes

from benchmarks.plots.figure import (
    BLUE,
    DARK,
    GREY,
    ORANGE,
    Plot,
    new_figure,
    shorten,
    style,
    svg_of,
)
from benchmarks.run_folder import Sample

ROW_INCHES, EDGE_INCHES = 0.42, 1.0
METHOD = (
    "CPU time of the whole contender, user and system, as the slope between two sizes of one"
    " input, so that starting does not count: the bar is the median of the runs, the line goes"
    " from the lowest to the highest. Memory is the largest peak of any run."
)


def plot_ladder(samples: Sequence[Sample]) -> list[Plot]:
    """Draw CPU per event and peak memory of the contenders on each load."""
    ranked = [s for s in samples if s["kind"] in ("rate", "rejected")]
    loads = list(dict.fromkeys(s["load"] for s in ranked))
    return [_plot_load(load, [s for s in ranked if s["load"] == load]) for load in loads]


def _plot_load(load: str, ranked: Sequence[Sample]) -> Plot:
    rates = [s for s in ranked if s["kind"] == "rate"]
    rejected = [s for s in ranked if s["kind"] == "rejected"]
    names = [s["contender"] for s in rates + rejected]
    with style():
        height = EDGE_INCHES + ROW_INCHES * len(names)
        figure, (cpu, memory) = new_figure(height, columns=2, sharey=True, width_ratios=(2, 1))
        _draw_cpu(cpu, rates)
        _draw_memory(memory, rates)
        for row, sample in enumerate(rejected, start=len(rates)):
            why = shorten(f"no figure: {sample['reason']}", 60)
            cpu.text(0, row, f" {why}", va="center", color=DARK, style="italic")
        cpu.set_yticks(range(len(names)), names)
        cpu.set_ylim(len(names) - 0.4, -0.6)
        name = "ladder-" + re.sub(r"[^a-z0-9]+", "-", load.lower()).strip("-")
        return Plot(name, _title(load, rates), METHOD, svg_of(figure, name))


def _title(load: str, rates: Sequence[Sample]) -> str:
    if not rates:
        return f"{load}: no contender has a figure"
    cheapest = min(rates, key=lambda s: s["cpu_us_per_event"])
    dearest = max(rates, key=lambda s: s["cpu_us_per_event"])
    return (
        f"{load}: an event costs from {cheapest['cpu_us_per_event']:.3g} µs"
        f" ({cheapest['contender']}) to {dearest['cpu_us_per_event']:.3g} µs"
        f" ({dearest['contender']})"
    )


def _draw_cpu(axes: Axes, rates: Sequence[Sample]) -> None:
    values = [s["cpu_us_per_event"] for s in rates]
    lowest = [min(s.get("cpu_us_min", v), v) for s, v in zip(rates, values, strict=True)]
    highest = [max(s.get("cpu_us_max", v), v) for s, v in zip(rates, values, strict=True)]
    axes.barh(range(len(rates)), values, color=BLUE, height=0.62)
    axes.hlines(range(len(rates)), lowest, highest, color=DARK, linewidth=1.6)
    for row, (sample, value, end) in enumerate(zip(rates, values, highest, strict=True)):
        ratio = sample.get("ratio_to_decode")
        times = f"  ({ratio:.1f}×)" if ratio else ""
        axes.annotate(
            f"{value:.3g}{times}",
            (max(value, end), row),
            xytext=(5, 0),
            textcoords="offset points",
            va="center",
        )
    axes.margins(x=0.2)
    axes.set_xlim(left=0)
    axes.set_xlabel("CPU per event, µs  (× consume and decode)")
    axes.grid(axis="y", visible=False)


def _draw_memory(axes: Axes, rates: Sequence[Sample]) -> None:
    peaks = [s.get("peak_mib") or 0 for s in rates]
    axes.barh(range(len(rates)), peaks, color=ORANGE, height=0.62)
    for row, peak in enumerate(peaks):
        axes.annotate(
            f"{peak:,.0f}", (peak, row), xytext=(5, 0), textcoords="offset points", va="center"
        )
    axes.margins(x=0.3)
    axes.set_xlim(left=0)
    axes.set_xlabel("peak memory, MiB")
    axes.grid(axis="y", visible=False)
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_color(GREY)
