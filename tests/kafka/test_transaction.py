"""A lane's batch and its number become visible together and once, on a real broker."""

import logging
from collections.abc import Callable, Iterator
from uuid import uuid4

import pytest
from confluent_kafka import TopicPartition
from tests.conftest import MakeTopic, need
from tests.kafka.broker import Broker, OwnBroker, kafka_broker
from tests.kafka.topics import create_topic, read_all

from windowing.core.lane_ledger import Due
from windowing.core.messages import PassedOn, Results
from windowing.kafka.marker import Marker
from windowing.kafka.sender import WriteError
from windowing.kafka.transaction import FencedError, LaneTransactions
from windowing.observe.health import Health
from windowing.observe.metrics import Metrics

STORE = "5t0re"


@pytest.fixture
def topic(make_topic: MakeTopic) -> str:
    """A topic of one partition."""
    return make_topic()


MakeLane = Callable[[], LaneTransactions]


@pytest.fixture
def make_lane(broker: Broker, topic: str) -> MakeLane:
    """A function that makes another writer of one and the same lane."""
    return lambda: lane_of(broker, topic)


def new_metrics() -> Metrics:
    return Metrics(Health(), {"version": "0"})


def lane_of(broker: Broker, topic: str, *, owner: str = "", **more: str) -> LaneTransactions:
    config = {"bootstrap.servers": broker.bootstrap, **more}
    meter = new_metrics().transactions
    return LaneTransactions(config, f"{topic}.lane-0", topic, owner or uuid4().hex, meter)


def begin_as_owner(lane: LaneTransactions) -> tuple[int, str] | None:
    """Claim the lane and take it over; return what is out of it, and of which store."""
    lane.claim()
    marker = lane.take_over()
    assert marker is None or marker.owner == lane._owner
    return None if marker is None else (marker.number, marker.store)


def outcomes(metrics: Metrics) -> tuple[float | None, float | None]:
    """Return how many transactions were committed and aborted."""
    name = "windowing_transactions_{}_total".format
    value = metrics.registry.get_sample_value
    return value(name("committed")), value(name("aborted"))


def batch(number: int, topic: str, *values: bytes) -> Due:
    return Due(number, [PassedOn(topic, 0, [], None, value) for value in values])


def values(broker: Broker, topic: str, **how: str) -> list[bytes | None]:
    return [record.value for record in read_all(broker.bootstrap, topic, **how)]


@pytest.fixture
def lane(topic: str, make_lane: MakeLane) -> LaneTransactions:
    """The owner of the lane, which has written batch 1."""
    made = make_lane()
    begin_as_owner(made)
    made.write(batch(1, topic, b"a"), STORE)
    return made


def begin(lane: LaneTransactions, due: Due, topic: str) -> None:
    """Do all of a lane's transaction but its commit, and wait until the broker has the records."""
    sender = lane._sender
    assert sender is not None
    sender.producer.begin_transaction()
    sender.send(due.outputs)
    marked = TopicPartition(topic, 0, due.number, f"{STORE} {lane._owner}")
    sender.producer.send_offsets_to_transaction([marked], lane._group)
    assert sender.producer.flush(60) == 0


def forget_the_outcome(lane: LaneTransactions) -> None:
    """Leave the lane as it is after an attempt that failed."""
    lane._sender = None


def test_nothing_is_out_of_a_new_lane(make_lane: MakeLane) -> None:
    assert begin_as_owner(make_lane()) is None


def test_the_next_owner_finds_the_records_and_the_number_of_the_last_batch(
    broker: Broker, topic: str, make_lane: MakeLane
) -> None:
    lane = make_lane()
    begin_as_owner(lane)
    lane.write(batch(1, topic, b"a", b"b"), STORE)
    lane.write(batch(2, topic, b"c"), STORE)

    assert begin_as_owner(make_lane()) == (2, STORE)
    assert values(broker, topic) == [b"a", b"b", b"c"]


def test_a_batch_whose_owner_dies_before_the_commit_is_not_there_and_nor_is_its_number(
    broker: Broker, topic: str, make_lane: MakeLane, lane: LaneTransactions
) -> None:
    begin(lane, batch(2, topic, b"b"), topic)

    assert begin_as_owner(make_lane()) == (1, STORE)
    assert values(broker, topic) == [b"a"]
    assert values(broker, topic, isolation="read_uncommitted") == [b"a", b"b"]


def test_an_empty_batch_names_the_new_owner(make_lane: MakeLane) -> None:
    lane = make_lane()
    begin_as_owner(lane)
    lane.write(Due(7, []), STORE)

    assert begin_as_owner(make_lane()) == (7, STORE)


def test_an_owner_that_was_replaced_can_write_nothing_and_is_told_so(
    broker: Broker, topic: str, make_lane: MakeLane, lane: LaneTransactions
) -> None:
    old, new = lane, make_lane()
    begin_as_owner(new)

    with pytest.raises(FencedError) as error:
        old.write(batch(2, topic, b"old"), STORE)

    assert str(error.value).startswith(f"another process has taken over {topic}.lane-0 ")
    assert len(str(error.value).splitlines()) == 1
    new.write(batch(2, topic, b"new"), STORE)
    assert values(broker, topic) == [b"a", b"new"]


def test_who_owns_a_lane_is_told_before_anything_is_written(
    topic: str, make_lane: MakeLane
) -> None:
    old, new = make_lane(), make_lane()
    begin_as_owner(old)
    old.write(Due(0, []), STORE)
    old.require_current()
    begin_as_owner(new)
    new.require_current()
    new.write(Due(0, []), STORE)

    new.require_current()
    with pytest.raises(FencedError):
        old.require_current()


def test_a_claim_keeps_what_is_out_and_a_lane_that_was_claimed_since_is_not_taken_over(
    broker: Broker, topic: str, make_lane: MakeLane, lane: LaneTransactions
) -> None:
    earlier, later = make_lane(), make_lane()
    earlier.claim()
    later.claim()

    with pytest.raises(FencedError) as error:
        earlier.take_over()

    assert str(error.value).startswith(f"another process has taken over {topic}.lane-0: ")
    assert later.take_over() == Marker(1, STORE, later._owner)
    later.write(batch(2, topic, b"b"), STORE)
    assert values(broker, topic) == [b"a", b"b"]


def test_a_new_lane_that_was_claimed_since_is_not_taken_over_either(make_lane: MakeLane) -> None:
    earlier, later = make_lane(), make_lane()
    earlier.claim()
    later.claim()

    with pytest.raises(FencedError):
        earlier.take_over()

    assert later.take_over() is None


def test_all_processes_of_one_start_may_take_over_what_one_of_them_has_claimed(
    broker: Broker, topic: str
) -> None:
    first, member = (lane_of(broker, topic, owner="a start") for _ in range(2))
    first.claim()

    assert member.take_over() is None
    member.write(batch(1, topic, b"a"), STORE)
    assert values(broker, topic) == [b"a"]


def test_a_claim_of_the_same_number_is_not_taken_for_the_batch_of_a_store(
    make_lane: MakeLane,
) -> None:
    lane = make_lane()
    begin_as_owner(lane)
    forget_the_outcome(lane)

    lane.write(Due(0, []), STORE)

    assert begin_as_owner(make_lane()) == (0, STORE)


def test_an_owner_that_was_replaced_does_not_take_the_lane_back_over_an_unknown_outcome(
    broker: Broker, topic: str, make_lane: MakeLane, lane: LaneTransactions
) -> None:
    old, new = lane, make_lane()
    begin_as_owner(new)
    new.write(Due(1, []), STORE)
    forget_the_outcome(old)

    with pytest.raises(FencedError):
        old.write(batch(2, topic, b"old"), STORE)

    new.write(batch(2, topic, b"new"), STORE)
    assert values(broker, topic) == [b"a", b"new"]


def test_a_batch_that_was_out_after_all_is_not_written_again(
    broker: Broker, topic: str, lane: LaneTransactions
) -> None:
    forget_the_outcome(lane)

    lane.write(batch(1, topic, b"a"), STORE)

    lane.write(batch(2, topic, b"b"), STORE)
    assert values(broker, topic) == [b"a", b"b"]


def test_a_batch_that_was_not_out_is_written_by_the_next_attempt(
    broker: Broker, topic: str, lane: LaneTransactions
) -> None:
    begin(lane, batch(2, topic, b"b"), topic)
    forget_the_outcome(lane)

    lane.write(batch(2, topic, b"b"), STORE)

    assert values(broker, topic) == [b"a", b"b"]


class StartAgain(logging.Handler):
    """Starts a broker again when the lane says that an attempt has failed."""

    def __init__(self, broker: OwnBroker) -> None:
        super().__init__()
        self.broker = broker
        self.times = 0

    def emit(self, _record: logging.LogRecord) -> None:
        self.times += 1
        self.broker.start()


class Killing(Results):
    """Records in whose midst the broker is killed."""

    broker: OwnBroker
    killed = False

    def records(self) -> Iterator[tuple[str, bytes]]:
        for number, record in enumerate(super().records()):
            if number == 1000 and not self.killed:
                self.killed = True
                self.broker.kill()
            yield record


def test_an_attempt_counts_as_aborted_only_when_it_is_known_not_to_be_out(
    broker: Broker, topic: str
) -> None:
    metrics = new_metrics()
    lane = lane_of(broker, topic)
    lane._meter = metrics.transactions
    begin_as_owner(lane)  # with a transaction of its own
    lane.write(batch(1, topic, b"a"), STORE)
    assert outcomes(metrics) == (2, 0)
    forget_the_outcome(lane)
    lane.write(batch(1, topic, b"a"), STORE)  # it was out
    assert outcomes(metrics) == (3, 0)
    begin(lane, batch(2, topic, b"b"), topic)
    forget_the_outcome(lane)
    lane.write(batch(2, topic, b"b"), STORE)  # it was not
    assert outcomes(metrics) == (4, 1)


def test_a_broker_that_dies_in_the_middle_of_a_batch_is_waited_for(
    pytestconfig: pytest.Config,
) -> None:
    keys = [str(number) for number in range(2000)]
    with need(pytestconfig, kafka_broker()) as broker:
        if not isinstance(broker, OwnBroker):
            pytest.skip(f"the broker at {broker.bootstrap} cannot be killed")
        topic = create_topic(broker.bootstrap)
        lane = lane_of(broker, topic)
        begin_as_owner(lane)
        lane.write(batch(1, topic, b"a"), STORE)
        killing = Killing(topic, 0, keys, "\n".join(keys).encode())
        killing.broker = broker
        starting = StartAgain(broker)
        logger = logging.getLogger("windowing.kafka.transaction")
        logger.addHandler(starting)
        try:
            lane.write(Due(2, [killing]), STORE)
        finally:
            logger.removeHandler(starting)
        assert starting.times == 1
        assert values(broker, topic) == [b"a", *(key.encode() for key in keys)]
        assert begin_as_owner(lane_of(broker, topic)) == (2, STORE)


def test_a_transaction_timeout_above_the_brokers_is_one_line_that_names_both(
    broker: Broker, topic: str
) -> None:
    with pytest.raises(WriteError) as error:
        begin_as_owner(lane_of(broker, topic, **{"transaction.timeout.ms": "3600000"}))

    assert str(error.value) == (
        "transaction.timeout.ms is more than the broker's transaction.max.timeout.ms:"
        " lower the one in WINDOWING_KAFKA_CONFIG, or raise the other"
    )


def test_a_record_that_its_topic_refuses_is_one_line_that_names_the_topic(
    broker: Broker, make_topic: MakeTopic
) -> None:
    topic = make_topic(config={"max.message.bytes": "1000"})
    lane = lane_of(broker, topic)
    begin_as_owner(lane)

    with pytest.raises(WriteError) as error:
        lane.write(batch(1, topic, b"small", b"x" * 5000), STORE)

    assert str(error.value).startswith(f"cannot write to topic {topic!r}: ")
    assert len(str(error.value).splitlines()) == 1
    assert begin_as_owner(lane_of(broker, topic)) is None
    assert values(broker, topic) == []


def test_a_topic_that_is_not_there_is_one_line_that_names_it(broker: Broker, topic: str) -> None:
    gone = f"{topic}-gone"
    lane = lane_of(broker, topic)
    begin_as_owner(lane)

    with pytest.raises(WriteError) as error:
        lane.write(batch(1, gone, b"b"), STORE)

    assert str(error.value) == f"topic {gone!r} does not exist any more: create it and start again"
