"""What a kill -9 under load costs: at once started again, and after an outage.

As `python -m benchmarks recovery`. The feeder goes on all the time. Of each kill:

    results_again_s   from the restart to the first readable result of a window that could close
                      only after the kill; what the dead process had saved and not written is none
    lag_gone_s        from the restart until events are counted again and the lag is no larger than
                      it ever was in the ten seconds before the kill
    lost, twice, late by the oracle, over the whole input
"""

from collections.abc import Iterable
from typing import Annotated, NamedTuple

import msgspec
import typer
from rich.console import Console
from rich.table import Table
from tests.kafka.broker import kafka_broker

from benchmarks.live.delays import Seen, seen_in
from benchmarks.live.errors import told_in_a_line
from benchmarks.live.load import LiveLoad, load_of
from benchmarks.live.oracle import Judgement, judge
from benchmarks.live.probe import lag_teller
from benchmarks.live.run import LiveRun, live_run
from benchmarks.live.schedule import Schedule
from benchmarks.live.slope import LagPoint
from benchmarks.run_folder import RunFolder

STEADY_S = 10.0
"""How long the flow is watched at work before it is killed."""
GIVE_UP_S = 300.0
"""How long the flow may take to come back."""

console = Console(highlight=False)


class Recovered(NamedTuple):
    """A kill and what came after.

    Fields:
        killed_at_s, restarted_at_s: since the feeder began.
        results_again_s: from the restart on; None: no result came.
        lag_gone_s: from the restart on; None: the lag was not gone when the run was given up.
        lag_before: the largest lag before the kill, in events.
        judgement: over the whole input.
    """

    killed_at_s: float
    restarted_at_s: float
    results_again_s: float | None
    lag_gone_s: float | None
    lag_before: int
    judgement: Judgement


def recover(run: LiveRun, outage_s: float) -> Recovered:
    """Kill all processes, wait, start them again, look until the lag is gone, and judge."""
    run.look_until(run.load.warm_up_s)
    # The lag is a sawtooth: its teeth tell how large it is when all is well.
    run.look_until(run.load.warm_up_s + STEADY_S)
    run.flow.check()
    lag_before = max(point.lag for point in run.points if point.at_s >= run.load.warm_up_s)
    run.flow.kill()
    killed_at_s = run.now_s()
    console.print(f"killed; started again in {outage_s:g} s")
    run.look_until(killed_at_s + outage_s)
    counted = run.look().counted
    restarted_at_s = run.now_s()
    run.flow.start()
    gone = run.look_until(
        restarted_at_s + GIVE_UP_S, lambda point: is_gone(point, lag_before, counted)
    )
    gone_at_s = run.points[-1].at_s
    run.flow.check()
    run.feeder.stop()
    run.sent()
    run.flow.finish()
    judgement = judge(run.bootstrap, run.topics, run.folder, run.load.window_length_s)
    run.wait_until_all_is_seen(judgement.results)
    began_ms = run.schedule.begin_ms
    return Recovered(
        killed_at_s,
        restarted_at_s,
        results_again_s(
            seen_in(run.observer.said()),
            run.schedule,
            round(run.load.bound_s * 1000),
            killed_ms=began_ms + round(killed_at_s * 1000),
            restarted_ms=began_ms + round(restarted_at_s * 1000),
        ),
        gone_at_s - restarted_at_s if gone else None,
        lag_before,
        judgement,
    )


def is_gone(point: LagPoint, lag_before: int, counted: int) -> bool:
    """Return whether the lag is as small again as it was, and not because no time has passed.

    Args:
        lag_before: the largest before the kill.
        counted: events durably counted at the restart; a new process has counted more.
    """
    return point.lag <= lag_before and point.counted > counted


def results_again_s(
    seen: Iterable[Seen], schedule: Schedule, bound_ms: int, *, killed_ms: int, restarted_ms: int
) -> float | None:
    """Return how long after the restart results flowed again; None: they did not.

    Only a window counts that could close after the kill: its results are the new process's own.
    """
    read_ms = [
        one.read_ms
        for one in seen
        if one.read_ms >= restarted_ms
        and schedule.closing_ms(one.window_end_ms, bound_ms) > killed_ms
    ]
    return (min(read_ms) - restarted_ms) / 1000 if read_ms else None


def table_of(all_recovered: list[tuple[float, Recovered]]) -> Table:
    """Return what was seen after each outage."""
    table = Table("outage", "results again", "lag gone", "events", "lost", "late by it", "twice")

    def after(seconds: float | None) -> str:
        return "never" if seconds is None else f"{seconds:.1f} s"

    for outage_s, one in all_recovered:
        judgement = one.judgement
        counts = judgement.fed, judgement.lost + judgement.wrong, judgement.late, judgement.twice
        table.add_row(
            f"{outage_s:g} s",
            after(one.results_again_s),
            after(one.lag_gone_s),
            *(f"{count:,}" for count in counts),
        )
    return table


def measure(bootstrap: str, load: LiveLoad, outage_s: float, folder: RunFolder) -> Recovered:
    """Make a run with one kill, and keep what it has shown."""
    console.print(f"{load.rate_per_s:,} events/s, kill -9, an outage of {outage_s:g} s")
    with live_run(bootstrap, load, lag_teller(load, folder, console)) as run:
        recovered = recover(run, outage_s)
    judgement = recovered.judgement
    folder.sample(
        "recovery",
        killed_at_s=recovered.killed_at_s,
        outage_s=outage_s,
        results_again_s=recovered.results_again_s,
        lag_gone_s=recovered.lag_gone_s,
        lost=judgement.lost + judgement.wrong,
        # Each partition is fed in order: without the kill nothing can be late.
        late_by_it=judgement.late,
        twice=judgement.twice,
    )
    return recovered


def recovery(
    *,
    rate: Annotated[int, typer.Option(min=1, help="events/s")] = 20_000,
    outage: Annotated[list[float] | None, typer.Option(help="seconds; again for more")] = None,
    warm_up: Annotated[float, typer.Option(min=0, help="seconds")] = 10.0,
    users: Annotated[int, typer.Option(min=1)] = 1_000,
    partitions: Annotated[int, typer.Option(min=1, help="of the input topic")] = 4,
    window_length: Annotated[float, typer.Option(help="seconds")] = 1.0,
    bound: Annotated[float, typer.Option(help="out-of-orderness in seconds")] = 0.5,
    epoch: Annotated[int, typer.Option(min=1, help="seconds")] = 1,
    processes: Annotated[int, typer.Option(min=1, help="of the flow")] = 1,
) -> None:
    """Kill the flow under load, without an outage and with one of a minute."""
    outages_s = outage or [0.0, 60.0]
    with told_in_a_line():
        load = load_of(
            rate_per_s=rate,
            # The feeder is stopped when the lag is gone; this bounds it if that never comes.
            duration_s=warm_up + STEADY_S + max(outages_s) + 2 * GIVE_UP_S,
            warm_up_s=warm_up,
            users=users,
            partitions=partitions,
            window_length_s=window_length,
            bound_s=bound,
            epoch_s=epoch,
            processes=processes,
        )
        folder = RunFolder.create("recovery", msgspec.to_builtins(load) | {"outages_s": outages_s})
        with kafka_broker() as broker:
            all_recovered = [
                (outage_s, measure(broker.bootstrap, load, outage_s, folder))
                for outage_s in outages_s
            ]
    console.print(table_of(all_recovered))
    console.print(f"{folder.finish()}")
    unharmed = (0, 0, 0)
    raise SystemExit(
        any(
            (one.judgement.lost, one.judgement.wrong, one.judgement.twice) != unharmed
            for _, one in all_recovered
        )
    )
