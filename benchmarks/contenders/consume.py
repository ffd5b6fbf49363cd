"""The program of both baselines: consume every record of a topic, decode it or not, and count.

As `python -m benchmarks.contenders.consume BOOTSTRAP TOPIC [decode]`, with the consumer set up as
the flow's.
"""

import sys
from typing import cast

from confluent_kafka import OFFSET_BEGINNING, Consumer, TopicPartition

from windowing.core.decode import UNREADABLE, parse
from windowing.kafka.partition_reader import BATCH_RECORDS, consumer_config


def consume(bootstrap: str, topic: str, *, decode: bool) -> int:
    """Return the number of records up to the end of every partition."""
    consumer = Consumer(consumer_config({"bootstrap.servers": bootstrap}))
    partitions = consumer.list_topics(topic).topics[topic].partitions
    consumer.assign([TopicPartition(topic, p, OFFSET_BEGINNING) for p in partitions])
    records, unfinished = 0, len(partitions)
    while unfinished:
        for record in consumer.consume(BATCH_RECORDS, timeout=1):
            if record.error() is not None:  # the end of a partition
                unfinished -= 1
                continue
            records += 1
            if decode:
                try:
                    parse(cast("bytes", record.value()))
                except UNREADABLE:
                    continue
    consumer.close()
    return records


if __name__ == "__main__":
    print(consume(sys.argv[1], sys.argv[2], decode=sys.argv[3:] == ["decode"]))
