"""CPU per event and events per second of the flow, exactly once, on one process or several.

Both are slopes between two sizes of one input, so that starting and ending do not count.
"""

import os
import time
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple
from uuid import uuid4

from tests.kafka.job import KEEP, Job, Topics, killed_at_the_end
from tests.kafka.topics import create_topic, delete_topics

from benchmarks.generate_events import generate_events
from benchmarks.load import Load

SPAN = timedelta(hours=1)
EPOCH_S = 1
"""A run ends with an epoch, so its time is known to this."""
SIZE_RATIO = 3
"""Of the large input to the small one."""


class Inputs(NamedTuple):
    """Two topics with events of the same users, as many for each user and hour."""

    users: int
    small: str
    large: str
    events: tuple[int, int]


class Took(NamedTuple):
    """What a run took: the CPU time of all its processes, and the time until the last one ended."""

    cpu_s: float
    wall_s: float


def make_inputs(bootstrap: str, users: int, events: int) -> Inputs:
    """Make the two inputs, the larger with so many events: twelve windows for each user."""
    sizes = (events // SIZE_RATIO, events)
    names = [f"scale-{users}-users-{size}-events-{uuid4().hex[:8]}" for size in sizes]
    load = Load(f"{users:,} users", users, SPAN, sizes)
    for name, size in zip(names, sizes, strict=True):
        generate_events(bootstrap, name, load, size)
    return Inputs(users, names[0], names[1], sizes)


def run_flow(bootstrap: str, events: str, processes: int) -> Took:
    """Run the flow over a topic to its end, with a new store and new output topics.

    Raises:
        RuntimeError: a process failed; the text has what it said.
    """
    outputs = [create_topic(bootstrap, partitions=4, config=KEEP) for _ in range(3)]
    with TemporaryDirectory() as folder:
        job = Job(bootstrap, Topics(events, *outputs), Path(folder), {"UNTIL_END": "true"})
        recovery = job.store()[:2]
        began_s = time.monotonic()
        running = job.start_cluster(processes, *recovery, "-s", str(EPOCH_S), "-b", "0")
        cpu_s = 0.0
        with killed_at_the_end(*running):
            for one in running:
                _, status, usage = os.wait4(one.process.pid, 0)
                one.process.returncode = os.waitstatus_to_exitcode(status)
                if one.process.returncode:
                    raise RuntimeError(f"the flow ended with {status}: {one.said()}")
                cpu_s += usage.ru_utime + usage.ru_stime
        took = Took(cpu_s, time.monotonic() - began_s)
    delete_topics(bootstrap, outputs)
    return took


class Cost(NamedTuple):
    """What an event more costs."""

    cpu_us_per_event: float
    events_per_s: float


def slope(small: Took, large: Took, events: tuple[int, int]) -> Cost:
    """Return what the larger input took more, for each event that it has more.

    Raises:
        RuntimeError: it took no longer: the inputs are too small to tell.
    """
    more = events[1] - events[0]
    if large.wall_s <= small.wall_s or large.cpu_s <= small.cpu_s:
        raise RuntimeError(
            f"{events[1]:,} events took no longer than {events[0]:,}, {large.wall_s:.1f} s:"
            " give more (--events)"
        )
    return Cost((large.cpu_s - small.cpu_s) / more * 1e6, more / (large.wall_s - small.wall_s))
