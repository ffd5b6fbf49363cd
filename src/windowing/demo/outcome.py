"""What came out of the flow: read from its three topics and counted."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import cast

import msgspec
from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, Message, TopicPartition

from windowing.demo.broker import Topics
from windowing.demo.errors import DemoError
from windowing.demo.scenario import PARTITIONS

END_TIMEOUT_S = 10.0


class Result(msgspec.Struct, frozen=True):
    """A record of the output topic."""

    user_id: int | str
    window_start: datetime
    window_end: datetime
    count: int
    total_amount: Decimal
    avg_amount: float


class PassedOn(msgspec.Struct, frozen=True):
    """A record of the late or the dead-letter topic."""

    value: str
    headers: dict[str, str]


@dataclass
class Outcome:
    """What has come out so far.

    Attributes:
        counted: events in the results.
        late, dead: records in the other two topics.
        late_example, dead_example: the latest of each.
    """

    counted: int = 0
    late: int = 0
    dead: int = 0
    late_example: PassedOn | None = None
    dead_example: PassedOn | None = None

    @property
    def total(self) -> int:
        """How many of the events that went in have come out, one way or another."""
        return self.counted + self.late + self.dead


_result = msgspec.json.Decoder(Result).decode


class OutcomeReader:
    """Reads all that comes out, from the beginning.

    Attributes:
        outcome: what it has read.
    """

    def __init__(self, client_config: Mapping[str, str], topics: Topics) -> None:
        self.outcome = Outcome()
        self._topics = topics
        self._consumer = Consumer(
            {
                **client_config,
                # Required by the client: nothing is committed.
                "group.id": "windowing-demo",
                "enable.auto.commit": False,
                "enable.partition.eof": True,
                "isolation.level": "read_committed",
                "fetch.wait.max.ms": 50,
                "log_level": 0,
            }
        )
        self._unread = {
            (topic, partition)
            for topic in (topics.output, topics.late, topics.dead_letter)
            for partition in range(PARTITIONS)
        }
        self._consumer.assign([TopicPartition(t, p, OFFSET_BEGINNING) for t, p in self._unread])

    def read(self, timeout_s: float) -> list[Result]:
        """Take in what comes within `timeout_s` and return the results among it, in order."""
        results = []
        for message in self._consumer.consume(1000, timeout=timeout_s):
            result = self._take(message)
            if result is not None:
                results.append(result)
        return sorted(results, key=lambda r: (r.window_start, str(r.user_id)))

    def read_to_end(self) -> None:
        """Read to the end of each topic, as it is when nobody writes any more.

        Raises:
            DemoError: the broker does not give it.
        """
        deadline = time.monotonic() + END_TIMEOUT_S
        while self._unread:
            if time.monotonic() > deadline:
                raise DemoError("the broker does not give what the flow wrote: is it still there?")
            self.read(0.1)

    def close(self) -> None:
        """Read no more."""
        self._consumer.close()

    def _take(self, message: Message) -> Result | None:
        topic, partition = message.topic(), message.partition()
        error = message.error()
        if error is not None:
            if error.code() == KafkaError._PARTITION_EOF:
                self._unread.discard((str(topic), int(partition or 0)))
            # The client gets over the others by itself, or the end never comes.
            return None
        if topic == self._topics.output:
            result = _result(message.value() or b"")
            self.outcome.counted += result.count
            return result
        if topic == self._topics.late:
            self.outcome.late += 1
            self.outcome.late_example = _passed_on(message)
        else:
            self.outcome.dead += 1
            self.outcome.dead_example = _passed_on(message)
        return None


def _passed_on(message: Message) -> PassedOn:
    # Of the forms that the client's types allow, it hands out the list.
    headers = cast("list[tuple[str, bytes | None]]", message.headers() or [])
    return PassedOn(_text(message.value()), {name: _text(value) for name, value in headers})


def _text(value: bytes | None) -> str:
    return (value or b"").decode(errors="replace")
