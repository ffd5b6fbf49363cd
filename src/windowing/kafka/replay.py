"""Records copied from one topic to another, each once, however often the copying is killed.

How far it has come is a committed offset, written in one transaction with the records that it
speaks of, as the marker of a lane is. Beside the offset, in its metadata, stands how far each kind
of record has come: kinds are copied independently of each other.
"""

from collections.abc import Callable, Iterable
from typing import NamedTuple, TypeAlias, TypeVar

import msgspec
from confluent_kafka import KafkaException, TopicPartition

from windowing.core.errors import WindowingError
from windowing.core.messages import SourceRecord
from windowing.kafka.marker import ANSWER_TIMEOUT_S, group_consumer, send_offsets
from windowing.kafka.sender import Sender
from windowing.kafka.transaction import COMMIT_TIMEOUT_S
from windowing.kafka.transaction_failure import FENCED, reason

T = TypeVar("T")

BY_KEY = -1
"""In place of a partition: the client chooses."""


class ReplayError(WindowingError):
    """The copying cannot go on; what it has written by then is remembered."""


class Copy(NamedTuple):
    """A record as it is to be written, and where it was read.

    Fields:
        partition: to write to, or `BY_KEY`.
        kind: without meaning here.
    """

    record: SourceRecord
    partition: int
    kind: str


class Position(NamedTuple):
    """How far the copying of a partition has come.

    Fields:
        offset: the next, for a kind of which nothing has been copied yet.
        kinds: of the others, the next offset.
    """

    offset: int
    kinds: dict[str, int]

    def is_copied(self, offset: int, kind: str) -> bool:
        """Return whether the record at an offset was copied before."""
        return offset < self.kinds.get(kind, self.offset)

    def after(self, offset: int, kind: str) -> "Position":
        """Return the position when the record at an offset is copied too."""
        return Position(self.offset, {**self.kinds, kind: offset + 1})


Positions: TypeAlias = dict[int, Position]


class Replay:
    """Copies records of one topic in transactions.

    Args:
        client_config: for librdkafka.
        name: of the consumer group and of the transactions; two that run at the same time under
            one name cut each other off.
        source: the topic that is read.
    """

    def __init__(self, client_config: dict[str, str], name: str, source: str) -> None:
        self._config = client_config
        self._name = name
        self._source = source
        self._sender: Sender | None = None
        # The first waits while a transaction is open that could change the positions.
        self._consumer = group_consumer(client_config, name)
        self._hasty_consumer = group_consumer(client_config, name, "read_uncommitted")
        self._group = self._consumer.consumer_group_metadata()

    def positions(self, partitions: Iterable[int]) -> Positions:
        """Return how far the copying of each partition has come.

        Before `take_over` another may still be at work, or have left a transaction open; what it
        has not committed does not count.

        Raises:
            ReplayError: the broker does not say.
        """
        where = [TopicPartition(self._source, partition) for partition in partitions]
        consumer = self._hasty_consumer if self._sender is None else self._consumer
        found = self._asked(lambda: consumer.committed(where, ANSWER_TIMEOUT_S))
        for one in found:
            if one.error is not None:
                raise self._failed(KafkaException(one.error))
        return {one.partition: _position(one) for one in found}

    def take_over(self) -> None:
        """Cut off an earlier copying that still runs, or end what it left open.

        To be called before `positions`: they cannot change any more then.

        Raises:
            ReplayError: transactions are not allowed, or no broker answers.
        """
        sender = Sender(self._config, **{"transactional.id": self._name})
        self._asked(lambda: sender.producer.init_transactions(ANSWER_TIMEOUT_S))
        self._sender = sender

    def copy(self, records: list[Copy], topic: str, positions: Positions) -> Positions:
        """Write records in one transaction, and how far the copying has come with them.

        Returns:
            The positions of all partitions.

        Raises:
            ReplayError: they are not written, or it is not known: the positions tell.
        """
        assert self._sender is not None, "take_over comes first"
        changed: Positions = {}
        for one in records:
            partition, offset = one.record.partition, one.record.offset
            before = changed.get(partition) or positions[partition]
            changed[partition] = before.after(offset, one.kind)
        self._asked(lambda: self._write(records, topic, changed))
        return {**positions, **changed}

    def close(self) -> None:
        """Give up the connection."""
        self._sender = None
        self._consumer.close()
        self._hasty_consumer.close()

    def _write(self, records: list[Copy], topic: str, changed: Positions) -> None:
        sender = self._sender
        assert sender is not None
        producer = sender.producer
        producer.begin_transaction()
        for one in records:
            sender.send_to(topic, one.partition, one.record)
        offsets = [self._committed(partition, changed[partition]) for partition in changed]
        try:
            send_offsets(producer, offsets, self._group)
            producer.commit_transaction(COMMIT_TIMEOUT_S)
        except KafkaException:
            sender.check()  # the reason, if it lies in a record
            raise

    def _committed(self, partition: int, position: Position) -> TopicPartition:
        text = msgspec.json.encode(position).decode()
        # For those who look at the group: nothing is read from there.
        furthest = max(position.kinds.values(), default=position.offset)
        return TopicPartition(self._source, partition, furthest, text)

    def _asked(self, ask: Callable[[], T]) -> T:
        try:
            return ask()
        except KafkaException as error:
            raise self._failed(error) from None

    def _failed(self, error: KafkaException) -> ReplayError:
        if error.args[0].code() in FENCED:
            return ReplayError(
                f"another replay has begun as {self._name} (or a transaction took longer than"
                " transaction.timeout.ms): this one ends; run it again to see what is left"
            )
        return ReplayError(reason(error.args[0], self._name, self._source))


def _position(committed: TopicPartition) -> Position:
    """Return what a committed offset says; one that somebody has set counts for every kind."""
    if not committed.metadata:
        return Position(max(committed.offset, 0), {})
    try:
        return msgspec.json.decode(committed.metadata, type=Position)
    except msgspec.MsgspecError:
        raise ReplayError(
            f"the offsets of the replay of {committed.topic} are not this service's: somebody else"
            " has set them; delete the group, and all is replayed"
        ) from None
