"""A long life with kills in it: memory, descriptors, lag and delay over time."""

from collections.abc import Callable, Sequence

from benchmarks.plots.figure import (
    BLUE,
    GREEN,
    ORANGE,
    PURPLE,
    VERMILION,
    Plot,
    new_figure,
    style,
    svg_of,
)
from benchmarks.run_folder import Sample

METHOD = (
    "The process is looked at every five seconds: memory and descriptors as the system says them,"
    " the rest as the flow's own metrics do. Each line begins anew after a kill -9."
)


def plot_soak(samples: Sequence[Sample]) -> list[Plot]:
    """Draw what was seen of the process over time, a panel each."""
    looks = [sample for sample in samples if sample["kind"] == "soak"]
    if not looks:
        return []
    kills = [sample["at_s"] / 60 for sample in samples if sample["kind"] == "soak-kill"]
    lives = _lives(looks)
    panels: tuple[tuple[str, str, Callable[[Sample], float | None]], ...] = (
        ("memory, MiB", BLUE, lambda look: look["memory_mib"]),
        ("descriptors", GREEN, lambda look: look["descriptors"]),
        ("lag, records", ORANGE, lambda look: _metric(look, "partition_consumer_lag_records")),
        ("open pairs", PURPLE, lambda look: _metric(look, "open_pairs")),
    )
    with style():
        figure, rows = new_figure(7.5, rows=len(panels), sharex=True)
        for axes, (label, colour, value) in zip(rows, panels, strict=True):
            for life in lives:
                times = [look["at_s"] / 60 for look in life]
                axes.plot(times, [value(look) for look in life], color=colour, linewidth=1.4)
            for at in kills:
                axes.axvline(at, color=VERMILION, linestyle=":", linewidth=1.2)
            axes.set_ylabel(label)
            axes.set_ylim(bottom=0)
            axes.margins(x=0)
        rows[-1].set_xlabel("minutes since the feeder began; dotted: kill -9")
        figure.align_ylabels()
        last_mib = looks[-1]["memory_mib"]
        title = (
            f"{looks[-1]['at_s'] / 60:.0f} minutes with {len(kills)} kills:"
            f" {last_mib:,.0f} MiB and {looks[-1]['descriptors']} descriptors at the end"
        )
        return [Plot("soak", title, METHOD, svg_of(figure, "soak"))]


def _lives(looks: Sequence[Sample]) -> list[list[Sample]]:
    """Return the looks of each process: one that has used less CPU time than before is another."""
    lives: list[list[Sample]] = []
    for look in looks:
        if not lives or look["cpu_s"] < lives[-1][-1]["cpu_s"]:
            lives.append([])
        lives[-1].append(look)
    return lives


def _metric(look: Sample, name: str) -> float | None:
    value: float | None = look["metrics"].get(f"windowing_{name}")
    return value
