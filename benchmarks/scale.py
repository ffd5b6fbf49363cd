"""How the cost of the flow grows: with processes, with users, with open windows."""

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, NamedTuple

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from tests.kafka.broker import NoBroker, kafka_broker
from tests.kafka.topics import delete_topics

from benchmarks.open_pairs import OpenPairs, bytes_per_pair, hold_open
from benchmarks.pair_feed import Feed
from benchmarks.pauses import longest_s
from benchmarks.run_folder import RunFolder
from benchmarks.scale_cost import Inputs, make_inputs, run_flow, slope

FEW_PAIRS = 1_000
CLUSTER_USERS = 10_000
MEMORY_LIMIT, STORE_LIMIT = 250, 80
"""Bytes in memory and on disk for each open (user, window)."""
PAUSE_LIMIT_S, PAUSE_PAIRS = 2, 1_000_000
"""No pause above the limit with up to so many pairs open."""


class Options(NamedTuple):
    """What is measured; see `scale`."""

    users: list[int]
    pairs: list[int]
    processes: int
    runs: int
    events: int
    epoch_s: int
    live_s: float
    rate_per_s: int

    def steps(self) -> int:
        """Return how many steps `measure` takes: an input is one, and each measurement."""
        costs = len(self.users) + self.processes
        inputs = len(self.users) + bool(self.processes)
        return costs * self.runs + inputs + (len(self.pairs) + 1 if self.pairs else 0)


def scale(
    *,
    users: Annotated[
        str, typer.Option(help="busy in an hour: numbers with commas")
    ] = "100,10000,1000000,3000000",
    pairs: Annotated[
        str, typer.Option(help="(user, window) open at once: numbers with commas")
    ] = "1000000,3000000",
    processes: Annotated[int, typer.Option(help="up to so many; 0: none", min=0)] = 4,
    runs: Annotated[int, typer.Option(help="of each size of input", min=1)] = 3,
    events: Annotated[int, typer.Option(help="of the larger input", min=3_000)] = 3_000_000,
    epoch: Annotated[int, typer.Option(help="in seconds, with windows open", min=1)] = 5,
    live: Annotated[float, typer.Option(help="seconds of steady input to open windows")] = 30,
    rate: Annotated[int, typer.Option(help="events/s of it", min=1)] = 5_000,
) -> None:
    """How cost grows with processes, users and open windows: twenty minutes on two cores.

    An empty list leaves its part out: --users "".
    """
    user_counts, pair_counts = numbers("--users", users), numbers("--pairs", pairs)
    options = Options(user_counts, pair_counts, processes, runs, events, epoch, live, rate)
    run = RunFolder.create("scale", options._asdict())
    try:
        with kafka_broker() as broker, _progress() as progress:
            bar = progress.add_task("", total=options.steps())
            for step in measure(run, broker.bootstrap, options):
                progress.console.print(step)
                progress.advance(bar)
    except (NoBroker, RuntimeError, TimeoutError) as error:
        # A broker that does not answer is a TimeoutError without a text.
        raise SystemExit(str(error) or "the broker has not answered for a minute") from None
    finally:
        Console().print(str(run.finish()))


def measure(run: RunFolder, bootstrap: str, options: Options) -> Iterator[str]:
    """Measure all, and say each step's outcome in a line."""
    if options.processes:
        inputs = make_inputs(bootstrap, CLUSTER_USERS, options.events)
        yield f"{sum(inputs.events):,} events of {inputs.users:,} users are written"
        for processes in range(1, options.processes + 1):
            yield from _costs(
                run, bootstrap, inputs, runs=options.runs, varied="processes", processes=processes
            )
        delete_topics(bootstrap, [inputs.small, inputs.large])
    for users in options.users:
        inputs = make_inputs(bootstrap, users, options.events)
        yield f"{sum(inputs.events):,} events of {inputs.users:,} users are written"
        yield from _costs(run, bootstrap, inputs, runs=options.runs, varied="users")
        delete_topics(bootstrap, [inputs.small, inputs.large])
    if options.pairs:
        yield from _open_pairs(run, bootstrap, options)


def _costs(
    run: RunFolder, bootstrap: str, inputs: Inputs, *, runs: int, varied: str, processes: int = 1
) -> Iterator[str]:
    """Measure the slope between two sizes of input so many times."""
    for number in range(1, runs + 1):
        small = run_flow(bootstrap, inputs.small, processes)
        large = run_flow(bootstrap, inputs.large, processes)
        cost = slope(small, large, inputs.events)
        run.sample(
            "scale",
            varied=varied,
            users=inputs.users,
            processes=processes,
            run=number,
            **cost._asdict(),
            small=small._asdict(),
            large=large._asdict(),
        )
        yield (
            f"{inputs.users:,} users, processes: {processes}:"
            f" {cost.cpu_us_per_event:.2f} µs of CPU per event, {cost.events_per_s:,.0f} events/s"
        )


def _open_pairs(run: RunFolder, bootstrap: str, options: Options) -> Iterator[str]:
    """Measure what open windows take beside a run with few of them, and judge that of the first."""
    few: OpenPairs | None = None
    for pairs in (FEW_PAIRS, *options.pairs):
        held = _hold_open(bootstrap, pairs, options)
        few = few or held
        for pause in held.pauses:
            run.sample("pause", open_pairs=pairs, **pause._asdict())
        if held is few:
            yield f"{pairs:,} open pairs: {held.peak_mib:.0f} MiB"
            continue
        memory = bytes_per_pair(held.peak_mib, few.peak_mib, pairs - FEW_PAIRS)
        on_disk, pause_s = held.file_bytes / pairs, longest_s(held.pauses, epoch_ended=True)
        run.sample(
            "scale",
            varied="open_pairs",
            open_pairs=pairs,
            run=1,
            bytes_per_pair_memory=memory,
            snapshot_bytes_per_pair=held.snapshot_bytes / pairs,
            store_bytes_per_pair=on_disk,
            snapshot_pause_s=pause_s,
            other_pause_s=longest_s(held.pauses, epoch_ended=False),
            peak_mib=held.peak_mib,
            stopped_in_time=held.stopped_in_time,
        )
        _judge(run, f"memory with {pairs:,} open pairs", memory, MEMORY_LIMIT, "bytes/pair")
        _judge(run, f"store with {pairs:,} open pairs", on_disk, STORE_LIMIT, "bytes/pair")
        if pairs <= PAUSE_PAIRS:
            _judge(run, f"pause with {pairs:,} open pairs", pause_s, PAUSE_LIMIT_S, "s")
        yield (
            f"{pairs:,} open pairs: {memory:.0f} bytes of memory and {on_disk:.0f} on disk each,"
            f" {pause_s:.2f} s without reading"
        )


def _hold_open(bootstrap: str, pairs: int, options: Options) -> OpenPairs:
    with TemporaryDirectory() as folder:
        return hold_open(
            bootstrap,
            pairs,
            Path(folder),
            events=max(pairs, min(options.pairs)),
            feed=Feed(options.rate_per_s, options.live_s),
            epoch_s=options.epoch_s,
        )


def _judge(run: RunFolder, target: str, measured: float, limit: float, unit: str) -> None:
    run.sample(
        "verdict", target=target, limit=limit, measured=measured, unit=unit, ok=measured <= limit
    )


def numbers(option: str, text: str) -> list[int]:
    """Return the numbers in a list with commas.

    Raises:
        SystemExit: one is not a whole number above zero.
    """
    words = [word.strip() for word in text.split(",") if word.strip()]
    for word in words:
        if not word.isdecimal() or int(word) == 0:
            raise SystemExit(f"{option}={text!r}: {word!r} is no whole number above 0")
    return [int(word) for word in words]


def _progress() -> Progress:
    columns = (TextColumn("scale"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    return Progress(*columns, console=Console(stderr=True))
