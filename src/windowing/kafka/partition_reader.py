"""Lists of records of some partitions, read by one consumer.

One consumer serves all partitions of a worker: a consumer costs 4 threads, 8 descriptors and its
own queue of fetched records, and one queue for all is one memory budget for all.
"""

import logging
from collections import deque
from contextlib import suppress
from threading import Lock
from typing import Any, NamedTuple

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from windowing.core.errors import WindowingError
from windowing.core.messages import Record
from windowing.kafka.clients import client_config as one_client
from windowing.kafka.refusal import Login

logger = logging.getLogger(__name__)

BATCH_RECORDS = 1_000
"""Records per call of the client: few enough to be still in the processor's cache when decoded."""
HELD_RECORDS = 50_000
"""Records handed out by the client for partitions that are not read at the moment."""
SHOW_TIMEOUT_MS = 2_000
FETCHED_KIB = 65_536
"""Records fetched ahead by the client, for all partitions together."""

_get_partition = Message.partition
_get_error = Message.error

TRANSIENT = {
    KafkaError._TRANSPORT,
    KafkaError._ALL_BROKERS_DOWN,
    KafkaError._TIMED_OUT,
    KafkaError._RESOLVE,
    KafkaError.LEADER_NOT_AVAILABLE,
    KafkaError.NOT_LEADER_FOR_PARTITION,
    KafkaError.REQUEST_TIMED_OUT,
    KafkaError.KAFKA_STORAGE_ERROR,
}
"""Errors that the client gets over by itself."""
GONE = {KafkaError._AUTO_OFFSET_RESET, KafkaError.OFFSET_OUT_OF_RANGE}
FORBIDDEN = {KafkaError.TOPIC_AUTHORIZATION_FAILED, KafkaError.CLUSTER_AUTHORIZATION_FAILED}


class ReadError(WindowingError):
    """The input cannot be read any further; the text says what to do."""


class Batch(NamedTuple):
    """Records of a partition in order, and the offset at which reading goes on."""

    records: list[Record]
    next_offset: int


def consumer_config(
    client_config: dict[str, str], group: str = "windowing"
) -> dict[str, str | int | bool]:
    """Return how the input is read; what decides about delivery is not for the user to set.

    Args:
        client_config: for librdkafka.
        group: whose offsets show how far the job is; nobody reads from there.
    """
    return {
        # The default of a second makes a fast reader wait for its next fetch.
        "fetch.queue.backoff.ms": 1,
        "queued.max.messages.kbytes": FETCHED_KIB,
        # The reader is in no session. But so long the client waits, even when it is closed, for a
        # coordinator to show an offset to: one that is away, or does not talk to this user.
        "session.timeout.ms": SHOW_TIMEOUT_MS,
        "heartbeat.interval.ms": SHOW_TIMEOUT_MS // 4,
        **client_config,
        # Partitions are assigned by hand, and offsets committed by `PartitionReader.show` alone.
        "group.id": group,
        "enable.auto.commit": False,
        "enable.auto.offset.store": False,
        "auto.offset.reset": "error",
        "isolation.level": "read_committed",
        "enable.partition.eof": True,
    }


class PartitionReader:
    """Reads partitions of one topic, each from an offset of its own.

    Not safe to share between threads, but for `end_offset`.

    Attributes:
        closed: whether its last partition was removed; it reads no others then.
    """

    def __init__(self, client_config: dict[str, str], topic: str, group: str) -> None:
        self._topic = topic
        self._group = group
        config = one_client(consumer_config(client_config, group), "reader")
        self._login = Login(client_config)
        self._consumer = Consumer(
            {**config, "on_commit": self._shown, "error_cb": self._login.hear}
        )
        self._shown_offsets: dict[int, int] = {}
        self._show_fails = False
        self._held: dict[int, deque[Batch]] = {}
        self._held_records = 0
        self.closed = False
        self._closing = Lock()

    def add(self, partition: int, offset: int) -> None:
        """Read a partition from `offset`."""
        self._held[partition] = deque()
        self._consumer.incremental_assign([TopicPartition(self._topic, partition, offset)])

    def remove(self, partition: int) -> None:
        """Read a partition no more; with the last one the consumer is closed."""
        batches = self._held.pop(partition)
        self._held_records -= sum(len(batch.records) for batch in batches)
        if self._held:
            self._consumer.incremental_unassign([TopicPartition(self._topic, partition)])
        else:
            with self._closing:
                self.closed = True
                self._consumer.close()

    def end_offset(self, partition: int) -> int | None:
        """Return where a partition ended when it was last fetched from; None: not known.

        Any thread may ask: the client's own copy is read, which waits for nobody, and its
        statistics would be the same number a while later. The lock is there because the client
        can crash if it is asked while it is being closed.
        """
        where = TopicPartition(self._topic, partition)
        with self._closing, suppress(KafkaException):
            if not self.closed:
                _, end = self._consumer.get_watermark_offsets(where, cached=True)
                return end if end >= 0 else None
        return None

    def show(self, partition: int, offset: int) -> None:
        """Let the consumer group say that a partition is done up to `offset`.

        For those who look at consumer lag. It does not wait, and a failure is only said.
        """
        if self._shown_offsets.get(partition) != offset:
            self._shown_offsets[partition] = offset
            where = TopicPartition(self._topic, partition, offset)
            self._consumer.commit(offsets=[where], asynchronous=True)

    def take(self, partition: int) -> Batch | None:
        """Return the next records of a partition without waiting; None if none are there.

        At the end of the partition the batch is empty and its offset is the end.

        Raises:
            ReadError: the partition cannot be read any further.
        """
        held = self._held[partition]
        if not held and self._held_records < HELD_RECORDS:
            self._hold(self._consumer.consume(BATCH_RECORDS, timeout=0))
            if self._login.refusal is not None:
                raise ReadError(self._login.refusal)
        if not held:
            return None
        batch = held.popleft()
        self._held_records -= len(batch.records)
        return batch

    def _hold(self, messages: list[Any]) -> None:
        """Sort messages by partition; most lists are of one partition and hold no error."""
        if len(set(map(_get_partition, messages))) == 1 and not any(map(_get_error, messages)):
            self._hold_records(messages)
            return
        run: list[Any] = []
        for message in messages:
            error = message.error()
            if run and (error is not None or message.partition() != run[0].partition()):
                self._hold_records(run)
                run = []
            if error is None:
                run.append(message)
            else:
                self._hear(error, message)
        if run:
            self._hold_records(run)

    def _hold_records(self, records: list[Any]) -> None:
        held = self._held.get(records[0].partition())
        if held is not None:  # else it was fetched before the partition was removed
            held.append(Batch(records, records[-1].offset() + 1))
            self._held_records += len(records)

    def _shown(self, error: KafkaError | None, _positions: list[TopicPartition]) -> None:
        """Say when the group cannot be written to any more, and when it can again."""
        if error is not None and not self._show_fails:
            logger.warning(
                "consumer group %s does not show how far the job is: %s; grant READ on the group,"
                " if that is why (nothing else depends on it)",
                self._group,
                error.str(),
            )
        self._show_fails = error is not None

    def _hear(self, error: KafkaError, message: Any) -> None:
        partition, offset = message.partition(), message.offset()
        if error.code() == KafkaError._PARTITION_EOF:
            if partition in self._held:
                self._held[partition].append(Batch([], offset))
        elif error.code() == KafkaError.GROUP_AUTHORIZATION_FAILED:
            self._shown(error, [])
        elif error.code() in TRANSIENT:
            said = {"partition": partition}
            logger.warning("reading %s[%s]: %s", self._topic, partition, error.str(), extra=said)
        elif error.code() in GONE:
            raise ReadError(
                f"offset {offset} of {self._topic}[{partition}] is not there any more: retention"
                " was shorter than the job was down; records are lost for it. To go on from what"
                " is there, start with an empty recovery store"
            )
        elif error.code() in FORBIDDEN:
            raise ReadError(
                f"no permission to read topic {self._topic!r}: grant READ on it,"
                " or set WINDOWING_INPUT_TOPIC"
            )
        else:
            raise ReadError(f"cannot read {self._topic}[{partition}]: {error.str()}")
