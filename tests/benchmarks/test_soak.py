"""A long run is judged by what it has shown: each thing that may go wrong is found."""

from dataclasses import dataclass, field

import pytest
from benchmarks.live.load import LiveLoad
from benchmarks.live.oracle import Judgement
from benchmarks.live.vitals import Vitals, scrape
from benchmarks.plots.soak import plot_soak
from benchmarks.soak import Life, Soaked, verdicts
from prometheus_client import CollectorRegistry, Counter, Histogram, start_http_server

LOAD = LiveLoad(users=100, window_length_s=10.0)
LOST, MEMORY, DESCRIPTORS, RESTARTS, RESULTS, ABORTED = range(6)


@dataclass
class Shown:
    """A run of two lives that shows nothing wrong, but for what a test changes."""

    memory_mib: list[float] = field(default_factory=lambda: [100.0] * 40)
    descriptors: list[int] = field(default_factory=lambda: [127] * 40)
    restarts: tuple[int, int] = (0, 1)
    readable: int = 1_000
    aborted: int = 0
    lost: int = 0

    def soaked(self) -> Soaked:
        """Return the run."""
        counts = {"windowing_results_total": 500.0, "windowing_transactions_aborted_total": 0.0}
        first = Vitals(90.0, 120, 20, 1.0, {**counts, "windowing_restarts": self.restarts[0]})
        last = {
            "windowing_results_total": 500.0,
            "windowing_transactions_aborted_total": float(self.aborted),
            "windowing_restarts": float(self.restarts[1]),
        }
        looks = [
            (5.0 * number, Vitals(mib, descriptors, 20, 1.0, last))
            for number, (mib, descriptors) in enumerate(
                zip(self.memory_mib, self.descriptors, strict=True), start=2
            )
        ]
        judgement = Judgement(10_000, 1_100, self.lost, 0, 0, 0)
        return Soaked([Life([(5.0, first)]), Life(looks)], self.readable, judgement)


def missed(shown: Shown) -> list[int]:
    """Return the numbers of the verdicts that were not met."""
    return [n for n, verdict in enumerate(verdicts(shown.soaked(), LOAD)) if not verdict.met]


@pytest.mark.parametrize(
    ("shown", "found"),
    [
        (Shown(), []),
        (Shown(memory_mib=[100 + n for n in range(40)]), [MEMORY]),
        (Shown(memory_mib=[50.0] * 6 + [100.0] * 34), []),  # a process that settles
        (Shown(descriptors=[100 + n for n in range(40)]), [DESCRIPTORS]),
        (Shown(restarts=(0, 0)), [RESTARTS]),
        (Shown(readable=999), [RESULTS]),  # more counted than there are
        (Shown(readable=1_100), []),  # written between the last look and the kill
        (Shown(readable=1_200), [RESULTS]),
        (Shown(aborted=1), [ABORTED]),
        (Shown(lost=1), [LOST]),
    ],
)
def test_what_went_wrong_is_found_and_nothing_else(shown: Shown, found: list[int]) -> None:
    assert missed(shown) == found


def test_metrics_are_summed_over_their_labels_and_of_the_flow_alone() -> None:
    registry = CollectorRegistry()
    read = Counter("windowing_read", "", ["partition"], registry=registry)
    read.labels("0").inc(2)
    read.labels("1").inc(3)
    Counter("python_gc", "", registry=registry).inc()
    Histogram("windowing_flush_seconds", "", registry=registry).observe(0.5)
    server, thread = start_http_server(0, "127.0.0.1", registry)
    try:
        metrics = scrape(server.server_port)
    finally:
        server.shutdown()
        server.server_close()
        thread.join()

    of_time = {name for name in metrics if name.endswith("_created")}
    assert {name: metrics[name] for name in metrics if name not in of_time} == {
        "windowing_read_total": 5.0,
        "windowing_flush_seconds_count": 1.0,
        "windowing_flush_seconds_sum": 0.5,
    }


def test_each_life_is_a_line_of_its_own_and_each_kill_is_marked() -> None:
    looks = [
        {
            "kind": "soak",
            "at_s": 5.0 * n,
            "memory_mib": 100,
            "descriptors": 127,
            "cpu_s": n % 3,
            "metrics": {"windowing_open_pairs": 7},
        }
        for n in range(6)
    ]
    [plot] = plot_soak([*looks, {"kind": "soak-kill", "at_s": 14.0}])

    assert plot.title.startswith("0 minutes with 1 kills: 100 MiB and 127 descriptors")
    assert plot.svg.startswith("<svg")
