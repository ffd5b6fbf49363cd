"""A job that has run over events some of which were late, and over records that were no events."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from tests.kafka.broker import Broker
from tests.kafka.job import Job, end_well, event, make_topics
from tests.kafka.topics import Record, create_topic, delete_topics, produce

PARTITIONS = 4
FAR_AHEAD = datetime.now(UTC) + timedelta(hours=3)


def far_ahead(user: int, partition: int) -> Record:
    """Return an event three hours ahead."""
    value = {"user_id": user, "event_type": "test", "timestamp": FAR_AHEAD.isoformat()}
    return Record(json.dumps(value).encode(), str(user).encode(), partition, (), 1_700_000_000_000)


@dataclass
class Played:
    """A job that has come to its end, and what was fed to it, by what became of it."""

    job: Job
    broken: list[Record]
    future: list[Record]
    late: list[Record]


@pytest.fixture(scope="session")
def played(broker: Broker, tmp_path_factory: pytest.TempPathFactory) -> Played:
    """One job for all who only read its topics, or write into others."""
    headers = (("trace", b"\x00\xff"), ("error", b"of a producer"))
    broken = [
        Record(
            b"junk %d" % n, b"key" if n % 2 else None, n % PARTITIONS, headers, 1_600_000_000_000
        )
        for n in range(300)
    ]
    broken += [Record(None, b"k", 3), Record(b"\xff", b"k", 2)]
    future = [far_ahead(n, n % PARTITIONS) for n in range(300)]
    on_time = [event(user, 39 * 60, partition=user % PARTITIONS) for user in range(40)]
    late = [event(user, 60 * user, partition=0) for user in range(5)]
    topics = make_topics(broker.bootstrap, PARTITIONS)
    job = Job(broker.bootstrap, topics, tmp_path_factory.mktemp("played"))
    store = job.store()
    # In two runs: how late an event is depends on how far the other partitions are.
    for records in on_time, [*late, *broken, *future]:
        produce(job.bootstrap, job.topics.events, records)
        end_well([job.start(*store, UNTIL_END="true", IDLE_TIMEOUT="0")])
    return Played(job, broken, future, late)


@pytest.fixture
def target(broker: Broker) -> Iterator[str]:
    """A new topic to replay into, with as many partitions as the input."""
    name = create_topic(broker.bootstrap, partitions=PARTITIONS, config={"retention.ms": "-1"})
    yield name
    delete_topics(broker.bootstrap, [name])
