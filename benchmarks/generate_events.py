"""Seeded user events in a topic: the same for the same arguments, spread over the partitions."""

import random
from datetime import UTC, datetime, timedelta

from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient, NewTopic

FIRST = datetime(2021, 1, 1, tzinfo=UTC)
DISORDER = timedelta(seconds=5)


def generate_events(
    bootstrap: str, topic: str, *, events: int, users: int, span: timedelta, partitions: int = 4
) -> None:
    """Make a topic and fill it.

    Args:
        bootstrap: the broker's address.
        topic: its name; it must not exist.
        events: how many, each with an amount.
        users: how many, all equally busy; each keeps to one partition.
        span: from the first event to the last; events are late by up to `DISORDER`.
        partitions: of the topic.
    """
    admin = AdminClient({"bootstrap.servers": bootstrap})
    for created in admin.create_topics([NewTopic(topic, partitions, 1)]).values():
        created.result()
    producer = Producer(
        {
            "bootstrap.servers": bootstrap,
            "linger.ms": 50,
            "batch.size": 1_000_000,
            "queue.buffering.max.messages": 500_000,
        }
    )
    chance = random.Random(1)
    for n in range(events):
        time = FIRST + span * n / events + DISORDER * chance.random()
        user = chance.randrange(users)
        value = (
            f'{{"user_id":{user},"event_type":"purchase",'
            f'"timestamp":"{time.isoformat(timespec="milliseconds")[:-6]}Z",'
            f'"amount":{chance.randrange(20_000) / 100}}}'
        )
        while True:
            try:
                producer.produce(topic, value, str(user), partition=user % partitions)
                break
            except BufferError:
                producer.poll(0.1)
    producer.flush()
