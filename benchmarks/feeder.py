"""Feeds a topic in open loop: each event is sent when it is due, whatever became of those before.

As `python -m benchmarks.feeder BOOTSTRAP TOPIC --rate 50000 --seconds 60`. An event's time is the
moment when it is due, also when it is sent later. Its log, lines of JSON on the standard output:

    {"begin_ms": ..., "rate_per_s": ..., "partitions": ...}                    first
    {"at_ms": ..., "due": ..., "sent": ..., "queued": ...}                      each second
    {"sent": ..., "cpu_s": ..., "wall_s": ...}                                  last

SIGTERM ends it early: then, too, all that was sent is on the broker when the last line comes.
With `--limit EVENTS` it sends so many as fast as it can: its own limit.
"""

import json
import random
import signal
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import cycle, islice
from typing import Annotated, TypeAlias

import typer
from confluent_kafka import Producer

from benchmarks.live.schedule import TICK_MS, Schedule

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
RING_EVENTS = 10_000
"""The least number of events of a partition before the first is repeated, with another time."""
QUEUED_EVENTS = 1_000_000
"""More are not handed to the client at a time; they are sent later, with the time when due."""
FLUSH_TIMEOUT_S = 60.0
LOG_INTERVAL_MS = 1000

Template: TypeAlias = tuple[bytes, bytes, bytes]
"""Of an event: what is before its time, what is after it, its key."""


def templates(partition: int, partitions: int, users: int) -> list[Template]:
    """Return events of all users of a partition, each as busy as the others, in seeded order.

    User u belongs to partition u modulo `partitions`.
    """
    chance = random.Random(partition)
    of_here = list(range(partition, users, partitions))
    chance.shuffle(of_here)
    length = len(of_here) * -(-RING_EVENTS // len(of_here))
    return [
        (
            f'{{"user_id":{user},"event_type":"purchase","timestamp":"'.encode(),
            f'","amount":{chance.randrange(20_000) / 100}}}'.encode(),
            str(user).encode(),
        )
        for user in islice(cycle(of_here), length)
    ]


class Feeder:
    """A producer, and the events that it has ready.

    Attributes:
        sent: how many events were handed to the client.
    """

    def __init__(self, bootstrap: str, topic: str, *, users: int, partitions: int) -> None:
        self.sent = 0
        self._topic = topic
        self._rings = [templates(p, partitions, users) for p in range(partitions)]
        self._at = [0] * partitions
        # Idempotent and patient: nothing is written twice, nothing is given up in an outage.
        self._producer = Producer(
            {
                "bootstrap.servers": bootstrap,
                "enable.idempotence": True,
                "linger.ms": 10,
                "batch.size": 1_000_000,
                "queue.buffering.max.messages": 2 * QUEUED_EVENTS,
                "queue.buffering.max.kbytes": 2_000_000,
                "message.timeout.ms": 600_000,
            }
        )

    def send(self, until: int, time_ms: int) -> None:
        """Send the next events up to number `until`, all with the same time."""
        middle = _time_text(time_ms)
        partitions = len(self._rings)
        for partition, ring in enumerate(self._rings):
            first = (self.sent - partition + partitions - 1) // partitions
            behind = (until - partition + partitions - 1) // partitions
            at = self._at[partition]
            for start, stop in _stretches(at, behind - first, len(ring)):
                messages = [
                    {"value": head + middle + tail, "key": key}
                    for head, tail, key in ring[start:stop]
                ]
                # No report is asked for, as it would cost as much as the rest: whoever reads the
                # log compares `sent` with what the topic holds.
                taken = self._producer.produce_batch(self._topic, messages, partition)
                if taken < len(messages):
                    raise RuntimeError(f"the client took {taken} of {len(messages)} events")
                self._at[partition] = stop % len(ring)
        self.sent = until
        self._producer.poll(0)

    @property
    def queued(self) -> int:
        """How many events the client has not yet written."""
        return len(self._producer)

    def make_room(self) -> None:
        """Wait while too many are queued."""
        while self.queued > QUEUED_EVENTS:
            self._producer.poll(0.01)

    def flush(self) -> None:
        """Wait until the broker has everything."""
        if left := self._producer.flush(FLUSH_TIMEOUT_S):
            raise RuntimeError(f"{left} events were not written within {FLUSH_TIMEOUT_S:.0f} s")


def _stretches(at: int, count: int, length: int) -> Iterator[tuple[int, int]]:
    """Yield where to read `count` places of a ring from `at` on, without passing its end."""
    while count > 0:
        stop = min(at + count, length)
        yield at, stop
        count -= stop - at
        at = 0


def _time_text(time_ms: int) -> bytes:
    time_of_event = EPOCH + timedelta(milliseconds=time_ms)
    return f"{time_of_event.isoformat(timespec='milliseconds')[:-6]}Z".encode()


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


def _say(**fields: float) -> None:
    print(json.dumps(fields), flush=True)


class Stop:
    """Whether SIGTERM has come."""

    def __init__(self) -> None:
        self.asked = False
        signal.signal(signal.SIGTERM, self._ask)

    def _ask(self, *_: object) -> None:
        self.asked = True


def feed(feeder: Feeder, schedule: Schedule, end_ms: int, stop: Stop) -> None:
    """Send what is due until the end; a tick that was slept through is made good with its time."""
    sent_ms, logged_ms = schedule.begin_ms, schedule.begin_ms
    while sent_ms < end_ms and not stop.asked:
        now_ms = _now_ms()
        if now_ms >= logged_ms + LOG_INTERVAL_MS:
            logged_ms = now_ms
            due = schedule.due_by(now_ms)
            _say(at_ms=now_ms, due=due, sent=feeder.sent, queued=feeder.queued)
        if now_ms < sent_ms + TICK_MS:
            time.sleep((sent_ms + TICK_MS - now_ms) / 1000)
            continue
        sent_ms += TICK_MS
        feeder.make_room()
        feeder.send(schedule.due_by(sent_ms), sent_ms)


def main(
    bootstrap: str,
    topic: str,
    *,
    rate: Annotated[int, typer.Option(min=1, help="events per second")] = 50_000,
    seconds: Annotated[float, typer.Option(min=0, help="how long")] = 60.0,
    users: Annotated[int, typer.Option(min=1)] = 10_000,
    partitions: Annotated[int, typer.Option(min=1, help="of the topic")] = 4,
    limit: Annotated[int, typer.Option(min=0, help="so many, as fast as it can")] = 0,
) -> None:
    """Feed a topic with events of now."""
    stop = Stop()
    feeder = Feeder(bootstrap, topic, users=max(users, partitions), partitions=partitions)
    began_s, ready_cpu_s = time.monotonic(), time.process_time()
    begin_ms = -(-_now_ms() // TICK_MS) * TICK_MS
    schedule = Schedule(begin_ms, rate, partitions)
    _say(**schedule._asdict())
    if limit:
        while feeder.sent < limit:
            feeder.make_room()
            feeder.send(min(limit, feeder.sent + 2_000), begin_ms)
    else:
        feed(feeder, schedule, begin_ms + int(seconds * 1000), stop)
    feeder.flush()
    _say(
        sent=feeder.sent,
        cpu_s=round(time.process_time() - ready_cpu_s, 3),
        wall_s=round(time.monotonic() - began_s, 3),
    )


if __name__ == "__main__":
    typer.run(main)
