"""`windowing topics` makes what is missing, as README.md does, and nothing else."""

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from confluent_kafka.admin import AdminClient, ConfigResource, ResourceType
from tests.cli.command import run, said
from tests.kafka.broker import Broker
from tests.kafka.job import Job, Topics
from tests.kafka.topics import create_topic, delete_topics


@pytest.fixture
def job(broker: Broker, tmp_path: Path) -> Iterator[Job]:
    """A job whose topics are not there yet."""
    names = [f"test-{name}-{uuid4().hex}" for name in ("events", "results", "late", "dead")]
    yield Job(broker.bootstrap, Topics(*names), tmp_path)
    delete_topics(broker.bootstrap, names)


def partitions(job: Job) -> list[int]:
    """Return how many partitions each topic has, 0 for one that is not there."""
    found = AdminClient({"bootstrap.servers": job.bootstrap}).list_topics(timeout=30).topics
    names = job.topics.events, job.topics.results, job.topics.late, job.topics.dead
    return [len(found[name].partitions) if name in found else 0 for name in names]


def setting(job: Job, topic: str, name: str) -> str:
    """Return a topic's setting."""
    resource = ConfigResource(ResourceType.TOPIC, topic)
    admin = AdminClient({"bootstrap.servers": job.bootstrap})
    return str(admin.describe_configs([resource])[resource].result()[name].value)


def test_missing_topics_are_made_with_the_broker_s_clock_on_what_the_flow_writes(job: Job) -> None:
    shown = said(job, "topics", "--partitions", "3", "--retention", "2d")

    assert shown.count("made ") == 4
    assert partitions(job) == [3, 3, 1, 1]
    assert setting(job, job.topics.events, "message.timestamp.type") == "CreateTime"
    for topic in job.topics.results, job.topics.late, job.topics.dead:
        assert setting(job, topic, "message.timestamp.type") == "LogAppendTime"
        assert setting(job, topic, "retention.ms") == "172800000"


def test_topics_that_are_there_stay_as_they_are(job: Job) -> None:
    there = create_topic(job.bootstrap, partitions=2, config={"retention.ms": "1234567"})
    job.topics = Topics(there, job.topics.results, job.topics.late, job.topics.dead)

    assert said(job, "topics").count("made ") == 3
    again = said(job, "topics", "--partitions", "9", "--retention", "2d")

    assert again.count("exists ") == 4
    assert partitions(job) == [2, 4, 1, 1]
    assert setting(job, there, "retention.ms") == "1234567"
    delete_topics(job.bootstrap, [there])


def test_a_dry_run_makes_nothing(job: Job) -> None:
    assert said(job, "topics", "--dry-run").count("would be made") == 4
    assert partitions(job) == [0, 0, 0, 0]


def test_more_replicas_than_brokers_are_refused_with_the_fix(job: Job) -> None:
    ended = run(job, "topics", "--replication", "3")

    lines = ended.stderr.splitlines()
    assert ended.returncode == 1
    assert len(lines) == 4
    assert lines[0].startswith(f"topic '{job.topics.events}' is not made (")
    assert lines[0].endswith(": ask for no more replicas than there are brokers")
    assert partitions(job) == [0, 0, 0, 0]
