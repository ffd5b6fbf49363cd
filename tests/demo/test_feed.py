"""The feed writes events of now, as many as it is told to, until it is stopped."""

import signal
from datetime import UTC, datetime, timedelta

import pytest
from confluent_kafka import Consumer, TopicPartition
from tests.demo.processes import TIMEOUT_S, run_module
from tests.kafka.topics import read_all

from windowing.core.decode import NotAnEventError, decode
from windowing.core.window import as_utc
from windowing.demo.broker import EmbeddedBroker

FEED = "windowing.demo.feed"


@pytest.fixture
def embedded():
    broker = EmbeddedBroker()
    broker.open()
    yield broker.client_config["bootstrap.servers"]
    # It lives as long as its object.
    broker.close()


def wait_for_first_record(bootstrap: str, topic: str) -> None:
    consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": "never-joined"})
    consumer.assign([TopicPartition(topic, partition, 0) for partition in range(4)])
    assert consumer.poll(TIMEOUT_S) is not None
    consumer.close()


def test_it_writes_as_many_as_it_is_told_to(embedded, pytestconfig):
    before = datetime.now(UTC)
    topic = ("--bootstrap", embedded, "--topic", "user-events")
    with run_module(
        FEED, *topic, "--rate", "5000", "--count", "300", cwd=pytestconfig.rootpath
    ) as feed:
        assert feed.communicate(timeout=TIMEOUT_S) == ("", "")
        assert feed.returncode == 0
    after = datetime.now(UTC)
    records = read_all(embedded, "user-events")
    assert len(records) == 300
    assert {record.partition for record in records} == {0, 1, 2, 3}
    in_time = 0
    for record in records:
        try:
            time = as_utc(decode(record.value, after).timestamp)
        except NotAnEventError:
            continue
        in_time += before - timedelta(seconds=11) <= time <= after
    assert in_time > 270


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM])
def test_it_ends_quietly_when_it_is_stopped(embedded, pytestconfig, end):
    topic = ("--bootstrap", embedded, "--topic", "user-events")
    with run_module(FEED, *topic, cwd=pytestconfig.rootpath) as feed:
        wait_for_first_record(embedded, "user-events")
        feed.send_signal(end)
        assert feed.communicate(timeout=TIMEOUT_S) == ("", "")
        assert feed.returncode == 0


def test_a_topic_that_is_missing_is_named_in_a_line(embedded, pytestconfig):
    topic = ("--bootstrap", embedded, "--topic", "nobody-made-this")
    with run_module(FEED, *topic, cwd=pytestconfig.rootpath) as feed:
        _, said = feed.communicate(timeout=TIMEOUT_S)
    assert said == "topic 'nobody-made-this' is not there: create it, or mend --topic\n"
    assert feed.returncode == 1


@pytest.mark.parametrize("rate", ["0", "-1", "nan", "inf", "fast"])
def test_a_rate_must_be_above_zero(pytestconfig, rate):
    topic = ("--bootstrap", "localhost:1", "--topic", "t")
    with run_module(FEED, *topic, f"--rate={rate}", cwd=pytestconfig.rootpath) as feed:
        _, said = feed.communicate(timeout=TIMEOUT_S)
    assert said.endswith(f"--rate: {rate!r} is not a number above zero, such as 50\n")
    assert feed.returncode == 2
