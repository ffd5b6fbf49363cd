"""Writes records to Kafka, each at least once."""

from collections.abc import Iterable

from confluent_kafka import KafkaError, Message, Producer

from windowing.core.errors import WindowingError
from windowing.core.messages import Output


class WriteError(WindowingError):
    """A record could not be written; the text says which topic and what to do."""


class LaneWriter:
    """A producer whose `flush` returns only when everything written is acknowledged."""

    def __init__(self, client_config: dict[str, str]) -> None:
        self._failure: WriteError | None = None
        self._producer = Producer(
            {
                **client_config,
                "acks": "all",
                "enable.idempotence": True,
                "linger.ms": 50,
                "batch.size": 1_000_000,
                "queue.buffering.max.messages": 500_000,
                # The largest that the client allows: what is too large, the topic decides.
                "message.max.bytes": 1_000_000_000,
                # As the Java client does it, so that the output can be joined by key.
                "partitioner": "murmur2_random",
                "delivery.report.only.error": True,
                "on_delivery": self._delivered,
            }
        )

    def write(self, outputs: Iterable[Output]) -> None:
        """Send records; waits while the client's queue is full.

        Raises:
            WriteError: an earlier record could not be written.
        """
        produce = self._producer.produce
        for output in outputs:
            topic, timestamp_ms = output.topic, output.timestamp_ms
            headers = output.headers or None  # an empty list costs as much as a full one
            for key, value in output.records():
                while True:
                    try:
                        # By position: a third of the cost is in the names of arguments.
                        produce(topic, value, key, -1, None, None, timestamp_ms, headers)
                        break
                    except BufferError:
                        self._producer.poll(0.1)
                        self._check()
        self._producer.poll(0)
        self._check()

    def flush(self) -> None:
        """Wait until every record sent is acknowledged.

        Raises:
            WriteError: a record could not be written.
        """
        self._producer.flush()
        self._check()

    def _delivered(self, error: KafkaError | None, message: Message) -> None:
        if error is not None and self._failure is None:
            self._failure = WriteError(_reason(error, message))

    def _check(self) -> None:
        if self._failure is not None:
            raise self._failure


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
