"""The baseline: consume every record of a topic and decode it, and nothing else.

As `python -m benchmarks.bare_consume BOOTSTRAP TOPIC`, with the consumer set up as the flow's.
"""

import sys
from typing import cast

from confluent_kafka import OFFSET_BEGINNING, Consumer, TopicPartition

from windowing.core.decode import parse
from windowing.kafka.partition_reader import BATCH_RECORDS, consumer_config


def consume(bootstrap: str, topic: str) -> int:
    """Return the number of events decoded, up to the end of every partition."""
    consumer = Consumer(consumer_config({"bootstrap.servers": bootstrap}))
    partitions = consumer.list_topics(topic).topics[topic].partitions
    consumer.assign([TopicPartition(topic, p, OFFSET_BEGINNING) for p in partitions])
    events, unfinished = 0, len(partitions)
    while unfinished:
        for record in consumer.consume(BATCH_RECORDS, timeout=1):
            if record.error() is None:
                parse(cast(bytes, record.value()))
                events += 1
            else:
                unfinished -= 1
    consumer.close()
    return events


if __name__ == "__main__":
    print(consume(*sys.argv[1:]))
