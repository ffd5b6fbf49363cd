"""How cost grows: over processes, over users, over open windows."""

from collections.abc import Sequence
from statistics import median

from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter

from benchmarks.plots.figure import (
    BLUE,
    DARK,
    ORANGE,
    Plot,
    new_figure,
    put_limit,
    spread,
    style,
    svg_of,
)
from benchmarks.run_folder import Sample

SLOPES = (
    "Exactly once, epochs of 1 s, as slopes between two sizes of one input, so that starting does"
    " not count. Points are medians, lines go from the lowest run to the highest."
)


def plot_processes(samples: Sequence[Sample]) -> list[Plot]:
    """Draw CPU per event and events per second over the number of processes."""
    found = _by(samples, "processes")
    if not found:
        return []
    fastest = max(found, key=lambda n: _median(found[n], "events_per_s"))
    rate = _median(found[fastest], "events_per_s")
    title = f"Processes: {rate:,.0f} events/s at most, with {fastest} of {max(found)}"
    method = (
        "A Bytewax cluster on this one machine, with the broker on it too: beyond its cores more"
        f" processes can only cost. CPU is the sum of all processes. {SLOPES}"
    )
    return [_plot_costs(found, "scale-processes", title, method, "processes")]


def plot_users(samples: Sequence[Sample]) -> list[Plot]:
    """Draw CPU per event and events per second over the number of users."""
    found = _by(samples, "users")
    if not found:
        return []
    few, many = min(found), max(found)
    cost = [_median(found[n], "cpu_us_per_event") for n in (few, many)]
    title = (
        f"Users: an event costs {cost[0]:.2g} µs with {few:,} of them and {cost[1]:.2g} µs"
        f" with {many:,}"
    )
    method = (
        "As many events in all, spread over more users: twelve windows in an hour for each, so"
        f" that with the most nearly every event is a result of its own. One process. {SLOPES}"
    )
    return [_plot_costs(found, "scale-users", title, method, "users (logarithmic)")]


def plot_bytes_per_pair(samples: Sequence[Sample]) -> list[Plot]:
    """Draw what an open (user, window) takes in memory and in the recovery store."""
    found = _by(samples, "open_pairs")
    if not found:
        return []
    limits = {s["target"].partition(" ")[0]: s["limit"] for s in samples if s["kind"] == "verdict"}
    panels = (
        ("memory", "bytes_per_pair_memory", "memory, bytes per open pair", BLUE),
        ("store", "store_bytes_per_pair", "recovery store, bytes per open pair", ORANGE),
    )
    with style():
        figure, both = new_figure(3.6, columns=2)
        for axes, (target, field, label, colour) in zip(both, panels, strict=True):
            heights = [_median(found[n], field) for n in found]
            axes.bar(range(len(found)), heights, color=colour, width=0.5)
            for place, height in enumerate(heights):
                axes.annotate(f"{height:.0f}", (place, height), ha="center", va="bottom")
            axes.set_xticks(range(len(found)), [f"{n:,}" for n in found])
            axes.set_xlim(-0.7, len(found) - 0.3)
            axes.set_xlabel("open (user, window) pairs")
            axes.set_ylabel(label)
            axes.margins(y=0.15)
            axes.grid(axis="x", visible=False)
            if target in limits:
                put_limit(axes, limits[target], f"target: {limits[target]:g}")
        least = min(found)
        title = (
            f"Open windows: {_median(found[least], 'bytes_per_pair_memory'):.0f} bytes of memory"
            f" and {_median(found[least], 'store_bytes_per_pair'):.0f} on disk for each user"
        )
        method = (
            "A live run that holds one window open for each user. Memory is the peak beside that"
            " of a run with as many events and 1,000 users; disk is all files of the recovery"
            " store after SIGTERM."
        )
        return [Plot("scale-open-pairs", title, method, svg_of(figure, "scale-open-pairs"))]


def _plot_costs(
    found: dict[int, list[Sample]], name: str, title: str, method: str, label: str
) -> Plot:
    with style():
        figure, (cpu, rate) = new_figure(3.6, columns=2)
        _draw(cpu, found, "cpu_us_per_event", BLUE)
        cpu.set_ylabel("CPU per event, µs")
        _draw(rate, found, "events_per_s", ORANGE)
        rate.set_ylabel("events per second")
        rate.yaxis.set_major_formatter(FuncFormatter(lambda events, _: f"{events:,.0f}"))
        for axes in (cpu, rate):
            axes.set_xlabel(label)
            axes.set_ylim(bottom=0)
            if max(found) > 100 * min(found):
                axes.set_xscale("log")
                axes.minorticks_off()
            axes.set_xticks(list(found), [_short(n) for n in found])
            axes.margins(x=0.1)
        return Plot(name, title, method, svg_of(figure, name))


def _draw(axes: Axes, found: dict[int, list[Sample]], field: str, colour: str) -> None:
    middles = [_median(of, field) for of in found.values()]
    axes.plot(list(found), middles, color=colour, marker="o", linewidth=1.6)
    for place, middle, of in zip(found, middles, found.values(), strict=True):
        values = [s[field] for s in of]
        axes.errorbar(place, middle, spread(values, middle), color=DARK, capsize=3)
        axes.annotate(
            f"{middle:.2f}" if middle < 100 else f"{middle:,.0f}",
            (place, max(values)),
            xytext=(0, 5),
            textcoords="offset points",
            ha="center",
        )
    axes.margins(y=0.2)


def _by(samples: Sequence[Sample], varied: str) -> dict[int, list[Sample]]:
    """Return the samples in which that was varied, by its value, in order."""
    found: dict[int, list[Sample]] = {}
    for sample in samples:
        if sample["kind"] == "scale" and sample.get("varied") == varied:
            found.setdefault(sample[varied], []).append(sample)
    return dict(sorted(found.items()))


def _median(samples: Sequence[Sample], field: str) -> float:
    return float(median(s[field] for s in samples))


def _short(number: int) -> str:
    """Return a number as an axis has room for it: 3M, 10k, 100."""
    for size, letter in ((1_000_000, "M"), (1_000, "k")):
        if number >= size:
            return f"{number / size:g}{letter}"
    return str(number)
