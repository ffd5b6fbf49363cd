"""Events that open one window for each of many users, and then keep coming to all of them."""

import time
from collections.abc import Callable
from datetime import timedelta
from typing import NamedTuple

from confluent_kafka import OFFSET_BEGINNING, Consumer, Producer, TopicPartition
from tests.kafka.job import FIRST

PARTITIONS = 4
WINDOW_MS = 280_000
"""The times are all over the first of these, so within one window of five minutes."""
SPREAD = 7_919
"""A prime: users n * SPREAD modulo their number are of all key groups, in no order."""
BROKEN = b"the end of the filling"
FILL_TIMEOUT_S = 300.0
PACE_S = 0.02


class Feed(NamedTuple):
    """A steady input.

    Fields:
        rate_per_s: events each second, with times of the open window.
        live_s: how long.
    """

    rate_per_s: int
    live_s: float


class PairFeeder:
    """Feeds one topic; amounts are like 123.45."""

    def __init__(self, bootstrap: str, topic: str, pairs: int) -> None:
        self._bootstrap, self._topic, self._pairs = bootstrap, topic, pairs
        self._producer = Producer(
            {
                "bootstrap.servers": bootstrap,
                "linger.ms": 20,
                "batch.size": 1_000_000,
                "queue.buffering.max.messages": 500_000,
            }
        )

    def fill(self, events: int) -> None:
        """Write so many events, to the users in turn, and last a broken record per partition."""
        for n in range(events):
            self._send(n % self._pairs, n)
        for partition in range(PARTITIONS):
            self._producer.produce(self._topic, BROKEN, partition=partition)
        self._producer.flush()

    def feed(self, steady: Feed) -> None:
        """Write events at a steady rate, each no earlier than it is due."""
        began_s = time.monotonic()
        for n in range(round(steady.rate_per_s * steady.live_s)):
            while time.monotonic() < began_s + n / steady.rate_per_s:
                time.sleep(PACE_S)  # the pace of feeding
            self._send(n * SPREAD % self._pairs, n)
        self._producer.flush()

    def _send(self, user: int, n: int) -> None:
        moment = FIRST + timedelta(milliseconds=n % WINDOW_MS)
        value = (
            f'{{"user_id":{user},"event_type":"purchase",'
            f'"timestamp":"{moment.isoformat(timespec="milliseconds")[:-6]}Z",'
            f'"amount":{100 + n * 37 % 90_000 / 100:.2f}}}'
        )
        while True:
            try:
                self._producer.produce(self._topic, value, str(user), partition=user % PARTITIONS)
                return
            except BufferError:
                self._producer.poll(0.1)


def wait_until_filled(bootstrap: str, dead_letters: str, check_alive: Callable[[], None]) -> None:
    """Wait for the dead letters of the broken records: all that came before is saved by then.

    Raises:
        TimeoutError: they did not come within `FILL_TIMEOUT_S`.
    """
    consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": "never-joined"})
    try:
        partitions = consumer.list_topics(dead_letters).topics[dead_letters].partitions
        consumer.assign([TopicPartition(dead_letters, p, OFFSET_BEGINNING) for p in partitions])
        seen, deadline_s = 0, time.monotonic() + FILL_TIMEOUT_S
        while seen < PARTITIONS:
            check_alive()
            if time.monotonic() > deadline_s:
                raise TimeoutError(f"the flow has not read all within {FILL_TIMEOUT_S:.0f} s")
            answers = consumer.consume(PARTITIONS, timeout=0.2)
            seen += sum(message.error() is None for message in answers)
    finally:
        consumer.close()
