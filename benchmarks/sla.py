"""Holds a build to targets under a live load.

As `python -m benchmarks sla FILE`; exit status 0 when all are met, 1 when one is not. The delay of
a result is taken by an observer of its own, which reads committed records: from the moment when
the last event was due without which its window could not close (`benchmarks/live/schedule.py`).
"""

import os
import subprocess
import sys
from pathlib import Path
from typing import Annotated, NamedTuple

import msgspec
import typer
from rich.console import Console
from rich.table import Table
from tests.kafka.broker import kafka_broker
from tests.kafka.job import ROOT, Topics

from benchmarks.live.delays import Taken, percentile_s, rounded
from benchmarks.live.errors import LiveRunError, told_in_a_line
from benchmarks.live.oracle import Judgement, judge
from benchmarks.live.probe import Probe, lag_teller, watch
from benchmarks.live.run import live_run
from benchmarks.live.targets import Agreement, Verdict, read_agreement, verdicts
from benchmarks.run_folder import RunFolder

console = Console(highlight=False)


class Measured(NamedTuple):
    """What a run has shown."""

    probe: Probe
    taken: Taken
    judgement: Judgement
    decode_cpu_us: float


def decode_cpu_us(bootstrap: str, topics: Topics, events: int) -> float:
    """Return the CPU per event of consuming and decoding the same topic, without the start."""

    def cpu_s(topic: str) -> float:
        command = [
            sys.executable,
            "-m",
            "benchmarks.contenders.consume",
            bootstrap,
            topic,
            "decode",
        ]
        process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        if status:
            raise LiveRunError(f"consuming and decoding {topic} ended with {status}")
        return usage.ru_utime + usage.ru_stime

    # The dead letters are none: what that takes is the start.
    return (cpu_s(topics.events) - cpu_s(topics.dead)) / events * 1e6


def measure(bootstrap: str, agreement: Agreement, folder: RunFolder) -> Measured:
    """Feed the load, let the flow come to its end, and see what became of it."""
    load = agreement.load
    with live_run(bootstrap, load, lag_teller(load, folder, console)) as run:
        probe = watch(run)
        sent = run.finish()
        console.print(f"fed {sent:,} events; now they are counted")
        judgement = judge(bootstrap, run.topics, run.folder, load.window_length_s)
        run.wait_until_all_is_seen(judgement.results)
        decode_us = decode_cpu_us(bootstrap, run.topics, sent)
        return Measured(probe, run.taken(), judgement, decode_us)


def figures(measured: Measured, rate_per_s: int) -> dict[str, float]:
    """Return what was measured by the names of the targets."""
    probe, readable = measured.probe, measured.taken.readable
    return {
        "delay_p50_s": percentile_s(readable, 0.5),
        "delay_p99_s": percentile_s(readable, 0.99),
        "delay_max_s": percentile_s(readable, 1),
        "cpu_ratio_to_decode": probe.flow_cpu_us / measured.decode_cpu_us,
        "peak_mib": probe.peak_mib,
        "lag_max_s": probe.lag_max / rate_per_s,
        "lag_growth": probe.trend.lag_slope_per_s / rate_per_s,
        **{name: getattr(measured.judgement, name) for name in ("lost", "twice", "wrong", "late")},
    }


def keep(measured: Measured, judged: list[Verdict], rate_per_s: int, folder: RunFolder) -> None:
    """Keep delays and verdicts in the run's folder."""
    for delay_s, results in rounded(measured.taken.readable).items():
        folder.sample("delay", rate_per_s=rate_per_s, delay_s=delay_s, results=results)
    for verdict in judged:
        folder.sample("verdict", **verdict._asdict(), ok=verdict.ok)


def show(measured: Measured, judged: list[Verdict]) -> None:
    """Print the verdicts."""
    table = Table("target", "at most", "measured", "")
    for one in judged:
        verdict = "ok" if one.ok else "[bold]MISSED[/]"
        table.add_row(one.target, f"{one.limit:g} {one.unit}", f"{one.measured:.4g}", verdict)
    console.print(table)
    probe, append = measured.probe, measured.taken.append
    console.print(
        f"{append.total():,} results; written after p50 {percentile_s(append, 0.5):.2f} s,"
        f" p99 {percentile_s(append, 0.99):.2f} s, max {percentile_s(append, 1):.2f} s,"
        " readable as above\n"
        f"CPU per event: flow {probe.flow_cpu_us:.2f} µs, consume and decode"
        f" {measured.decode_cpu_us:.2f} µs\n"
        f"of the cores {probe.cpu_share:.0%} in use by the run,"
        f" {probe.elsewhere_share:.0%} by what does not belong to it"
    )


def sla(
    file: Annotated[Path, typer.Argument(help="load and targets, such as benchmarks/sla.toml")],
) -> None:
    """Hold this build to the targets in a file."""
    with told_in_a_line():
        agreement = read_agreement(file)
        folder = RunFolder.create("sla", msgspec.to_builtins(agreement))
        with kafka_broker() as broker:
            measured = measure(broker.bootstrap, agreement, folder)
        rate_per_s = agreement.load.rate_per_s
        judged = list(verdicts(agreement.targets, figures(measured, rate_per_s)))
    keep(measured, judged, rate_per_s, folder)
    show(measured, judged)
    console.print(f"{folder.finish()}")
    raise SystemExit(not all(one.ok for one in judged))
