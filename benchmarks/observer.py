"""Watches the results from outside, as a consumer with `read_committed` sees them.

As `python -m benchmarks.observer BOOTSTRAP TOPIC`, until SIGTERM. A line of JSON for each list of
records that was read together:

    {"read_ms": ..., "seen": [[window_end_ms, appended_ms, results], ...]}

`appended_ms` is the broker's clock when the record was written, so the topic must have
message.timestamp.type=LogAppendTime. A record of a transaction can be read only once that is
committed, so `read_ms`, this process's clock when it had the record, is what counts.
"""

import json
import signal
import time
from collections import Counter
from datetime import datetime
from typing import Annotated, cast

import msgspec
import typer
from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaException, TopicPartition

LOOK_S = 0.01
"""How long records are gathered to one list: the resolution of what is said."""
TIMEOUT_S = 30.0


class Result(msgspec.Struct):
    """What is read of a result."""

    window_end: datetime


decode = msgspec.json.Decoder(Result).decode


def main(bootstrap: str, topic: Annotated[str, typer.Argument(help="of the results")]) -> None:
    """Say which results can be read, as soon as they can."""
    asked_to_stop: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, _: asked_to_stop.append(number))
    consumer = Consumer(
        {
            "bootstrap.servers": bootstrap,
            "group.id": "never-joined",
            "enable.auto.commit": False,
            "isolation.level": "read_committed",
            "fetch.wait.max.ms": 50,
            "fetch.queue.backoff.ms": 1,
        }
    )
    partitions = consumer.list_topics(topic, timeout=TIMEOUT_S).topics[topic].partitions
    consumer.assign([TopicPartition(topic, number, OFFSET_BEGINNING) for number in partitions])
    while not asked_to_stop:
        messages = consumer.consume(1000, timeout=LOOK_S)
        if not messages:
            continue
        read_ms = time.time_ns() // 1_000_000
        seen: Counter[tuple[int, int]] = Counter()
        for message in messages:
            error = message.error()
            if error is not None:
                raise KafkaException(error)
            end_ms = round(decode(cast(bytes, message.value())).window_end.timestamp() * 1000)
            seen[end_ms, message.timestamp()[1]] += 1
        said = {"read_ms": read_ms, "seen": [[*moments, n] for moments, n in seen.items()]}
        print(json.dumps(said), flush=True)
    consumer.close()


if __name__ == "__main__":
    typer.run(main)
