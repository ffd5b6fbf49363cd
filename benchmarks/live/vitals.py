"""What a process of the flow says of itself over HTTP, and what the system says of it."""

from typing import NamedTuple
from urllib.request import urlopen

import psutil
from prometheus_client.parser import text_string_to_metric_families

ANSWER_TIMEOUT_S = 10.0
MIB = 1024 * 1024


class Vitals(NamedTuple):
    """A process at a moment.

    Fields:
        memory_mib: resident.
        cpu_s: user and system, since its start.
        metrics: by name, summed over their labels; without histograms' buckets.
    """

    memory_mib: float
    descriptors: int
    threads: int
    cpu_s: float
    metrics: dict[str, float]


def vitals_of(process: psutil.Process, port: int) -> Vitals:
    """Look at a process that serves its metrics at a port of this machine.

    Raises:
        OSError: nobody answers there.
    """
    times = process.cpu_times()
    return Vitals(
        round(process.memory_info().rss / MIB, 1),
        process.num_fds(),
        process.num_threads(),
        times.user + times.system,
        scrape(port),
    )


def scrape(port: int) -> dict[str, float]:
    """Return the metrics that are served at a port of this machine."""
    with urlopen(f"http://127.0.0.1:{port}/metrics", timeout=ANSWER_TIMEOUT_S) as answer:
        text = answer.read().decode()
    sums: dict[str, float] = {}
    for family in text_string_to_metric_families(text):
        for name, _, value, *_ in family.samples:
            if family.name.startswith("windowing_") and not name.endswith("_bucket"):
                sums[name] = sums.get(name, 0.0) + value
    return sums
