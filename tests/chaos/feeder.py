"""Writes events all the time, whatever becomes of the broker."""

import threading
import time
from collections.abc import Iterator
from types import TracebackType

from confluent_kafka import KafkaError, Message, Producer
from tests.chaos.events import EVENTS_PER_S, PARTITIONS
from tests.kafka.topics import Record

PACE_S = 0.05
FIRST_RECORDS = 100 * PARTITIONS
FLUSH_TIMEOUT_S = 60.0


class Feeder:
    """A thread that writes records at an even pace.

    What it has written the oracle reads from the topic, so this need not be trusted: a record that
    came twice would be two events.
    """

    def __init__(self, bootstrap: str, topic: str, records: Iterator[Record]) -> None:
        self._topic = topic
        self._records = records
        # Idempotent and with patience, so that a restart of the broker changes no order.
        self._producer = Producer(
            {
                "bootstrap.servers": bootstrap,
                "enable.idempotence": True,
                "message.timeout.ms": 600_000,
                "queue.buffering.max.messages": 1_000_000,
                "reconnect.backoff.max.ms": 500,
                "log_level": 0,
            }
        )
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._feed, daemon=True)
        self.refused: list[KafkaError] = []
        self.written = 0

    def __enter__(self) -> "Feeder":
        """Write the first records, in all partitions, and go on writing."""
        self._write(FIRST_RECORDS)
        self._flush()
        self._thread.start()
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _: TracebackType | None,
    ) -> None:
        """End the thread; what was not written then will not be."""
        self._stop.set()
        self._thread.join()

    def finish(self) -> None:
        """Write no more, and wait until the broker has all of it."""
        self._stop.set()
        self._thread.join()
        self._flush()
        if self.refused:
            raise RuntimeError(f"the feeder could not write: {self.refused[0]}")

    def _feed(self) -> None:
        begun_s = time.monotonic()
        while not self._stop.wait(PACE_S):
            due = int((time.monotonic() - begun_s) * EVENTS_PER_S) + FIRST_RECORDS
            self._write(due - self.written)

    def _write(self, count: int) -> None:
        for _ in range(count):
            record = next(self._records)
            self._producer.produce(
                self._topic,
                value=record.value,
                key=record.key,
                partition=record.partition,
                on_delivery=self._delivered,
            )
            self.written += 1
        self._producer.poll(0)

    def _flush(self) -> None:
        if unsent := self._producer.flush(FLUSH_TIMEOUT_S):
            raise TimeoutError(f"{unsent} events were not written in {FLUSH_TIMEOUT_S:.0f} s")

    def _delivered(self, error: KafkaError | None, _message: Message) -> None:
        if error is not None:
            self.refused.append(error)
