"""The flow as a benchmark runs it: on topics of its own, with a recovery store, exactly once."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from uuid import uuid4

import psutil
from tests.kafka.job import ROOT, Job, Running, Topics
from tests.kafka.topics import create_topic, delete_topics

from benchmarks.live.errors import LiveRunError
from benchmarks.live.lag import LagWatch
from benchmarks.live.load import LiveLoad
from benchmarks.live.processes import peak_mib, wait_for
from windowing.engine.lane_sink import LANES

KEEP = {"retention.ms": "-1"}
# The broker's clock in the results: when each was written.
APPENDED = {**KEEP, "message.timestamp.type": "LogAppendTime"}
START_TIMEOUT_S = 90.0
END_TIMEOUT_S = 300.0


@contextmanager
def live_topics(bootstrap: str, partitions: int) -> Iterator[Topics]:
    """Make the four topics, and delete them at the end: a minute's events are gigabytes.

    After an error they stay, to be looked at: the broker may be what is broken.
    """
    topics = Topics(
        create_topic(bootstrap, partitions=partitions, config=KEEP),
        create_topic(bootstrap, partitions=4, config=APPENDED),
        create_topic(bootstrap, partitions=1, config=APPENDED),
        create_topic(bootstrap, partitions=1, config=APPENDED),
    )
    yield topics
    delete_topics(bootstrap, vars(topics).values())


class LiveFlow:
    """The processes of the flow; started, killed and started again on one store.

    Attributes:
        group: under which the flow commits its positions.
    """

    def __init__(
        self, bootstrap: str, topics: Topics, folder: Path, load: LiveLoad, **more: str
    ) -> None:
        self.group = f"benchmark-{uuid4().hex[:8]}"
        settings = {
            "WINDOW_LENGTH": f"{load.window_length_s}s",
            "MAX_OUT_OF_ORDERNESS": f"{load.bound_s}s",
            # A machine that is short of time must not make a partition idle: that is no silence.
            "IDLE_TIMEOUT": "0s",
            "GROUP_ID": self.group,
            **more,
        }
        self._job = Job(bootstrap, topics, folder, settings)
        store = folder / "store"
        store.mkdir()
        subprocess.run(
            [sys.executable, "-m", "bytewax.recovery", str(store), "2"], check=True, cwd=ROOT
        )
        self._options = "-r", str(store), "-s", str(load.epoch_s), "-b", "0"
        self._processes = load.processes
        self._running: list[Running] = []

    def start(self) -> None:
        """Start all processes."""
        self._running = self._job.start_cluster(self._processes, *self._options)

    def wait_until_ready(self) -> None:
        """Wait until every lane has written its first marker (docs/exactly-once.md).

        Raises:
            LiveRunError: a process has ended, or it took too long.
        """
        results = self._job.topics.results
        for lane in range(LANES):
            name = f"{self.group}.{results}.lane-{lane}"
            with closing(LagWatch(self._job.bootstrap, results, name, 1)) as watch:
                wait_for(watch.positions, START_TIMEOUT_S, f"the marker of {name}", self.check)

    def check(self) -> None:
        """Make sure that all processes run.

        Raises:
            LiveRunError: one has ended.
        """
        for one in self._running:
            if one.process.poll() is not None:
                last = (one.said().splitlines() or ["no words"])[-1]
                raise LiveRunError(f"the flow ended with {one.process.returncode}: {last}")

    def kill(self) -> None:
        """End all processes by SIGKILL, if they still run."""
        for one in self._running:
            one.signal(signal.SIGKILL)
        for one in self._running:
            one.end()

    def finish(self) -> None:
        """Stop in order, then go on to the end of the input: every window closes, all is written.

        Raises:
            LiveRunError: it failed.
        """
        for one in self._running:
            one.signal(signal.SIGTERM)
        for one in self._running:
            one.end()
        last = self._job.start(*self._options, UNTIL_END="true")
        self._running = [last]
        if last.end(END_TIMEOUT_S):
            self.check()

    def processes(self) -> list[psutil.Process]:
        """Return the processes that run."""
        return [psutil.Process(one.process.pid) for one in self._running]

    def peak_mib(self) -> float:
        """Return the peak memory of all processes together."""
        return sum(peak_mib(one.process.pid) for one in self._running)


@contextmanager
def live_flow(
    bootstrap: str, topics: Topics, folder: Path, load: LiveLoad, **more: str
) -> Iterator[LiveFlow]:
    """Start the flow, with more settings, and leave none of its processes behind."""
    flow = LiveFlow(bootstrap, topics, folder, load, **more)
    try:
        flow.start()
        yield flow
    finally:
        flow.kill()
