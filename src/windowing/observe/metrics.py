"""All metrics of a process: their names, and the meters that the steps of the flow are given.

docs/metrics.md has them in a table.
"""

from collections.abc import Mapping

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    disable_created_metrics,
)

from windowing.core.fault import KINDS
from windowing.observe.gauges import Gauges
from windowing.observe.health import Health
from windowing.observe.meters import (
    ClosingMeter,
    EpochMeter,
    LastCommit,
    PartitionMeter,
    TransactionMeter,
)
from windowing.observe.output_meter import OutputMeter
from windowing.observe.traces import NoTraces, Traces

FLUSH_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5)
COMMIT_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300)
DELAY_S = (0.1, 0.25, 0.5, 1, 1.5, 2, 3, 5, 7.5, 10, 15, 30, 60, 120, 300)
"""Upper bounds of the histograms' buckets."""


class Metrics:
    """The registry, and what fills it.

    Args:
        health: of the process.
        versions: by the name of what has them, for the labels of `windowing_build_info`.
        traces: where the meters' spans go.

    Attributes:
        registry: what is served.
        health: of the process.
        gauges: what is looked at when a scrape comes.
        epochs, closings, transactions: for all steps and lanes of the process.
    """

    def __init__(
        self, health: Health, versions: Mapping[str, str], traces: Traces | None = None
    ) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]
        self.registry = CollectorRegistry(auto_describe=True)
        self.health = health
        self._traces = traces or NoTraces()
        last_commit = LastCommit()
        self._last_commit = last_commit
        self._events = self._counter(
            "events_read", "Records of the input read, broken ones included.", "partition"
        )
        self._results = self._counter("results", "Results that can be read.")
        self._late = self._counter("late_events", "Late events that can be read.")
        self._dead_letters = self._counter(
            "dead_letters", "Dead letters that can be read.", "reason"
        )
        for kind in KINDS:
            self._dead_letters.labels(kind)
        self._flush_duration = self._histogram(
            "flush", "How long it took to hand over what a partition has read.", FLUSH_S
        )
        self._delay = Histogram(
            "windowing_result_delay_seconds",
            "From a window's closing to when the results of a key group can be read.",
            buckets=DELAY_S,
            registry=self.registry,
        )
        self.epochs = EpochMeter(
            self._counter("snapshot_bytes", "Bytes of state handed to Bytewax to be saved."),
            self._histogram(
                "snapshot",
                "From the end of an epoch to its state being saved in every worker.",
                COMMIT_S,
            ),
            last_commit,
            self._traces,
        )
        self.closings = ClosingMeter(self._traces)
        self.transactions = TransactionMeter(
            self._counter("transactions_committed", "Transactions committed, empty ones too."),
            self._counter("transactions_aborted", "Attempts at a transaction that were given up."),
            self._histogram(
                "transaction", "How long a transaction took with all attempts.", COMMIT_S
            ),
            last_commit,
            self._traces,
        )
        self.gauges = Gauges(self.epochs, last_commit, health)
        self._register_others(versions)

    def partition(self, number: int) -> PartitionMeter:
        """Return the meter of an input partition."""
        events = self._events.labels(str(number))
        return PartitionMeter(number, events, self._flush_duration, self._traces)

    def lane(self, late_topic: str) -> OutputMeter:
        """Return the meter of a lane of the output."""
        return OutputMeter(
            results=self._results,
            late=self._late,
            dead_letters=self._dead_letters,
            delay=self._delay,
            last_commit=self._last_commit,
            late_topic=late_topic,
        )

    def _counter(self, name: str, text: str, *labels: str) -> Counter:
        return Counter(f"windowing_{name}", text, labels, registry=self.registry)

    def _histogram(self, of: str, text: str, bounds: tuple[float, ...]) -> Histogram:
        name = f"windowing_{of}_duration_seconds"
        return Histogram(name, text, buckets=bounds, registry=self.registry)

    def _register_others(self, versions: Mapping[str, str]) -> None:
        self.registry.register(self.gauges)
        info = Gauge(
            "windowing_build_info",
            "1, labelled with the versions of what runs.",
            list(versions),
            registry=self.registry,
        )
        info.labels(**versions).set(1)
        ProcessCollector(registry=self.registry)
        PlatformCollector(registry=self.registry)
