"""A Kafka producer as both kinds of lane use it: settings, the loop, what is wrong in a line."""

from collections.abc import Iterable
from typing import Any

from confluent_kafka import KafkaError, Message, Producer

from windowing.core.errors import WindowingError
from windowing.core.messages import Output, SourceRecord
from windowing.kafka.refusal import Login

QUEUED_RECORDS = 500_000


class WriteError(WindowingError):
    """A record could not be written; the text says which topic and what to do."""


class Sender:
    """Sends records and remembers the first that the broker refused.

    Attributes:
        producer: the client, to flush or for its transactions.
        refusal: what became of the first record that was not written.
    """

    def __init__(self, config: dict[str, Any], **more: str) -> None:
        """Make a client of `config`, which is its own, and more properties."""
        self.refusal: WriteError | None = None
        self._login = Login(config)
        self.producer = Producer(
            {
                "linger.ms": 50,
                "batch.size": 1_000_000,
                "queue.buffering.max.messages": QUEUED_RECORDS,
                # As the Java client does it, so that the output can be joined by key.
                "partitioner": "murmur2_random",
                **config,
                "acks": "all",
                "enable.idempotence": True,
                # The largest that the client allows: what is too large, the topic decides.
                "message.max.bytes": 1_000_000_000,
                "delivery.report.only.error": True,
                "on_delivery": self._delivered,
                "error_cb": self._login.hear,
                **more,
            }
        )

    def send(self, outputs: Iterable[Output]) -> None:
        """Hand records to the client; waits while its queue is full.

        Raises:
            WriteError: a record was refused, this one or an earlier.
        """
        produce = self.producer.produce
        for output in outputs:
            topic, timestamp_ms = output.topic, output.timestamp_ms
            # An empty list costs the client as much as a full one.
            headers: Any = output.headers or None
            for key, value in output.records():
                while True:
                    try:
                        # By position: a third of the cost is in the names of arguments.
                        produce(topic, value, key, -1, None, None, timestamp_ms, headers)
                        break
                    except BufferError:
                        self.producer.poll(0.1)
                        self.check()
        self.producer.poll(0)
        self.check()

    def send_to(self, topic: str, partition: int, record: SourceRecord) -> None:
        """Hand one record to the client, for a partition of the caller's choice; -1: by its key.

        Raises:
            WriteError: a record was refused, this one or an earlier.
        """
        headers: Any = record.headers or None
        value, key, timestamp_ms = record.value, record.key, record.timestamp_ms
        while True:
            try:
                self.producer.produce(
                    topic, value, key, partition, None, None, timestamp_ms, headers
                )
                break
            except BufferError:
                self.producer.poll(0.1)
                self.check()

    def check(self) -> None:
        """Raise `WriteError` if a record was refused, or the client itself."""
        if self._login.refusal is not None:
            raise WriteError(self._login.refusal)
        if self.refusal is not None:
            raise self.refusal

    def _delivered(self, error: KafkaError | None, message: Message) -> None:
        if error is not None and self.refusal is None and error.code() not in PURGED:
            self.refusal = WriteError(_reason(error, message))


PURGED = {KafkaError._PURGE_QUEUE, KafkaError._PURGE_INFLIGHT}
"""Of a transaction that was given up for another reason."""


def _reason(error: KafkaError, message: Message) -> str:
    topic = message.topic()
    if error.code() == KafkaError.TOPIC_AUTHORIZATION_FAILED:
        return f"no permission to write topic {topic!r}: grant WRITE on it"
    if error.code() in (KafkaError.UNKNOWN_TOPIC_OR_PART, KafkaError._UNKNOWN_TOPIC):
        return f"topic {topic!r} does not exist any more: create it and start again"
    if error.code() == KafkaError.INVALID_TIMESTAMP:
        return (
            f"topic {topic!r} refuses a timestamp as too far from its clock: give the topic"
            " message.timestamp.type=LogAppendTime, or a larger message.timestamp.after.max.ms"
        )
    return f"cannot write to topic {topic!r}: {error.str()}"
