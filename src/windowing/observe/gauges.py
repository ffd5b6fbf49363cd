"""Gauges that nobody keeps: at each scrape they are read from the objects at work.

Other threads work on those meanwhile. Every look is one step of the interpreter, a copy of a
dictionary's values at the most, so each gauge is true of a moment, if not all of the same.
"""

import time
from collections.abc import Iterator, Mapping
from typing import Protocol

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from windowing.core.messages import Progress
from windowing.core.window import BEGINNING_US
from windowing.core.window_state import WindowState
from windowing.observe.health import Health
from windowing.observe.meters import EpochMeter, LastCommit

PARTITION = "windowing_partition"


class PartitionView(Protocol):
    """An input partition at work."""

    @property
    def progress(self) -> Progress:
        """Its own watermark, and whether it is idle."""
        ...

    def lag_records(self) -> int | None:
        """Return how many records the broker has beyond what was read; None: not known."""
        ...


class Gauges(Collector):
    """What there is in this process, and how far it has come.

    Attributes:
        restarts: how often the job has gone on from its recovery store; None: it has none.
    """

    def __init__(self, epochs: EpochMeter, last_commit: LastCommit, health: Health) -> None:
        self._epochs = epochs
        self._last_commit = last_commit
        self._health = health
        self.restarts: int | None = None
        self._partitions: dict[int, PartitionView] = {}
        self._groups: list[WindowState] = []

    def follow(self, number: int, partition: PartitionView) -> None:
        """Look at an input partition from now on."""
        self._partitions[number] = partition

    def leave(self, number: int) -> None:
        """Look at a partition no more."""
        self._partitions.pop(number, None)

    def join(self, group: WindowState) -> None:
        """Look at a key group's windows from now on."""
        self._groups.append(group)

    def describe(self) -> list[GaugeMetricFamily]:
        """Return nothing: to name the metrics ahead would only serve to find doubles."""
        return []

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Return all gauges as they are now."""
        partitions = sorted(self._partitions.copy().items())
        progress = {number: view.progress for number, view in partitions}
        yield from _of_partitions(progress)
        yield _family(
            f"{PARTITION}_consumer_lag_records",
            "Records that the broker has of an input partition beyond those that were read.",
            {number: view.lag_records() for number, view in partitions},
        )
        yield from self._of_the_process(progress)

    def _of_the_process(self, progress: dict[int, Progress]) -> Iterator[GaugeMetricFamily]:
        groups = self._groups.copy()
        flow_us = groups[0].flow.with_word_of(progress) if groups else BEGINNING_US
        windows = [(window, users) for group in groups for window, users in group.open()]
        yield _single(
            "windowing_watermark_timestamp_seconds",
            "The flow's watermark as this process knows it: the smallest over partitions not idle.",
            _seconds(flow_us),
        )
        yield _single(
            "windowing_open_windows",
            "Windows that hold events and have not closed, in this process.",
            len({window for window, _ in windows}),
        )
        yield _single(
            "windowing_open_pairs",
            "Users with events in open windows, summed over the windows, in this process.",
            sum(users for _, users in windows),
        )
        yield _single(
            "windowing_epoch", "Epochs that have begun in this process.", self._epochs.epoch
        )
        yield _single(
            "windowing_restarts",
            "How often the job went on from its recovery store.",
            self.restarts,
        )
        yield _single(
            "windowing_ready",
            "1: state is restored and partitions are assigned, as /ready says; 0: not.",
            float(self._health.ready().good),
        )
        yield _single(
            "windowing_last_commit_timestamp_seconds",
            "When output was last committed or an epoch was last saved.",
            self._last_commit.at_s,
        )


def _of_partitions(progress: dict[int, Progress]) -> Iterator[GaugeMetricFamily]:
    watermarks = {number: _seconds(us) for number, (us, _) in progress.items()}
    now_s = time.time()
    yield _family(
        f"{PARTITION}_watermark_timestamp_seconds",
        "The watermark of an input partition, as a Unix time.",
        watermarks,
    )
    yield _family(
        f"{PARTITION}_watermark_lag_seconds",
        "How far the watermark of an input partition is behind the wall clock.",
        {number: None if at_s is None else now_s - at_s for number, at_s in watermarks.items()},
    )
    yield _family(
        f"{PARTITION}_idle",
        "1: the input partition is idle and holds no other back; 0: not.",
        {number: float(idle) for number, (_, idle) in progress.items()},
    )


def _seconds(time_us: int) -> float | None:
    return None if time_us == BEGINNING_US else time_us / 1_000_000


def _family(name: str, text: str, values: Mapping[int, float | None]) -> GaugeMetricFamily:
    """Return a gauge with a sample for each partition whose value is known."""
    family = GaugeMetricFamily(name, text, labels=["partition"])
    for number, value in values.items():
        if value is not None:
            family.add_metric([str(number)], value)
    return family


def _single(name: str, text: str, value: float | None) -> GaugeMetricFamily:
    """Return a gauge without labels; without a sample when its value is not known."""
    family = GaugeMetricFamily(name, text)
    if value is not None:
        family.add_metric([], value)
    return family
