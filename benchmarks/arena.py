"""One load on one broker: its topics, filled once, and the runs of contenders on them."""

import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple
from uuid import uuid4

from confluent_kafka.admin import AdminClient, NewTopic

from benchmarks.contenders.contender import Contender, Job
from benchmarks.generate_events import generate_events
from benchmarks.load import Load
from benchmarks.measure import Cost, measure
from benchmarks.truth import Truth
from benchmarks.verify import add_up, check_aside, check_results, check_said, values_of
from benchmarks.watch import ResultsWatch

OUTPUT_PARTITIONS = 4
# Results carry the time of their windows, long ago: the broker would delete them as too old.
KEEP = {"message.timestamp.type": "LogAppendTime"}
LIMIT_S = 900.0
QUIET_S = 10.0
CREATE_LIMIT_S = 60.0


class Input(NamedTuple):
    """A filled topic, and what is right to make of it."""

    topic: str
    truth: Truth


class Run(NamedTuple):
    """What a run took, and how many results it gave."""

    cost: Cost
    results: int


class Arena:
    """A load on a broker; its topics are deleted at the end of a `with`."""

    def __init__(self, bootstrap: str, load: Load, logs: Path) -> None:
        self.load = load
        self._bootstrap = bootstrap
        # It is still there when the broker is gone, and would say so.
        self._admin = AdminClient({"bootstrap.servers": bootstrap, "log_level": 0})
        self._logs = logs
        self._prefix = f"bench-{uuid4().hex[:8]}"
        self._inputs: dict[int, Input] = {}
        self._runs = 0

    def __enter__(self) -> "Arena":
        return self

    def __exit__(self, *_: object) -> None:
        self._delete([one.topic for one in self._inputs.values()])

    def fill(self, events: int) -> None:
        """Generate the input of a size, if it is not there."""
        if events not in self._inputs:
            topic = f"{self._prefix}-{events}-events"
            truth = generate_events(self._bootstrap, topic, self.load, events)
            self._inputs[events] = Input(topic, truth)

    def run(self, contender: Contender, events: int) -> Run:
        """Run a contender on a size and check its results.

        Raises:
            NoFigureError: it failed, or its results are wrong or incomplete.
        """
        self._runs += 1
        events_in = self._inputs[events]
        log = self._logs / f"{self._prefix}-{self._runs}-{_slug(contender.ABOUT.name)}.log"
        with TemporaryDirectory(prefix="windowing-bench-") as folder:
            topic = f"{self._prefix}-{self._runs}"
            names = {role: f"{topic}-{role}" for role in ("out", "late", "dead")}
            job = Job(
                bootstrap=self._bootstrap,
                load=self.load,
                input_topic=events_in.topic,
                output_topic=names["out"],
                late_topic=names["late"],
                dead_letter_topic=names["dead"],
                folder=Path(folder),
            )
            if not contender.ABOUT.writes:
                cost = measure(contender.commands(job), None, log, LIMIT_S)
                check_said(log, events_in.truth.records + self.load.partitions)
                return Run(cost, 0)
            self._create(names)
            try:
                cost = self._watched(contender, job, events_in.truth, log)
                return Run(cost, self._check(contender, job, events_in.truth))
            finally:
                self._delete(names.values())

    def _create(self, names: Mapping[str, str]) -> None:
        new = [NewTopic(name, OUTPUT_PARTITIONS, 1, config=KEEP) for name in names.values()]
        for created in self._admin.create_topics(new).values():
            created.result()
        for name in names.values():
            self._wait_for_leaders(name)

    def _wait_for_leaders(self, topic: str) -> None:
        """Return when a new topic can be read: a client that comes sooner may not ask again."""
        deadline_s = time.monotonic() + CREATE_LIMIT_S
        while time.monotonic() < deadline_s:
            partitions = (
                self._admin.list_topics(topic, timeout=CREATE_LIMIT_S).topics[topic].partitions
            )
            leaders = [partition.leader for partition in partitions.values()]
            if len(leaders) == OUTPUT_PARTITIONS and min(leaders) >= 0:
                return
        raise TimeoutError(f"{topic} has no leaders after {CREATE_LIMIT_S:.0f} s")

    def _delete(self, topics: Iterable[str]) -> None:
        for deleted in self._admin.delete_topics(list(topics)).values():
            deleted.result()

    def _watched(self, contender: Contender, job: Job, truth: Truth, log: Path) -> Cost:
        watch = ResultsWatch(
            self._bootstrap,
            job.output_topic,
            enough=None if contender.ABOUT.ends else truth.least.pairs,
            # Late events that still find their windows open can make it more.
            quiet_s=0 if truth.least == truth.most else QUIET_S,
        )
        try:
            return measure(contender.commands(job), watch, log, LIMIT_S)
        finally:
            watch.close()

    def _check(self, contender: Contender, job: Job, truth: Truth) -> int:
        found = add_up(values_of(self._bootstrap, job.output_topic), self.load.users)
        check_results(found, truth, exact=contender.ABOUT.exact)
        if not contender.ABOUT.peer:
            late, dead = (
                sum(1 for _ in values_of(self._bootstrap, topic))
                for topic in (job.late_topic, job.dead_letter_topic)
            )
            check_aside(found, late, dead, truth)
        return found.records


def _slug(name: str) -> str:
    return "".join(c if c.isalnum() else "-" for c in name)
