"""A live run: a flow, its feeder and its observer on topics of their own, watched from outside."""

import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import psutil
from tests.kafka.job import Topics

from benchmarks.live.delays import Taken, delays, seen_in
from benchmarks.live.errors import LiveRunError
from benchmarks.live.flow import LiveFlow, live_flow, live_topics
from benchmarks.live.lag import LagWatch, lag_of
from benchmarks.live.load import LiveLoad
from benchmarks.live.processes import (
    LoggedProcess,
    as_options,
    broker_process,
    cpu_s,
    machine_cpu_s,
    running,
    wait_for,
)
from benchmarks.live.schedule import Schedule
from benchmarks.live.slope import LagPoint

LOOK_INTERVAL_S = 0.5
START_TIMEOUT_S = 90.0
CATCH_UP_S = 60.0
"""How long a flow that is behind may go on after the last event; then it is made to finish."""


class Usage(NamedTuple):
    """CPU times so far in seconds, and how many events were durably counted by then.

    Fields:
        run_cpu_s: of flow, feeder, observer and broker together.
        machine_cpu_s: of everything on the machine.
    """

    at_s: float
    flow_cpu_s: float
    run_cpu_s: float
    machine_cpu_s: float
    counted: int


@dataclass
class LiveRun:
    """What runs, and what was seen of it so far.

    Attributes:
        points: one each `LOOK_INTERVAL_S`.
        on_point: is told of each.
    """

    load: LiveLoad
    bootstrap: str
    topics: Topics
    folder: Path
    flow: LiveFlow
    feeder: LoggedProcess
    observer: LoggedProcess
    schedule: Schedule
    watch: LagWatch
    on_point: Callable[[LagPoint], None]
    points: list[LagPoint]

    def now_s(self) -> float:
        """Return the time since the feeder began."""
        return time.time() - self.schedule.begin_ms / 1000

    def look(self) -> LagPoint:
        """See how far everything has come.

        Raises:
            LiveRunError: feeder or observer have failed, or the flow does not tell its position.
        """
        self.feeder.check()
        self.observer.check()
        # Positions first: they must not be ahead of the ends.
        positions = self.watch.positions()
        ends = self.watch.ends()
        now_s = self.now_s()
        if positions is None and now_s > self.load.warm_up_s:
            raise LiveRunError(
                f"the flow has committed no position as group {self.flow.group!r} within"
                f" {self.load.warm_up_s:g} s: make the warm-up longer, if it is that slow"
            )
        due = self.schedule.due_by(self.schedule.begin_ms + int(now_s * 1000))
        point = LagPoint(round(now_s, 3), due, sum(ends), lag_of(ends, positions))
        self.points.append(point)
        self.on_point(point)
        return point

    def look_until(self, end_s: float, enough: Callable[[LagPoint], bool] | None = None) -> bool:
        """Look at an even pace until a moment, or until enough is seen; return whether it was."""
        while self.now_s() < end_s:
            point = self.look()
            if enough is not None and enough(point):
                return True
            wait_s = min(LOOK_INTERVAL_S - (self.now_s() - point.at_s), end_s - self.now_s())
            time.sleep(max(0.0, wait_s))
        return False

    def usage(self) -> Usage:
        """Return what was used up to now; the broker's share only where its process is known."""
        broker = broker_process(self.bootstrap)
        beside = [psutil.Process(one.process.pid) for one in (self.feeder, self.observer)]
        beside += [psutil.Process(), *([broker] if broker else [])]
        flow_cpu_s = cpu_s(self.flow.processes())
        return Usage(
            self.now_s(),
            flow_cpu_s,
            flow_cpu_s + cpu_s(beside),
            machine_cpu_s(),
            sum(self.watch.positions() or ()),
        )

    def taken(self) -> Taken:
        """Return the delays of the results whose windows could close after the warm-up."""
        begin_ms, load = self.schedule.begin_ms, self.load
        return delays(
            seen_in(self.observer.said()),
            self.schedule,
            round(load.bound_s * 1000),
            begin_ms + round(load.warm_up_s * 1000),
            begin_ms + round(load.duration_s * 1000),
        )

    def finish(self) -> int:
        """Let the feeder end, and the flow catch up and finish; return how many events were fed.

        A flow that is behind may catch up first: after a restart a result would have its delay.
        """
        self.feeder.wait(CATCH_UP_S)
        sent = self.sent()
        self.look_until(self.now_s() + CATCH_UP_S, lambda point: point.lag == 0)
        self.flow.check()
        self.flow.finish()
        return sent

    def sent(self) -> int:
        """Return how many events were sent, once the feeder has ended.

        Raises:
            LiveRunError: the topic does not hold as many.
        """
        sent = int(self.feeder.said()[-1]["sent"])
        if (held := sum(self.watch.ends())) != sent:
            raise LiveRunError(f"the feeder sent {sent} events, and the topic holds {held}")
        return sent

    def wait_until_all_is_seen(self, results: int) -> None:
        """Wait until the observer has read so many results."""

        def read() -> bool | None:
            return sum(one.results for one in seen_in(self.observer.said())) >= results or None

        wait_for(read, 60.0, f"the observer's word of all {results} results", self.observer.check)


@contextmanager
def live_run(
    bootstrap: str, load: LiveLoad, on_point: Callable[[LagPoint], None], **more: str
) -> Iterator[LiveRun]:
    """Start a flow, with more settings, wait until it is ready, and begin to feed it."""
    with (
        TemporaryDirectory(prefix="windowing-live-") as name,
        live_topics(bootstrap, load.partitions) as topics,
        live_flow(bootstrap, topics, Path(name), load, **more) as flow,
    ):
        folder = Path(name)
        flow.wait_until_ready()
        feed = as_options(
            {
                "rate": load.rate_per_s,
                "seconds": load.duration_s,
                "users": load.users,
                "partitions": load.partitions,
            }
        )
        with (
            running(
                LoggedProcess(folder, "benchmarks.observer", bootstrap, topics.results)
            ) as observer,
            running(
                LoggedProcess(folder, "benchmarks.feeder", bootstrap, topics.events, *feed)
            ) as feeder,
            closing(LagWatch(bootstrap, topics.events, flow.group, load.partitions)) as watch,
        ):
            first = wait_for(
                lambda: next(iter(feeder.said()), None),
                START_TIMEOUT_S,
                "the feeder's first line",
                feeder.check,
            )
            yield LiveRun(
                load,
                bootstrap,
                topics,
                folder,
                flow,
                feeder,
                observer,
                Schedule(**first),
                watch,
                on_point,
                [],
            )
