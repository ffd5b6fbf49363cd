"""A topic, or the later part of it, read once: from given offsets to where it ended then."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from confluent_kafka import Consumer, KafkaError, TopicPartition

from windowing.core.messages import SourceRecord
from windowing.kafka.partition_reader import FORBIDDEN, TRANSIENT, ReadError

BATCH_RECORDS = 1_000
WAIT_S = 0.1
"""For a batch that is not full."""


class Span(NamedTuple):
    """Offsets of a partition, from the first to before the end."""

    first: int
    end: int


class Read(NamedTuple):
    """Some records in the order of their offsets in each partition, and how far the reader is.

    Fields:
        offsets_done: of all spans together; aborted records and markers have offsets too.
    """

    records: list[SourceRecord]
    offsets_done: int


def read_topic(
    client_config: dict[str, str], topic: str, spans: Mapping[int, Span]
) -> Iterator[Read]:
    """Yield the committed records of `spans`, by partition.

    What retention deletes meanwhile is passed over.

    Raises:
        ReadError: the topic cannot be read.
    """
    ends = {partition: span.end for partition, span in spans.items() if span.first < span.end}
    total = sum(span.end - span.first for span in spans.values())
    consumer = Consumer(
        {
            **client_config,
            "group.id": "windowing",  # asked for by the client; no offset is committed
            "enable.auto.commit": False,
            "enable.auto.offset.store": False,
            "auto.offset.reset": "earliest",
            "isolation.level": "read_committed",
            "enable.partition.eof": True,
        }
    )
    try:
        consumer.assign([TopicPartition(topic, p, spans[p].first) for p in ends])
        at = {partition: spans[partition].first for partition in ends}
        while ends:
            records: list[SourceRecord] = []
            for message in consumer.consume(BATCH_RECORDS, WAIT_S):
                partition, offset = _place(message, topic)
                if partition not in ends:
                    continue
                at[partition] = min(offset + (message.error() is None), ends[partition])
                if message.error() is None and offset < ends[partition]:
                    records.append(SourceRecord.of(message, partition))
                # A message past the end tells that what lay before it holds no record.
                if message.error() is not None or offset >= ends[partition] - 1:
                    del ends[partition]
                    at[partition] = spans[partition].end
            left = sum(spans[p].end - at[p] for p in ends)
            yield Read(records, total - left)
    finally:
        consumer.close()


def _place(message: Any, topic: str) -> tuple[int, int]:
    """Return partition and offset of a message: a record, or the end of its partition."""
    error = message.error()
    if error is None or error.code() == KafkaError._PARTITION_EOF:
        return message.partition(), message.offset()
    # No group is joined, and whether it might be does not matter.
    if error.code() in TRANSIENT | {KafkaError.GROUP_AUTHORIZATION_FAILED}:
        return -1, -1
    if error.code() in FORBIDDEN:
        raise ReadError(f"no permission to read topic {topic!r}: grant READ on it")
    raise ReadError(f"cannot read {topic}: {error.str()}")
