"""A long run under a steady load, with kills in it: does anything grow, drift or get lost.

As `python -m benchmarks soak`. Some kill -9 come early, so that a long life follows the last one:
what leaks slowly shows only there. Memory, descriptors, threads and all metrics are looked at every
few seconds; at the end the output is held against the input, and the metrics against the output.
"""

from collections.abc import Sequence
from statistics import median
from typing import Annotated, NamedTuple

import msgspec
import typer
from rich.console import Console
from rich.table import Table
from tests.kafka.broker import kafka_broker
from tests.kafka.job import free_ports

from benchmarks.live.delays import seen_in
from benchmarks.live.errors import LiveRunError, told_in_a_line
from benchmarks.live.load import LiveLoad, load_of
from benchmarks.live.oracle import Judgement, judge
from benchmarks.live.probe import lag_teller
from benchmarks.live.processes import wait_for
from benchmarks.live.run import LiveRun, live_run
from benchmarks.live.vitals import Vitals, vitals_of
from benchmarks.run_folder import RunFolder

LOOK_EVERY_S = 5.0
READY_TIMEOUT_S = 90.0
SETTLED_S = 30.0
"""How long a process runs before its memory counts: its buffers fill first."""
EPOCHS_TO_COMMIT = 5
"""How long output is waited for that is due when all is read."""
UNSEEN_S = 2.0
"""Of results, what a process may write after the last look at it and before it is killed."""

console = Console(highlight=False)


class Life(NamedTuple):
    """A process from its start to its end.

    Fields:
        looks: moments since the feeder began, and what was seen then.
    """

    looks: list[tuple[float, Vitals]]

    def metric(self, name: str) -> float:
        """Return a metric as it was last seen."""
        return self.looks[-1][1].metrics.get(name, 0.0)

    def memory_mib(self) -> list[float]:
        """Return the memory from when the process has settled."""
        from_s = self.looks[0][0] + SETTLED_S
        return [vitals.memory_mib for at_s, vitals in self.looks if at_s >= from_s]


class Soaked(NamedTuple):
    """A whole run.

    Fields:
        readable: results that were readable when all was read and before the flow was finished.
        judgement: over the whole input.
    """

    lives: list[Life]
    readable: int
    judgement: Judgement


class Verdict(NamedTuple):
    """A thing that must hold."""

    target: str
    measured: str
    met: bool


def soak_for(run: LiveRun, port: int, kill_at_s: Sequence[float], folder: RunFolder) -> Soaked:
    """Live through all lives, then let the flow come to the end of its input."""
    ends_s = [*kill_at_s, run.load.duration_s]
    lives = [_live(run, port, end_s, folder, last=end_s is ends_s[-1]) for end_s in ends_s]
    run.feeder.wait(READY_TIMEOUT_S)
    run.sent()
    if not run.look_until(run.now_s() + READY_TIMEOUT_S, lambda point: point.lag == 0):
        raise LiveRunError("the flow has not caught up with the end of its input")
    run.look_until(run.now_s() + EPOCHS_TO_COMMIT * run.load.epoch_s)
    _look(run, port, lives[-1], folder)
    readable = sum(one.results for one in seen_in(run.observer.said()))
    run.flow.finish()
    judgement = judge(run.bootstrap, run.topics, run.folder, run.load.window_length_s)
    return Soaked(lives, readable, judgement)


def _live(run: LiveRun, port: int, end_s: float, folder: RunFolder, *, last: bool) -> Life:
    """Look at a process until its time has come; kill it and start the next, unless it is last."""
    life = Life([])
    wait_for(lambda: _is_ready(run, port), READY_TIMEOUT_S, "the flow's metrics", run.flow.check)
    while run.now_s() < end_s:
        _look(run, port, life, folder)
        run.look_until(min(run.now_s() + LOOK_EVERY_S, end_s))
        run.flow.check()
    if not last:
        _look(run, port, life, folder)
        run.flow.kill()
        folder.sample("soak-kill", at_s=run.now_s())
        console.print("killed; started again at once")
        run.flow.start()
    return life


def _is_ready(run: LiveRun, port: int) -> bool | None:
    try:
        [process] = run.flow.processes()
        return vitals_of(process, port).metrics["windowing_ready"] == 1 or None
    except OSError:
        return None


def _look(run: LiveRun, port: int, life: Life, folder: RunFolder) -> None:
    [process] = run.flow.processes()
    vitals = vitals_of(process, port)
    at_s = round(run.now_s(), 3)
    life.looks.append((at_s, vitals))
    folder.sample("soak", at_s=at_s, **vitals._asdict())


def verdicts(soaked: Soaked, load: LiveLoad) -> list[Verdict]:
    """Return what must hold of a run, and whether it does."""
    lives, judgement = soaked.lives, soaked.judgement
    last = lives[-1]
    memory_mib = last.memory_mib()
    third = len(memory_mib) // 3
    early_mib, late_mib = median(memory_mib[:third]), median(memory_mib[-third:])
    descriptors = [vitals.descriptors for _, vitals in last.looks]
    restarts = [int(life.metric("windowing_restarts")) for life in lives]
    counted = sum(int(life.metric("windowing_results_total")) for life in lives)
    unseen = soaked.readable - counted
    # A window's results come at once: what a kill may hide is all that one window has.
    hidden = (len(lives) - 1) * load.users * (1 + UNSEEN_S / load.window_length_s)
    harm = judgement.lost, judgement.wrong, judgement.twice
    aborted = sum(int(life.metric("windowing_transactions_aborted_total")) for life in lives)
    return [
        Verdict("nothing lost, wrong or twice", f"{harm}", harm == (0, 0, 0)),
        Verdict(
            "memory of the last life, last third at most 1.05 of the first",
            f"{early_mib:.0f} -> {late_mib:.0f} MiB",
            late_mib <= 1.05 * early_mib,
        ),
        Verdict(
            "descriptors of the last life, at the end no more than settled",
            f"{min(descriptors)} to {max(descriptors)}, {descriptors[-1]} at the end",
            descriptors[-1] <= median(descriptors) + 2,
        ),
        Verdict(
            "windowing_restarts counts the kills", f"{restarts}", restarts == [*range(len(lives))]
        ),
        Verdict(
            "windowing_results_total, all lives, is what can be read",
            f"{counted:,} of {soaked.readable:,}; {unseen:,} between a look and its kill",
            0 <= unseen <= hidden,
        ),
        Verdict("no transaction was aborted but by a kill", f"{aborted}", aborted == 0),
    ]


def soak(
    *,
    minutes: Annotated[float, typer.Option(min=1)] = 60.0,
    rate: Annotated[int, typer.Option(min=1, help="events/s")] = 20_000,
    kill_at: Annotated[list[float] | None, typer.Option(help="minutes; again for more")] = None,
    users: Annotated[int, typer.Option(min=1)] = 10_000,
    partitions: Annotated[int, typer.Option(min=1, help="of the input topic")] = 4,
    window_length: Annotated[float, typer.Option(help="seconds")] = 30.0,
    bound: Annotated[float, typer.Option(help="out-of-orderness in seconds")] = 1.0,
    epoch: Annotated[int, typer.Option(min=1, help="seconds")] = 1,
    port: Annotated[int, typer.Option(help="of the metrics, for others too; 0: any")] = 0,
) -> None:
    """Run the flow for long under a steady load, with kills, and see whether anything grows."""
    kills_s = [60 * at for at in (kill_at or [5.0, 10.0, 15.0]) if at < minutes]
    with told_in_a_line():
        load = load_of(
            rate_per_s=rate,
            duration_s=60 * minutes,
            users=users,
            partitions=partitions,
            window_length_s=window_length,
            bound_s=bound,
            epoch_s=epoch,
        )
        folder = RunFolder.create("soak", msgspec.to_builtins(load) | {"kill_at_s": kills_s})
        port = port or free_ports(1)[0]
        with (
            kafka_broker() as broker,
            live_run(
                broker.bootstrap, load, lag_teller(load, folder, console), HTTP_PORT=str(port)
            ) as run,
        ):
            soaked = soak_for(run, port, kills_s, folder)
    table = Table("target", "measured", "met")
    for verdict in verdicts(soaked, load):
        folder.sample("soak-verdict", **verdict._asdict())
        table.add_row(verdict.target, verdict.measured, "yes" if verdict.met else "NO")
    console.print(table)
    console.print(f"{soaked.judgement}")
    console.print(f"{folder.finish()}")
    raise SystemExit(not all(verdict.met for verdict in verdicts(soaked, load)))
