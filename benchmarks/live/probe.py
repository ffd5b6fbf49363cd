"""One rate, fed for a while: what the flow took for it, and whether it kept up."""

from collections.abc import Callable
from typing import NamedTuple

import psutil
from rich.console import Console

from benchmarks.live.load import LiveLoad
from benchmarks.live.run import LiveRun
from benchmarks.live.slope import LagPoint, Trend, trend
from benchmarks.run_folder import RunFolder

SHOWN_EACH_S = 5.0


class Probe(NamedTuple):
    """What was seen at one rate, after the warm-up.

    Fields:
        fell_behind: the feeder or the flow; None: the rate is sustained.
        lag_max: the largest lag in events.
        cpu_share: of all cores, used by flow, feeder, observer and broker together.
        elsewhere_share: of all cores, used by what does not belong to the run: with much of it the
            figures are not the flow's alone.
        flow_cpu_us: of the flow per event.
        peak_mib: of the flow.
    """

    rate_per_s: int
    trend: Trend
    fell_behind: str | None
    lag_max: int
    cpu_share: float
    elsewhere_share: float
    flow_cpu_us: float
    peak_mib: float


def watch(run: LiveRun) -> Probe:
    """Watch a run until its feeder ends.

    Raises:
        LiveRunError: a process has ended too soon.
    """
    load = run.load
    run.look_until(load.warm_up_s)
    before = run.usage()
    run.look_until(load.duration_s)
    run.flow.check()
    after = run.usage()
    slopes = trend(run.points, load.warm_up_s)
    flow_cpu_s = after.flow_cpu_s - before.flow_cpu_s
    run_cpu_s = after.run_cpu_s - before.run_cpu_s
    machine_cpu_s = after.machine_cpu_s - before.machine_cpu_s
    cores_s = (after.at_s - before.at_s) * (psutil.cpu_count() or 1)
    return Probe(
        load.rate_per_s,
        slopes,
        slopes.rises(load.rate_per_s),
        max(point.lag for point in run.points if point.at_s >= load.warm_up_s),
        run_cpu_s / cores_s,
        max(0.0, machine_cpu_s - run_cpu_s) / cores_s,
        flow_cpu_s / max(1, after.counted - before.counted) * 1e6,
        run.flow.peak_mib(),
    )


def lag_teller(load: LiveLoad, folder: RunFolder, console: Console) -> Callable[[LagPoint], None]:
    """Return what keeps each point in a run's folder, and prints some."""
    shown_s = 0.0

    def tell(point: LagPoint) -> None:
        nonlocal shown_s
        folder.sample(
            "lag",
            rate_per_s=load.rate_per_s,
            at_s=point.at_s,
            lag_records=point.lag,
            fed_records=point.fed,
        )
        if point.at_s >= shown_s:
            shown_s += SHOWN_EACH_S
            unfed = point.due - point.fed
            console.print(f"  {point.at_s:5.1f} s   lag {point.lag:>9,}   not yet fed {unfed:>9,}")

    return tell
