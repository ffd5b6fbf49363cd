"""Positions that are committed in the transaction with the records that they speak of.

Such a position is the offset of a consumer group that nobody reads with. The marker of a lane is
one, and how far a replay has come.
"""

from concurrent.futures import Future
from contextlib import closing
from threading import Thread
from typing import Any, NamedTuple

from confluent_kafka import Consumer, KafkaError, KafkaException, Producer, TopicPartition
from tenacity import Retrying, retry_if_exception, stop_after_delay, wait_exponential

from windowing.kafka.sender import WriteError
from windowing.kafka.transaction_failure import may_pass, reason

ANSWER_TIMEOUT_S = 10.0
PATIENCE_S = 30.0
"""With a broker that does not know yet whose group it is: it has just been started."""

NO_STORE = ""
"""In the marker of a lane that was claimed, and of which the broker knew nothing."""


class Marker(NamedTuple):
    """What is out of a lane.

    Fields:
        number: of the last batch.
        store: of whose batches, see `LaneSnapshot`.
        owner: the start of the job that wrote it.
    """

    number: int
    store: str
    owner: str

    def known(self) -> "Marker | None":
        """Return the marker if it speaks of batches: one that claims a new lane does not."""
        return None if self.store == NO_STORE else self


def group_consumer(
    client_config: dict[str, Any], group: str, isolation: str = "read_committed"
) -> Consumer:
    """Return a client that asks for a group's offsets.

    An AdminClient can ask too, but that of librdkafka 2.16 crashes when the group's coordinator
    moves (librdkafka issue 5040).

    Args:
        client_config: for librdkafka.
        group: the name.
        isolation: with read_committed an answer waits while a transaction is open that could
            change it.
    """
    return Consumer(
        {
            **client_config,
            "group.id": group,
            "enable.auto.commit": False,
            "isolation.level": isolation,
        }
    )


def ask_marker(
    consumer: Consumer, name: str, topic: str, timeout_s: float = ANSWER_TIMEOUT_S
) -> Marker | None:
    """Return the marker of a lane; None: there is none.

    Args:
        consumer: of the lane's group.
        name: of the lane.
        topic: whose partition 0 it is committed for.
        timeout_s: how long to wait for the broker.

    Raises:
        KafkaException: the broker does not answer, or refuses to.
        WriteError: somebody else has set the offset.
    """
    [found] = consumer.committed([TopicPartition(topic, 0)], timeout_s)
    if found.error is not None:
        raise KafkaException(found.error)
    if found.offset < 0:
        return None
    store, _, owner = (found.metadata or "").partition(" ")
    if not owner:
        raise WriteError(
            f"the offset of the group {name} is not this service's: it was set by"
            " somebody else; choose another WINDOWING_GROUP_ID, or delete the group"
        )
    return Marker(found.offset, store, owner)


def look_up_marker(client_config: dict[str, str], name: str, topic: str) -> Marker | None:
    """Return what is out of a lane, whoever writes it; None: nothing is known.

    A transaction under way does not count: one of a killed process would be waited for for long.

    Raises:
        WriteError: it may not be asked, or no broker answers.
    """
    with closing(group_consumer(client_config, name, "read_uncommitted")) as consumer:
        try:
            marker = Retrying(
                retry=retry_if_exception(may_pass),
                wait=wait_exponential(multiplier=0.1, max=1),
                stop=stop_after_delay(PATIENCE_S),
                reraise=True,
            )(ask_marker, consumer, name, topic)
        except KafkaException as error:
            raise WriteError(reason(error.args[0], name, topic)) from None
    return marker and marker.known()


def send_offsets(producer: Producer, offsets: list[TopicPartition], group: Any) -> None:
    """Commit offsets of a group in the producer's transaction.

    The client heeds no timeout here, and while the group's coordinator is away it may never
    return (librdkafka issues 5456 and 5511): then a thread is left behind with it.

    Raises:
        KafkaException: it failed, or took longer than `ANSWER_TIMEOUT_S`.
    """
    outcome: Future[None] = Future()

    def call() -> None:
        try:
            producer.send_offsets_to_transaction(offsets, group, ANSWER_TIMEOUT_S)
            outcome.set_result(None)
        except KafkaException as error:
            outcome.set_exception(error)

    Thread(target=call, daemon=True).start()
    try:
        outcome.result(ANSWER_TIMEOUT_S)
    except TimeoutError:
        raise KafkaException(KafkaError(KafkaError._TIMED_OUT)) from None
