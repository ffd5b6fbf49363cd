"""The consumer lag over time: of each rate that was fed, and around each kill."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter

from benchmarks.plots.figure import (
    BLUE,
    DARK,
    GREEN,
    ORANGE,
    VERMILION,
    Plot,
    new_figure,
    style,
    svg_of,
)
from benchmarks.run_folder import Sample

METHOD = (
    "Lag is the end of the input topic minus the position that the flow has saved, asked from"
    " outside, while a feeder in a process of its own keeps to its rate whatever the flow does."
)
SUSTAINED = " A rate is sustained when the slope of the lag after warming up is zero."
LABEL_GAP = 0.055
"""Between two labels, as a share of the height."""


class Run(NamedTuple):
    """The lag of one run of the flow, and the sample that says how it ended, if there is one."""

    lags: list[Sample]
    ending: Sample | None

    @property
    def rate_per_s(self) -> float:
        """The rate that was fed."""
        return float(self.lags[0]["rate_per_s"])


def plot_lag(samples: Sequence[Sample]) -> list[Plot]:
    """Draw the lag over time: a line for each rate, and a plot for each kill."""
    runs = list(runs_in(samples))
    kills = [run for run in runs if run.ending and run.ending["kind"] == "recovery"]
    others = [run for run in runs if run not in kills]
    plots = [_plot_rates(others)] if others else []
    return plots + [_plot_kill(number, run) for number, run in enumerate(kills, start=1)]


def runs_in(samples: Sequence[Sample]) -> Iterator[Run]:
    """Give the runs in the order in which they were made; time begins anew with each."""
    lags: list[Sample] = []
    for sample in samples:
        if sample["kind"] == "lag":
            if lags and sample["at_s"] < lags[-1]["at_s"]:
                yield Run(lags, None)
                lags = []
            lags.append(sample)
        elif sample["kind"] in ("probe", "recovery") and lags:
            yield Run(lags, sample)
            lags = []
    if lags:
        yield Run(lags, None)


def _plot_rates(runs: Sequence[Run]) -> Plot:
    judged = [run for run in runs if run.ending]
    held = [run.rate_per_s for run in judged if run.ending and run.ending["sustained"]]
    if held:
        title = f"Lag over time: {max(held):,.0f} events/s are sustained"
    elif judged:
        title = "Lag over time: no rate was sustained"
    else:
        longest = max(sample["lag_records"] for run in runs for sample in run.lags)
        title = f"Lag over time: {longest:,.0f} records at most"
    with style():
        figure, axes = new_figure(4.2)
        for run in runs:
            _draw(axes, run)
        _set_axes(axes)
        _label(axes, runs)
        return Plot("lag", title, METHOD + (SUSTAINED if judged else ""), svg_of(figure, "lag"))


def _plot_kill(number: int, run: Run) -> Plot:
    kill = run.ending
    assert kill is not None
    name = f"lag-recovery-{number}"
    with style():
        figure, axes = new_figure(3.4)
        _draw(axes, run)
        for at_s, text, colour, line in _marks(kill):
            label = f"{text}: {at_s:.1f} s"
            axes.axvline(at_s, color=colour, linestyle=line, linewidth=1.6, label=label)
        _set_axes(axes)
        axes.legend(loc="center left", bbox_to_anchor=(1, 0.5))
        title = (
            f"Killed, started again after {kill['outage_s']:.0f} s:"
            f" results {_after(kill['results_again_s'])}, lag gone {_after(kill['lag_gone_s'])};"
            f" {kill['lost']:,} lost, {kill['twice']:,} twice, {kill['late_by_it']:,} late by it"
        )
        return Plot(name, title, METHOD, svg_of(figure, name))


def _marks(kill: Sample) -> Iterator[tuple[float, str, str, str]]:
    """Give the moments of a recovery: time, name, colour, line; what was not seen has none."""
    started_s = kill["killed_at_s"] + kill["outage_s"]
    yield kill["killed_at_s"], "killed", VERMILION, "-"
    yield started_s, "started again", DARK, ":"
    if kill["results_again_s"] is not None:
        yield started_s + kill["results_again_s"], "results again", ORANGE, "-."
    if kill["lag_gone_s"] is not None:
        yield started_s + kill["lag_gone_s"], "lag gone", GREEN, "--"


def _after(seconds: float | None) -> str:
    return "not seen" if seconds is None else f"after {seconds:.1f} s more"


def _look(run: Run) -> tuple[str, str, str]:
    """Return colour, line and what the label has to add."""
    if run.ending and not run.ending.get("sustained", True):
        return VERMILION, "--", ", not sustained"
    return BLUE, "-", ""


def _draw(axes: Axes, run: Run) -> None:
    colour, line, _ = _look(run)
    times = [sample["at_s"] for sample in run.lags]
    records = [sample["lag_records"] for sample in run.lags]
    axes.plot(times, records, color=colour, linestyle=line, linewidth=1.6)


def _label(axes: Axes, runs: Sequence[Run]) -> None:
    """Name each rate at the right edge, as high as its line ends but never over another name."""
    top = axes.get_ylim()[1]
    lowest = 0.0
    for run in sorted(runs, key=lambda run: run.lags[-1]["lag_records"]):
        height = max(run.lags[-1]["lag_records"] / top, lowest)
        lowest = height + LABEL_GAP
        colour, _, addition = _look(run)
        axes.annotate(
            f"{run.rate_per_s:,.0f}/s{addition}",
            (1.01, height),
            xycoords="axes fraction",
            va="center",
            color=colour,
        )


def _set_axes(axes: Axes) -> None:
    axes.set_xlabel("time since the feeder began, s")
    axes.set_ylabel("lag, records")
    axes.yaxis.set_major_formatter(FuncFormatter(lambda lag, _: f"{lag:,.0f}"))
    axes.margins(x=0)
    axes.set_ylim(bottom=0)
    axes.set_xlim(left=0)
