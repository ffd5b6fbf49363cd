"""The plots of a report: each module draws what it finds of its kinds of samples."""

from collections.abc import Callable, Sequence

from benchmarks.plots.delay import plot_delays
from benchmarks.plots.figure import Plot
from benchmarks.plots.ladder import plot_ladder
from benchmarks.plots.lag import plot_lag
from benchmarks.plots.pauses import plot_pauses
from benchmarks.plots.scale import plot_bytes_per_pair, plot_processes, plot_users
from benchmarks.plots.soak import plot_soak
from benchmarks.run_folder import Sample

Draw = Callable[[Sequence[Sample]], list[Plot]]
"""Gets all samples of a run, and gives no plot where none of its kinds is among them."""

DRAW: tuple[Draw, ...] = (
    plot_ladder,
    plot_lag,
    plot_delays,
    plot_processes,
    plot_users,
    plot_bytes_per_pair,
    plot_pauses,
    plot_soak,
)


def draw_plots(samples: Sequence[Sample]) -> list[Plot]:
    """Return the plots of all samples that there are."""
    return [plot for draw in DRAW for plot in draw(samples)]
