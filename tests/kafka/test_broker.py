"""The broker of the tests is a real one, and its helpers tell the truth."""

import subprocess
import sys
from contextlib import ExitStack

import pytest
from confluent_kafka import Producer
from tests.kafka.broker import NoBroker, OwnBroker, kafka_broker
from tests.kafka.topics import Record, produce, read_all

TIMEOUT_S = 30


def test_what_is_produced_is_read_back(broker, make_topic):
    topic = make_topic(partitions=3)
    records = [
        Record(b"one", key=b"k", partition=0, headers=(("h", b"1"), ("h", None)), timestamp_ms=17),
        Record(b"two", partition=0, timestamp_ms=5),
        Record(None, key=b"gone", partition=2, timestamp_ms=9),
    ]
    produce(broker.bootstrap, topic, records)
    assert read_all(broker.bootstrap, topic) == records


def test_a_topic_has_the_config_it_was_made_with(broker, make_topic):
    topic = make_topic(config={"message.timestamp.type": "LogAppendTime"})
    produce(broker.bootstrap, topic, [Record(b"", timestamp_ms=17)])
    (record,) = read_all(broker.bootstrap, topic)
    assert record.timestamp_ms != 17


def test_a_record_survives_the_death_of_the_broker(broker, make_topic):
    if not isinstance(broker, OwnBroker):
        pytest.skip("the broker at KAFKA_TEST_BOOTSTRAP is not ours to kill")
    topic = make_topic()
    produce(broker.bootstrap, topic, [Record(b"before", timestamp_ms=1)])
    broker.kill()
    broker.start()
    produce(broker.bootstrap, topic, [Record(b"after", timestamp_ms=2)])
    assert [r.value for r in read_all(broker.bootstrap, topic)] == [b"before", b"after"]


def test_only_committed_transactions_are_read(broker, make_topic):
    topic = make_topic()
    with ExitStack() as at_the_end:
        for fate in ("committed", "aborted", "open"):
            producer = Producer(
                {"bootstrap.servers": broker.bootstrap, "transactional.id": f"{topic}-{fate}"}
            )
            producer.init_transactions(TIMEOUT_S)
            producer.begin_transaction()
            producer.produce(topic, value=fate)
            assert producer.flush(TIMEOUT_S) == 0
            if fate == "committed":
                producer.commit_transaction(TIMEOUT_S)
            elif fate == "aborted":
                producer.abort_transaction(TIMEOUT_S)
            else:
                at_the_end.callback(producer.abort_transaction, TIMEOUT_S)
        seen = read_all(broker.bootstrap, topic)
        written = read_all(broker.bootstrap, topic, isolation="read_uncommitted")
    assert [r.value for r in seen] == [b"committed"]
    assert [r.value for r in written] == [b"committed", b"aborted", b"open"]


def test_a_machine_without_kafka_is_told_what_to_install(monkeypatch):
    monkeypatch.delenv("KAFKA_TEST_BOOTSTRAP", raising=False)
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere/docker.sock")
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(NoBroker) as raised, kafka_broker():
        pass
    assert str(raised.value) == (
        "no Kafka for the tests (no Java): set KAFKA_TEST_BOOTSTRAP=host:9092, or start Docker,"
        " or install Java 17 and Maven"
    )


def test_a_broker_of_others_is_not_reconfigured(monkeypatch):
    monkeypatch.setenv("KAFKA_TEST_BOOTSTRAP", "theirs:9092")
    with (
        pytest.raises(NoBroker, match=r"theirs:9092 cannot be given message\.max\.bytes=9: unset"),
        kafka_broker(properties={"message.max.bytes": "9"}),
    ):
        pass


def test_a_killed_run_leaves_no_process_behind(pytestconfig):
    run_code = """if True:
        from pathlib import Path
        from tests.kafka.tied_process import start_tied
        sleeper = ["sh", "-c", "echo started; exec sleep 600"]
        start_tied(sleeper, log=Path("/dev/stdout")).wait()
    """
    with subprocess.Popen(
        [sys.executable, "-c", run_code], cwd=pytestconfig.rootpath, stdout=subprocess.PIPE
    ) as run:
        assert run.stdout is not None
        assert run.stdout.readline() == b"started\n"
        run.kill()
        # The sleeper holds the pipe too: only its end lets this return.
        assert run.stdout.read() == b""
