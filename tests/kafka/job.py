"""The real flow in processes of its own, on topics of its own."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import TypeVar

from tests.kafka.topics import Record, create_topic, read_all

T = TypeVar("T")

ROOT = Path(__file__).parents[2]
FIRST = datetime(2026, 1, 1, tzinfo=UTC)
TIMEOUT_S = 90.0
# Results carry their window's end as timestamp: without this the broker deletes them as too old.
KEEP = {"retention.ms": "-1"}


@dataclass(frozen=True)
class Topics:
    """The four topics of a job."""

    events: str
    results: str
    late: str
    dead: str


def make_topics(bootstrap: str, partitions: int, config: Mapping[str, str] | None = None) -> Topics:
    """Make the topics of a job, the input with so many partitions."""
    config = {**KEEP, **(config or {})}
    return Topics(
        create_topic(bootstrap, partitions=partitions, config=config),
        *(create_topic(bootstrap, partitions=2, config=config) for _ in range(3)),
    )


def event(
    user: int | str, seconds: float, amount: float | str | None = 1, *, partition: int = 0
) -> Record:
    """Return an event so many seconds after `FIRST`."""
    time_text = (FIRST + timedelta(seconds=seconds)).isoformat()
    value = {"user_id": user, "event_type": "test", "timestamp": time_text, "amount": amount}
    return Record(json.dumps(value).encode(), str(user).encode(), partition)


@dataclass
class Job:
    """A job on a broker: its topics and settings, and where its processes write what they say."""

    bootstrap: str
    topics: Topics
    folder: Path
    environ: dict[str, str] = field(default_factory=dict)
    started: int = 0
    dataflow: str = "dataflows.user_aggregates"

    def start(self, *options: str, **environ: str) -> "Running":
        """Start one process with options for `bytewax.run` and more settings."""
        self.started += 1
        log = self.folder / f"flow-{self.started}.log"
        names = {
            "BOOTSTRAP_SERVERS": self.bootstrap,
            "INPUT_TOPIC": self.topics.events,
            "OUTPUT_TOPIC": self.topics.results,
            "LATE_TOPIC": self.topics.late,
            "DEAD_LETTER_TOPIC": self.topics.dead,
            "HTTP_PORT": "0",  # many run at once
            # What it says is compared with words, and read by people.
            "LOG_FORMAT": "text",
            "LOG_LEVEL": "warning",
            **self.environ,
            **environ,
        }
        settings = {f"WINDOWING_{name}": value for name, value in names.items()}
        command = [sys.executable, "-m", "bytewax.run", self.dataflow, *options]
        with log.open("wb") as output:
            process = subprocess.Popen(
                command, cwd=ROOT, env=os.environ | settings, stdout=output, stderr=output
            )
        return Running(process, log)

    def start_cluster(self, processes: int, *options: str, **environ: str) -> list["Running"]:
        """Start so many processes as one Bytewax cluster; one is no cluster."""
        if processes == 1:
            return [self.start(*options, **environ)]
        addresses = ";".join(f"127.0.0.1:{port}" for port in free_ports(processes))
        return [
            self.start("-i", str(index), "-a", addresses, *options, **environ)
            for index in range(processes)
        ]

    def store(self, name: str = "store") -> tuple[str, ...]:
        """Make a recovery store and return the options that use it, with short epochs."""
        folder = self.folder / name
        folder.mkdir()
        subprocess.run(
            [sys.executable, "-m", "bytewax.recovery", str(folder), "2"], check=True, cwd=ROOT
        )
        return "-r", str(folder), "-s", "1", "-b", "0"

    def results(self) -> list[dict[str, object]]:
        """Return the values of all results, with exact totals."""
        records = read_all(self.bootstrap, self.topics.results)
        return [json.loads(record.value or b"", parse_float=Decimal) for record in records]

    def late(self) -> list[Record]:
        """Return the late records."""
        return read_all(self.bootstrap, self.topics.late)

    def dead(self) -> list[Record]:
        """Return the dead letters."""
        return read_all(self.bootstrap, self.topics.dead)


@dataclass
class Running:
    """A process of the flow."""

    process: "subprocess.Popen[bytes]"
    log: Path

    def said(self) -> str:
        """Return all that the process has written."""
        return self.log.read_text(errors="replace")

    def end(self, timeout_s: float = TIMEOUT_S) -> int:
        """Wait for the end and return the exit status."""
        return self.process.wait(timeout_s)

    def signal(self, what: signal.Signals) -> None:
        """Send the process a signal."""
        self.process.send_signal(what)

    def kill(self) -> None:
        """Kill the process with SIGKILL, whatever it does."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(TIMEOUT_S)


@contextmanager
def killed_at_the_end(*running: Running) -> Iterator[None]:
    """Leave no process behind."""
    try:
        yield
    finally:
        for one in running:
            if one.process.poll() is None:
                one.kill()


def end_well(running: Sequence[Running]) -> None:
    """Wait until all processes come to their end, with exit status 0."""
    with killed_at_the_end(*running):
        statuses = [one.end() for one in running]
    assert not any(statuses), "\n".join(one.said() for one in running)


def eventually(look: Callable[[], T], is_there: Callable[[T], object]) -> T:
    """Look again and again until what is seen is what is wanted, and return it."""
    deadline = time.monotonic() + TIMEOUT_S
    while not is_there(seen := look()):
        if time.monotonic() > deadline:
            raise TimeoutError(f"not seen within {TIMEOUT_S:.0f} s; seen last: {seen!r:.2000}")
        time.sleep(0.05)  # the pace of looking, not a wait for anything
    return seen


def free_ports(count: int) -> list[int]:
    """Return ports of this machine that nobody listens on."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]
    finally:
        for one in sockets:
            one.close()
