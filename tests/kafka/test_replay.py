"""How far a replay has come: committed with the records, one's own, by kind."""

import pytest
from confluent_kafka import Consumer, TopicPartition
from tests.conftest import MakeTopic
from tests.kafka.broker import Broker
from tests.kafka.topics import read_all

from windowing.core.messages import SourceRecord
from windowing.kafka.replay import BY_KEY, Copy, Position, Replay, ReplayError


def replay_of(broker: Broker, source: str) -> Replay:
    return Replay({"bootstrap.servers": broker.bootstrap}, f"windowing.{source}.to.t", source)


def copy(offset: int, kind: str, *, source_partition: int = 0) -> Copy:
    value = b"%s-%d" % (kind.encode(), offset)
    return Copy(SourceRecord(value, b"k", [], 0, source_partition, offset), BY_KEY, kind)


def test_a_record_and_the_position_after_it_are_there_together(
    broker: Broker, make_topic: MakeTopic
) -> None:
    source, target = make_topic(partitions=2), make_topic()
    replay = replay_of(broker, source)
    replay.take_over()
    start = replay.positions([0, 1])
    after = replay.copy([copy(3, "a"), copy(5, "b"), copy(8, "a")], target, start)

    assert start == {0: Position(0, {}), 1: Position(0, {})}
    assert after == {0: Position(0, {"a": 9, "b": 6}), 1: Position(0, {})}
    assert replay_of(broker, source).positions([0, 1]) == after
    assert [r.value for r in read_all(broker.bootstrap, target)] == [b"a-3", b"b-5", b"a-8"]
    assert after[0].is_copied(8, "a")
    assert not after[0].is_copied(6, "b")
    assert not after[0].is_copied(0, "c")
    replay.close()


def test_of_two_at_once_the_first_is_cut_off_and_says_so(
    broker: Broker, make_topic: MakeTopic
) -> None:
    source, target = make_topic(), make_topic()
    first, second = replay_of(broker, source), replay_of(broker, source)
    first.take_over()
    start = first.positions([0])
    second.take_over()

    with pytest.raises(ReplayError, match="another replay has begun as windowing") as error:
        first.copy([copy(0, "a")], target, start)

    assert len(str(error.value).splitlines()) == 1
    second.copy([copy(0, "a")], target, second.positions([0]))
    assert [r.value for r in read_all(broker.bootstrap, target)] == [b"a-0"]
    first.close()
    second.close()


def set_offset(broker: Broker, group: str, position: TopicPartition) -> None:
    consumer = Consumer({"bootstrap.servers": broker.bootstrap, "group.id": group})
    consumer.commit(offsets=[position], asynchronous=False)
    consumer.close()


def test_an_offset_that_somebody_sets_counts_for_every_kind(
    broker: Broker, make_topic: MakeTopic
) -> None:
    source = make_topic()
    set_offset(broker, f"windowing.{source}.to.t", TopicPartition(source, 0, 7))

    [position] = replay_of(broker, source).positions([0]).values()

    assert position == Position(7, {})
    assert position.is_copied(6, "a")
    assert not position.is_copied(7, "a")


def test_an_offset_with_metadata_of_another_program_is_refused(
    broker: Broker, make_topic: MakeTopic
) -> None:
    source = make_topic()
    set_offset(broker, f"windowing.{source}.to.t", TopicPartition(source, 0, 7, "something"))

    with pytest.raises(ReplayError, match="are not this service's"):
        replay_of(broker, source).positions([0])
