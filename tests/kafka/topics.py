"""Topics as the tests see them: made, filled, read whole."""

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import cast
from uuid import uuid4

from confluent_kafka import (
    OFFSET_BEGINNING,
    Consumer,
    KafkaError,
    KafkaException,
    Message,
    Producer,
    TopicPartition,
)
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

TIMEOUT_S = 60.0

Headers = tuple[tuple[str, bytes | None], ...]


@dataclass(frozen=True)
class Record:
    """One record; two are equal wherever they stand in their partition."""

    value: bytes | None
    key: bytes | None = None
    partition: int = 0
    headers: Headers = ()
    # None to write: the producer's clock.
    timestamp_ms: int | None = None
    offset: int | None = field(default=None, compare=False)


def create_topic(
    bootstrap: str, *, partitions: int = 1, config: Mapping[str, str] | None = None
) -> str:
    """Make a topic with a name of its own and return that once producers and readers can use it."""
    name = f"test-{uuid4().hex}"
    client = AdminClient({"bootstrap.servers": bootstrap})
    new = NewTopic(name, num_partitions=partitions, replication_factor=1, config=dict(config or {}))
    client.create_topics([new])[name].result(TIMEOUT_S)
    deadline = time.monotonic() + TIMEOUT_S
    while time.monotonic() < deadline:
        topic = client.list_topics(name, timeout=TIMEOUT_S).topics[name]
        leaders = [partition.leader for partition in topic.partitions.values()]
        if topic.error is None and len(leaders) == partitions and min(leaders) >= 0:
            return name
    raise TimeoutError(f"{name} has no leaders after {TIMEOUT_S:.0f} s")


def delete_topics(bootstrap: str, names: Iterable[str]) -> None:
    """Delete the topics; one that is gone already is fine."""
    if doomed := list(names):
        for deleted in AdminClient({"bootstrap.servers": bootstrap}).delete_topics(doomed).values():
            deleted.exception(TIMEOUT_S)


def produce(bootstrap: str, topic: str, records: Iterable[Record]) -> None:
    """Write the records, in order within each partition, and wait until the broker has them.

    Raises:
        KafkaException: the broker refused one.
    """
    refused: list[KafkaError] = []

    def on_delivery(error: KafkaError | None, _message: Message) -> None:
        if error is not None:
            refused.append(error)

    # Idempotent, as a retry must not write a record twice. Errors are raised, so logs say nothing.
    producer = Producer(
        {
            "bootstrap.servers": bootstrap,
            "enable.idempotence": True,
            "log_level": 3,
            "message.max.bytes": 100_000_000,
        }
    )
    for record in records:
        while True:
            try:
                producer.produce(
                    topic,
                    value=record.value,
                    key=record.key,
                    partition=record.partition,
                    headers=list(record.headers),
                    timestamp=record.timestamp_ms or 0,
                    on_delivery=on_delivery,
                )
                break
            except BufferError:
                # The queue is full: let some of it be delivered.
                producer.poll(0.1)
    if unsent := producer.flush(TIMEOUT_S):
        raise TimeoutError(f"{unsent} records were not written to {topic} in {TIMEOUT_S:.0f} s")
    if refused:
        raise KafkaException(refused[0])


def read_all(bootstrap: str, topic: str, *, isolation: str = "read_committed") -> list[Record]:
    """Return what a reader sees from the beginning to the end, by partition and offset.

    Under read_committed the end of a partition lies before its first open transaction.

    Raises:
        TimeoutError: the ends were not reached within `TIMEOUT_S`.
    """
    consumer = Consumer(
        {
            "bootstrap.servers": bootstrap,
            "group.id": "never-joined",
            "enable.auto.commit": False,
            "enable.partition.eof": True,
            "isolation.level": isolation,
            # The end is told by an empty answer: have it soon.
            "fetch.wait.max.ms": 20,
        }
    )
    try:
        partitions = consumer.list_topics(topic, timeout=TIMEOUT_S).topics[topic].partitions
        consumer.assign([TopicPartition(topic, number, OFFSET_BEGINNING) for number in partitions])
        records = _read_to_ends(consumer, unread=set(partitions))
    finally:
        consumer.close()
    return sorted(records, key=lambda record: (record.partition, record.offset))


def _read_to_ends(consumer: Consumer, *, unread: set[int]) -> list[Record]:
    records: list[Record] = []
    deadline = time.monotonic() + TIMEOUT_S
    while unread:
        if time.monotonic() > deadline:
            raise TimeoutError(f"partitions {sorted(unread)} had no end in {TIMEOUT_S:.0f} s")
        # Short, as it waits for 1000 messages, not for the first.
        for message in consumer.consume(1000, timeout=0.05):
            error = message.error()
            if error is None:
                records.append(_record(message))
            elif error.code() == KafkaError._PARTITION_EOF:
                unread.discard(message.partition())
            else:
                raise KafkaException(error)
    return records


def _record(message: Message) -> Record:
    return Record(
        value=message.value(),
        key=message.key(),
        partition=cast("int", message.partition()),
        headers=tuple(cast("list[tuple[str, bytes | None]]", message.headers() or [])),
        timestamp_ms=message.timestamp()[1],
        offset=message.offset(),
    )
