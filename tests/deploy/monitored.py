"""The real flow as two processes, under load and watched by a real Prometheus."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from tests.deploy.prometheus_api import PrometheusApi
from tests.deploy.prometheus_server import running_prometheus
from tests.deploy.scaled_rules import write_scaled
from tests.deploy.traffic import Traffic
from tests.kafka.job import Job, Running, eventually, free_ports, make_topics

PROCESSES = 2
PARTITIONS = 3
SCALE = Fraction(1, 60)
"""A minute of the rules is a second here: what they count is scraped 60 times as often, too."""


class Cluster:
    """Two processes of one job, each of which can be started and ended."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self._options = job.store()
        self._addresses = ";".join(f"127.0.0.1:{port}" for port in free_ports(PROCESSES))
        self._http_ports = free_ports(PROCESSES)
        self.processes: list[Running | None] = [None] * PROCESSES

    @property
    def targets(self) -> list[str]:
        """Where each is scraped."""
        return [f"127.0.0.1:{port}" for port in self._http_ports]

    def start(self, *indexes: int) -> None:
        """Start these processes."""
        for index in indexes:
            place = "-i", str(index), "-a", self._addresses
            port = str(self._http_ports[index] - index)  # each adds its index
            self.processes[index] = self._job.start(*place, *self._options, HTTP_PORT=port)

    def process(self, index: int) -> Running:
        """Return one that was started."""
        running = self.processes[index]
        assert running is not None
        return running

    def must_run(self) -> None:
        """See that no process has ended."""
        for running in self.processes:
            if running is not None and running.process.poll() is not None:
                raise AssertionError(f"ended with {running.process.returncode}: {running.said()}")

    def kill(self) -> None:
        """Kill whatever runs."""
        for running in self.processes:
            if running is not None and running.process.poll() is None:
                running.kill()


@dataclass(frozen=True)
class Monitored:
    """All that is there.

    Fields:
        prometheus: evaluates the rules, a minute of theirs in a second.
        cluster: of the flow.
        traffic: what it reads.
        job: the flow's topics and logs.
    """

    prometheus: PrometheusApi
    cluster: Cluster
    traffic: Traffic
    job: Job

    def wait_for_calm(self) -> None:
        """Wait until no alert fires, and none is about to."""
        eventually(lambda: self.prometheus.query("ALERTS"), lambda alerts: not alerts)

    def wait_until_ready(self, processes: int) -> None:
        """Wait until so many processes are ready; see that none ends before."""

        def ready() -> float:
            self.cluster.must_run()
            seen = self.prometheus.query("sum(windowing_ready)")
            return seen[0].last if seen else 0

        eventually(ready, lambda count: count == processes)


@contextmanager
def monitored(bootstrap: str, folder: Path) -> Iterator[Monitored]:
    """Start the flow, wait until it is ready, then watch it.

    Prometheus begins after the start: that takes seconds, which here would be minutes.
    """
    topics = make_topics(bootstrap, PARTITIONS)
    environ = {"WINDOW_LENGTH": "2s", "MAX_OUT_OF_ORDERNESS": "200ms", "IDLE_TIMEOUT": "2s"}
    job = Job(bootstrap, topics, folder, environ)
    cluster = Cluster(job)
    rules = folder / "alerts.yml"
    write_scaled(rules, SCALE)
    with ExitStack() as until_the_end:
        traffic = until_the_end.enter_context(Traffic(bootstrap, topics.events, PARTITIONS))
        until_the_end.callback(cluster.kill)
        cluster.start(*range(PROCESSES))
        eventually(job.results, lambda results: len(results) > 0)
        watching = running_prometheus(folder, rules=rules, job="windowing", targets=cluster.targets)
        prometheus = until_the_end.enter_context(watching)
        whole = Monitored(prometheus, cluster, traffic, job)
        whole.wait_until_ready(PROCESSES)
        yield whole
