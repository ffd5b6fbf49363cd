"""CPU per event of the flow beside a bare consume-and-decode loop, in one run on one broker.

As `python -m benchmarks ladder`. The CPU time of whole processes, user and system, at two sizes of
input; the slope between them leaves out what starting costs. Runs are interleaved and repeated;
shown are medians.
"""

import os
import statistics
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, NamedTuple

import typer
from confluent_kafka.admin import AdminClient, NewTopic
from rich.console import Console
from rich.table import Table
from tests.kafka.broker import kafka_broker

from benchmarks.generate_events import generate_events

ROOT = Path(__file__).parent.parent


class Load(NamedTuple):
    """An input in two sizes."""

    name: str
    users: int
    span: timedelta
    sizes: tuple[int, int]


LOADS = [
    Load("10,000 users", 10_000, timedelta(hours=1), (1_000_000, 4_000_000)),
    Load("1,000,000 users", 1_000_000, timedelta(hours=1), (1_000_000, 3_000_000)),
    Load("sparse: 1 event a window", 1_000, timedelta(days=4 * 365), (105_000, 420_000)),
]


class Cost(NamedTuple):
    """What one process took."""

    cpu_s: float
    peak_mib: float


class Measured(NamedTuple):
    """A contender on a load."""

    cpu_us: float
    peak_mib: float


def run(command: list[str], environ: dict[str, str]) -> Cost:
    """Run a command to its end and return its CPU time and peak memory."""
    process = subprocess.Popen(
        command, cwd=ROOT, env=os.environ | environ, stdout=subprocess.DEVNULL
    )
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"{' '.join(command)} failed with status {status}")
    return Cost(usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def bare_consume(bootstrap: str, topic: str) -> Cost:
    """Consume and decode a topic."""
    return run([sys.executable, "-m", "benchmarks.bare_consume", bootstrap, topic], {})


def flow(bootstrap: str, topic: str, *options: str) -> Cost:
    """Run the flow over a topic to its end; at least once without options."""
    environ = {
        "WINDOWING_BOOTSTRAP_SERVERS": bootstrap,
        "WINDOWING_INPUT_TOPIC": topic,
        "WINDOWING_UNTIL_END": "true",
    }
    command = [sys.executable, "-m", "bytewax.run", "dataflows.user_aggregates"]
    return run([*command, *options], environ)


def exactly_once(epoch_s: int, bootstrap: str, topic: str) -> Cost:
    """Run the flow with a recovery store of its own."""
    with TemporaryDirectory() as store:
        run([sys.executable, "-m", "bytewax.recovery", store, "1"], {})
        return flow(bootstrap, topic, "-r", store, "-s", str(epoch_s), "-b", "0")


CONTENDERS: dict[str, Callable[[str, str], Cost]] = {
    "consume and decode": bare_consume,
    "flow, at least once": flow,
    "exactly once, epochs of 1 s": partial(exactly_once, 1),
    "exactly once, epochs of 10 s": partial(exactly_once, 10),
}


def measure(bootstrap: str, load: Load, runs: int) -> dict[str, Measured]:
    """Return the cost of every contender on a load."""
    topics = [f"events-of-{load.users}-users-{size}" for size in load.sizes]
    for topic, size in zip(topics, load.sizes, strict=True):
        # Twice the events take twice the time: as many for each user and window.
        span = load.span * size / load.sizes[1]
        generate_events(bootstrap, topic, events=size, users=load.users, span=span)
    costs: dict[tuple[str, str], list[Cost]] = {}
    for _, topic, name in product(range(runs), topics, CONTENDERS):
        cost = CONTENDERS[name](bootstrap, topic)
        costs.setdefault((name, topic), []).append(cost)
        Console(stderr=True).print(f"{name} on {topic}: {cost.cpu_s:.2f} s of CPU")
    small, large = topics
    more = load.sizes[1] - load.sizes[0]
    return {
        name: Measured(
            statistics.median(
                (b.cpu_s - a.cpu_s) / more * 1e6
                for a, b in zip(costs[name, small], costs[name, large], strict=True)
            ),
            max(cost.peak_mib for cost in costs[name, large]),
        )
        for name in CONTENDERS
    }


def ladder(
    runs: Annotated[int, typer.Option(help="of each contender", min=1)] = 5,
    load: Annotated[str, typer.Option(help="only loads with this in their names")] = "",
) -> None:
    """CPU per event beside a bare loop, all loads in about fifteen minutes."""
    table = Table("load", "contender", "CPU µs/event", "ratio", "peak MiB")
    with kafka_broker() as broker:
        admin = AdminClient({"bootstrap.servers": broker.bootstrap})
        outputs = ("user-aggregates", "user-events-late", "user-events-dead-letter")
        for created in admin.create_topics([NewTopic(t, 4, 1) for t in outputs]).values():
            created.result()
        for one in LOADS:
            if load not in one.name:
                continue
            measured = measure(broker.bootstrap, one, runs)
            baseline = measured["consume and decode"].cpu_us
            for name, (cpu_us, peak_mib) in measured.items():
                table.add_row(
                    one.name, name, f"{cpu_us:.2f}", f"{cpu_us / baseline:.2f}", f"{peak_mib:.0f}"
                )
    Console().print(table)
