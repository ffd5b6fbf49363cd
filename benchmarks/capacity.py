"""The highest rate that the flow sustains, exactly once, with feeder and broker beside it.

As `python -m benchmarks capacity`. Each rate is tried on new topics with a feeder in a process of
its own that never waits for the flow. A rate is sustained when, after the warm-up, neither the
events that are due and not on the broker nor those on the broker and not durably counted become
more (`benchmarks/live/slope.py`). At half of what was found the delay of the results is measured.
"""

import json
import subprocess
import sys
from typing import Annotated

import msgspec
import typer
from rich.console import Console
from rich.table import Table
from tests.kafka.broker import kafka_broker
from tests.kafka.job import ROOT
from tests.kafka.topics import create_topic, delete_topics

from benchmarks.live.delays import Delays, percentile_s, rounded
from benchmarks.live.errors import told_in_a_line
from benchmarks.live.load import LiveLoad, load_of
from benchmarks.live.oracle import judge
from benchmarks.live.probe import Probe, lag_teller, watch
from benchmarks.live.rate_search import Bracket, search
from benchmarks.live.run import live_run
from benchmarks.run_folder import RunFolder

FEEDER_SHARE = 0.8
"""Of what the feeder can do alone, as much as is asked of it beside a flow."""
LIMIT_EVENTS = 2_000_000

console = Console(highlight=False)


def feeder_limit_per_s(bootstrap: str, *, users: int, partitions: int) -> int:
    """Return how many events a second the feeder can send when nothing else runs."""
    topic = create_topic(bootstrap, partitions=partitions)
    command = [sys.executable, "-m", "benchmarks.feeder", bootstrap, topic]
    options = ["--limit", str(LIMIT_EVENTS), "--users", str(users), "--partitions", str(partitions)]
    try:
        said = subprocess.run(
            [*command, *options], cwd=ROOT, check=True, stdout=subprocess.PIPE
        ).stdout
    finally:
        delete_topics(bootstrap, [topic])
    last = json.loads(said.splitlines()[-1])
    return int(last["sent"] / last["wall_s"])


def probe(bootstrap: str, load: LiveLoad, folder: RunFolder) -> Probe:
    """Feed one rate, and print the lag over time."""
    with live_run(bootstrap, load, lag_teller(load, folder, console)) as run:
        seen = watch(run)
    folder.sample(
        "probe",
        rate_per_s=seen.rate_per_s,
        sustained=seen.fell_behind is None,
        lag_slope_per_s=seen.trend.lag_slope_per_s,
        unfed_slope_per_s=seen.trend.unfed_slope_per_s,
        fell_behind=seen.fell_behind,
        cpu_share=seen.cpu_share,
        elsewhere_share=seen.elsewhere_share,
        flow_cpu_us_per_event=seen.flow_cpu_us,
    )
    verdict = "sustained" if seen.fell_behind is None else f"the {seen.fell_behind} fell behind"
    console.print(f"  {verdict}: lag grows by {seen.trend.lag_slope_per_s:,.0f} a second\n")
    return seen


def find(bootstrap: str, load: LiveLoad, precision: float, folder: RunFolder) -> None:
    """Search, measure the delay at half of what was found, and print all of it."""
    limit = feeder_limit_per_s(bootstrap, users=load.users, partitions=load.partitions)
    folder.sample("feeder", limit_per_s=limit)
    console.print(f"the feeder alone sends {limit:,} events/s\n")
    probes: list[Probe] = []

    def sustains(rate_per_s: int) -> bool:
        console.print(f"{rate_per_s:,} events/s")
        at_rate = msgspec.structs.replace(load, rate_per_s=rate_per_s)
        probes.append(probe(bootstrap, at_rate, folder))
        return probes[-1].fell_behind is None

    found = search(sustains, load.rate_per_s, int(FEEDER_SHARE * limit), precision)
    console.print(table_of(sorted(probes, key=lambda one: one.rate_per_s)))
    console.print(conclusion(found))
    if found.sustained_per_s:
        half = msgspec.structs.replace(load, rate_per_s=found.sustained_per_s // 2)
        show_delays(bootstrap, half, folder)


def show_delays(bootstrap: str, load: LiveLoad, folder: RunFolder) -> None:
    """Feed a rate, and print how long the results took and whether all came."""
    console.print(f"\nhalf of it: {load.rate_per_s:,} events/s")
    with live_run(bootstrap, load, lag_teller(load, folder, console)) as run:
        watch(run)
        run.finish()
        judgement = judge(bootstrap, run.topics, run.folder, load.window_length_s)
        run.wait_until_all_is_seen(judgement.results)
        taken = run.taken().readable
    for delay_s, results in rounded(taken).items():
        folder.sample("delay", rate_per_s=load.rate_per_s, delay_s=delay_s, results=results)
    console.print(
        f"  delay of {taken.total():,} results: {delay_line(taken)}\n"
        f"  of {judgement.fed:,} events {judgement.lost} lost, {judgement.twice} twice,"
        f" {judgement.wrong} wrong, {judgement.late} late"
    )


def delay_line(of: Delays) -> str:
    """Return median, 99th percentile and maximum."""
    named = {"p50": 0.5, "p99": 0.99, "max": 1}
    return ", ".join(f"{name} {percentile_s(of, share):.2f} s" for name, share in named.items())


def table_of(probes: list[Probe]) -> Table:
    """Return what was seen at each rate."""
    table = Table(
        "events/s", "sustained", "lag grows by", "cores used", "by others", "flow, CPU µs/event"
    )
    for one in probes:
        table.add_row(
            f"{one.rate_per_s:,}",
            "yes" if one.fell_behind is None else f"no: {one.fell_behind}",
            f"{one.trend.lag_slope_per_s:,.0f}/s",
            f"{one.cpu_share:.0%}",
            f"{one.elsewhere_share:.0%}",
            f"{one.flow_cpu_us:.2f}",
        )
    return table


def conclusion(found: Bracket) -> str:
    """Return what was found in a line."""
    if not found.sustained_per_s:
        return f"no rate is sustained, not even {found.failed_per_s:,} events/s"
    if found.failed_per_s is None:
        return f"at least {found.sustained_per_s:,} events/s: the feeder goes no further"
    return f"{found.sustained_per_s:,} events/s are sustained, {found.failed_per_s:,} are not"


def capacity(
    *,
    first: Annotated[int, typer.Option(min=1000, help="rate to try first, events/s")] = 50_000,
    seconds: Annotated[float, typer.Option(min=1, help="of each probe, with the warm-up")] = 45.0,
    warm_up: Annotated[float, typer.Option(min=0, help="seconds that do not count")] = 15.0,
    precision: Annotated[float, typer.Option(min=0.01, help="as a share of the rate")] = 0.1,
    users: Annotated[int, typer.Option(min=1)] = 10_000,
    partitions: Annotated[int, typer.Option(min=1, help="of the input topic")] = 4,
    window_length: Annotated[float, typer.Option(help="seconds")] = 5.0,
    bound: Annotated[float, typer.Option(help="out-of-orderness in seconds")] = 1.0,
    epoch: Annotated[int, typer.Option(min=1, help="seconds")] = 1,
    processes: Annotated[int, typer.Option(min=1, help="of the flow")] = 1,
) -> None:
    """Search for the highest rate at which the lag does not grow."""
    with told_in_a_line():
        load = load_of(
            rate_per_s=first,
            duration_s=seconds,
            warm_up_s=warm_up,
            users=users,
            partitions=partitions,
            window_length_s=window_length,
            bound_s=bound,
            epoch_s=epoch,
            processes=processes,
        )
        folder = RunFolder.create("capacity", msgspec.to_builtins(load) | {"precision": precision})
        with kafka_broker() as broker:
            find(broker.bootstrap, load, precision, folder)
    console.print(f"\n{folder.finish()}")
