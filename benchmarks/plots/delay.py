"""How long results take from the closing of their window, on an axis that shows the tail."""

from collections.abc import Sequence

import numpy as np
from matplotlib.ticker import FuncFormatter, PercentFormatter

from benchmarks.plots.figure import COLOURS, Plot, new_figure, style, svg_of
from benchmarks.run_folder import Sample

SHORTEST_S = 0.01
"""Delays are known to this; a logarithmic axis has no zero."""
BINS_PER_DECADE = 25
TICKED_BETWEEN = 10
"""A span of less than this may hold no power of ten."""
METHOD = (
    "From the moment at which the last event that closes a window was due, whether or not it was"
    " late to be sent, to the moment at which an outside reader of committed records has the"
    " result. Dotted lines are the 50th and 99th percentile and the maximum."
)


def plot_delays(samples: Sequence[Sample]) -> list[Plot]:
    """Draw the distribution of the delay, a line for each rate."""
    delays = [s for s in samples if s["kind"] == "delay"]
    if not delays:
        return []
    titles: list[str] = []
    with style():
        figure, axes = new_figure(4.0)
        rates = sorted({s["rate_per_s"] for s in delays})
        edges = _edges([max(s["delay_s"], SHORTEST_S) for s in delays])
        for colour, rate in zip(COLOURS * len(rates), rates, strict=False):
            of_rate = [s for s in delays if s["rate_per_s"] == rate]
            delay_s = np.array([max(s["delay_s"], SHORTEST_S) for s in of_rate])
            results = np.array([s["results"] for s in of_rate])
            shares, _ = np.histogram(delay_s, bins=edges, weights=results / results.sum())
            marks = percentiles(delay_s, results)
            named = ", ".join(f"{name} {mark_s:.3g} s" for name, mark_s in marks.items())
            axes.stairs(shares, edges, color=colour, fill=True, alpha=0.25)
            axes.stairs(shares, edges, color=colour, label=f"{rate:,.0f} events/s: {named}")
            for mark_s in marks.values():
                axes.axvline(mark_s, color=colour, linestyle=":", linewidth=1.4)
            titles.append(f"{marks['p99']:.3g} s at {rate:,.0f} events/s")
        axes.set_xscale("log")
        seconds = FuncFormatter(lambda value, _: f"{value:g}")
        axes.xaxis.set_major_formatter(seconds)
        if edges[-1] < edges[0] * TICKED_BETWEEN:
            axes.xaxis.set_minor_formatter(seconds)
        axes.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
        axes.set_xlabel("delay of a result, s (logarithmic)")
        axes.set_ylabel("share of the results")
        axes.legend(loc="lower left", bbox_to_anchor=(0, 1))
        title = f"Delay of results: 99 of 100 within {', '.join(titles)}"
        return [Plot("delay", title, METHOD, svg_of(figure, "delay"))]


def percentiles(delay_s: np.ndarray, results: np.ndarray) -> dict[str, float]:
    """Return the delays that half, 99 % and all of the results do not exceed."""
    ranks = {"p50": 0.5, "p99": 0.99, "max": 1.0}
    found = np.quantile(delay_s, list(ranks.values()), weights=results, method="inverted_cdf")
    return dict(zip(ranks, found.tolist(), strict=True))


def _edges(delay_s: Sequence[float]) -> np.ndarray:
    """Return the edges of bins that hold all delays, each as wide as the next on the axis."""
    first, last = np.log10(min(delay_s) * 0.8), np.log10(max(delay_s) * 1.25)
    return np.logspace(first, last, max(2, round((last - first) * BINS_PER_DECADE) + 1))
