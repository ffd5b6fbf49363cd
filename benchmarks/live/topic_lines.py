"""A topic as lines of a file."""

from collections.abc import Callable
from pathlib import Path

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, KafkaException, TopicPartition
from confluent_kafka.cimpl import Message

TIMEOUT_S = 60.0


def write_lines(bootstrap: str, topic: str, path: Path, line: Callable[[Message], bytes]) -> int:
    """Write a line for each record that a reader of committed data sees; return how many."""
    consumer = Consumer(
        {
            "bootstrap.servers": bootstrap,
            "group.id": "never-joined",
            "enable.auto.commit": False,
            "enable.partition.eof": True,
            "isolation.level": "read_committed",
            "fetch.queue.backoff.ms": 1,
        }
    )
    unread = set(consumer.list_topics(topic, timeout=TIMEOUT_S).topics[topic].partitions)
    consumer.assign([TopicPartition(topic, number, OFFSET_BEGINNING) for number in unread])
    records = 0
    try:
        with path.open("wb") as file:
            while unread:
                for message in consumer.consume(1000, timeout=0.1):
                    error = message.error()
                    if error is None:
                        file.write(line(message) + b"\n")
                        records += 1
                    elif error.code() == KafkaError._PARTITION_EOF:
                        unread.discard(message.partition())
                    else:
                        raise KafkaException(error)
    finally:
        consumer.close()
    return records
