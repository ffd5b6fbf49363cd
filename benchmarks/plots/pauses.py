"""Times in which the flow did not read, and where they went."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes

from benchmarks.pauses import Pause
from benchmarks.plots.figure import (
    BLUE,
    DARK,
    GREEN,
    GREY,
    ORANGE,
    PURPLE,
    SKY,
    Plot,
    new_figure,
    put_limit,
    style,
    svg_of,
)
from benchmarks.run_folder import Sample

PARTS = (
    ("save_windows_s", "packing the windows", BLUE),
    ("rest_s", "Bytewax and its store", ORANGE),
    ("ask_owner_s", "asking who owns the lanes", SKY),
    ("windows_s", "adding to windows", GREEN),
    ("write_s", "writing to Kafka", PURPLE),
    ("save_output_s", "saving the output", GREY),
)
METHOD = (
    "Steady input to users all over, so that each epoch saves every key group whole. A pause is"
    " from the end of one look for records to the beginning of the next, timed within the flow;"
    " the diamond is the CPU time that the flow had in it: what is above went to others on this"
    " machine, or was waited for."
)


def plot_pauses(samples: Sequence[Sample]) -> list[Plot]:
    """Draw the pauses in which an epoch ended, a plot for each number of open pairs."""
    judged = {s["open_pairs"] for s in samples if "bytes_per_pair_memory" in s}
    of_pairs: dict[int, list[Pause]] = {}
    for sample in samples:
        if sample["kind"] == "pause" and sample["epoch_ended"] and sample["open_pairs"] in judged:
            fields = {name: sample[name] for name in Pause._fields}
            of_pairs.setdefault(sample["open_pairs"], []).append(Pause(**fields))
    limits = [
        s["limit"] for s in samples if s["kind"] == "verdict" and s["target"].startswith("pause")
    ]
    return [_plot(pairs, pauses, limits[:1]) for pairs, pauses in of_pairs.items()]


def _plot(pairs: int, pauses: Sequence[Pause], limits: Sequence[float]) -> Plot:
    name = f"pauses-{pairs}-open-pairs"
    longest_s = max(pause.pause_s for pause in pauses)
    with style():
        figure, axes = new_figure(3.6)
        _draw_parts(axes, pauses)
        for limit_s in limits:
            put_limit(axes, limit_s, f"target: {limit_s:g} s")
        axes.set_xlabel("epoch")
        axes.set_ylabel("time without reading, s")
        axes.legend(loc="center left", bbox_to_anchor=(1, 0.5), reverse=True)
        title = f"Saving {pairs:,} open windows: no reading for {longest_s:.2g} s at most"
        return Plot(name, title, METHOD, svg_of(figure, name))


def _draw_parts(axes: Axes, pauses: Sequence[Pause]) -> None:
    places = np.arange(1, len(pauses) + 1)
    bottom = np.zeros(len(pauses))
    for field, label, colour in PARTS:
        heights = np.array([getattr(pause, field) for pause in pauses])
        axes.bar(places, heights, bottom=bottom, width=0.6, color=colour, label=label)
        bottom += heights
    cpu_s = [pause.cpu_s for pause in pauses]
    axes.scatter(
        places, cpu_s, marker="D", color="white", edgecolor=DARK, zorder=3, label="CPU of the flow"
    )
    axes.set_xticks(places)
    axes.set_xlim(0.2, len(pauses) + 0.8)
    axes.grid(axis="x", visible=False)
