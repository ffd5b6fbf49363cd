"""Where the CPU time of an event goes, phase by phase: the next bottleneck.

Slopes between the two sizes of a load, as in the ladder, of the flow with clocks around its phases.
The clocks cost some CPU of their own, so the sum is a little above the ladder's figure.
"""

import statistics
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import msgspec
import typer
from rich.console import Console
from rich.table import Table
from tests.kafka.broker import NoBroker, kafka_broker

from benchmarks.arena import Arena
from benchmarks.contenders.contender import About, Job
from benchmarks.contenders.flow_command import flow_command, store_options
from benchmarks.load import LOADS, MANY_USERS, USERS, Load
from benchmarks.measure import Command
from benchmarks.run_folder import RunFolder

ENGINE = "Bytewax, the recovery store, and what has no clock"
CLIENT = "the Kafka client's own threads"
FILE = "BENCHMARK_PHASES"
"""The variable by which `benchmarks.phased_flow` is told where to write."""


class Phases(msgspec.Struct):
    """CPU time in s, as `benchmarks.phased_flow` writes it."""

    of_phase_s: dict[str, float]
    thread_s: float
    process_s: float

    def parts_s(self) -> dict[str, float]:
        """Return all of the process's time by part, what has no clock included."""
        parts_s = dict(self.of_phase_s)
        parts_s[ENGINE] = self.thread_s - sum(self.of_phase_s.values())
        parts_s[CLIENT] = self.process_s - self.thread_s
        return parts_s


class PhasedFlow:
    """A contender: the flow with clocks, exactly once with epochs of 1 s.

    Args:
        file: where it is to write what each phase took.
    """

    ABOUT = About(name="flow with clocks", tuning="exactly once, -s 1", epoch_s=1)

    def __init__(self, file: Path) -> None:
        self._file = file

    def prepare(self) -> None:
        """Need nothing."""

    def commands(self, job: Job) -> list[Command]:
        """Return the one process, with a new store."""
        options = store_options(job.folder, epoch_s=1, partitions=1)
        program, environ = flow_command(job, *options, dataflow="benchmarks.phased_flow")
        return [Command(program, {**environ, FILE: str(self._file)})]

    def phases(self) -> Phases:
        """Return what the last run wrote."""
        return msgspec.json.decode(self._file.read_bytes(), type=Phases)


def phases(
    *,
    runs: Annotated[int, typer.Option(min=1, help="repetitions of each size")] = 3,
    load: Annotated[
        list[str] | None,
        typer.Option(help="only loads with this in their names; may be given again"),
    ] = None,
) -> None:
    """Show where the CPU time of an event goes, phase by phase."""
    chosen = [one for one in LOADS if any(text in one.name for text in load or [])]
    folder = RunFolder.create("phases", {"runs": runs, "load": load})
    console = Console()
    try:
        with kafka_broker() as broker:
            for one in chosen or [USERS, MANY_USERS]:
                console.print(_table(one, _measured(broker.bootstrap, one, runs, folder), folder))
    except NoBroker as error:
        raise SystemExit(str(error)) from None
    console.print(f"report: {folder.finish()}")


def slopes_us(
    small: Sequence[Phases], large: Sequence[Phases], more_events: int
) -> dict[str, float]:
    """Return of each part its CPU time per event, the median of the repetitions' slopes, in µs."""
    parts_us: dict[str, list[float]] = {}
    for before, after in zip(small, large, strict=True):
        before_s, after_s = before.parts_s(), after.parts_s()
        for part in after_s:
            more_s = after_s[part] - before_s.get(part, 0.0)
            parts_us.setdefault(part, []).append(more_s / more_events * 1e6)
    return {part: statistics.median(each) for part, each in parts_us.items()}


def _measured(bootstrap: str, load: Load, runs: int, folder: RunFolder) -> dict[str, float]:
    taken: dict[int, list[Phases]] = {size: [] for size in load.sizes}
    with TemporaryDirectory() as place, Arena(bootstrap, load, folder.path) as arena:
        flow = PhasedFlow(Path(place, "phases.json"))
        for size in load.sizes:
            arena.fill(size)
        for _ in range(runs):
            for size in load.sizes:
                arena.run(flow, size)
                taken[size].append(flow.phases())
    small, large = (taken[size] for size in load.sizes)
    return slopes_us(small, large, load.sizes[1] - load.sizes[0])


def _table(load: Load, parts_us: dict[str, float], folder: RunFolder) -> Table:
    table = Table("phase", "CPU µs/event", "share", title=f"{load.name}, exactly once, -s 1")
    total_us = sum(parts_us.values())
    for part, part_us in sorted(parts_us.items(), key=lambda item: -item[1]):
        folder.sample("phase", load=load.name, phase=part, cpu_us_per_event=part_us)
        table.add_row(part, f"{part_us:.2f}", f"{part_us / total_us:.0%}")
    table.add_row("all", f"{total_us:.2f}", "100%")
    return table
