"""Where partitions end, asked of the broker in the background."""

from concurrent.futures import Future
from typing import NamedTuple

from confluent_kafka import IsolationLevel, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient, ListOffsetsResultInfo, OffsetSpec

from windowing.kafka.clients import client_config as one_client

ASK_INTERVAL_US = 500_000
ANSWER_TIMEOUT_S = 3.0


class Answer(NamedTuple):
    """Where a partition ended for a reader of committed data; None: the broker did not say."""

    asked_at_us: int
    end_offset: int | None


class EndOffsets:
    """Asks for the ends of all silent partitions at once, every half second, never waiting.

    Times are microseconds of a clock that is passed in. Not safe to share between threads.
    """

    def __init__(self, client_config: dict[str, str], topic: str) -> None:
        self._topic = topic
        self._admin = AdminClient(one_client(client_config, "end-offsets"))
        self._wanted: set[int] = set()
        self._asked: dict[int, Future[ListOffsetsResultInfo]] = {}
        self._asked_at_us = -ASK_INTERVAL_US
        self._answers: dict[int, Answer] = {}

    def ask(self, partition: int, now_us: int) -> Answer | None:
        """Return an answer about a partition that was not returned before, and ask again."""
        self._admin.poll(0)  # hands over what the client logs
        self._collect()
        self._wanted.add(partition)
        if not self._asked and now_us - self._asked_at_us >= ASK_INTERVAL_US:
            self._send(now_us)
        return self._answers.pop(partition, None)

    def _send(self, now_us: int) -> None:
        request = {TopicPartition(self._topic, p): OffsetSpec.latest() for p in self._wanted}
        futures = self._admin.list_offsets(
            request,
            isolation_level=IsolationLevel.READ_COMMITTED,
            request_timeout=ANSWER_TIMEOUT_S,
        )
        self._asked = {where.partition: future for where, future in futures.items()}
        self._asked_at_us = now_us
        # Whoever is still silent when the answer is there wants the next one too.
        self._wanted = set()

    def _collect(self) -> None:
        if not self._asked or not all(future.done() for future in self._asked.values()):
            return
        for partition, future in self._asked.items():
            self._answers[partition] = Answer(self._asked_at_us, _end_offset(future))
        self._asked = {}


def _end_offset(future: Future[ListOffsetsResultInfo]) -> int | None:
    try:
        return int(future.result().offset)
    except KafkaException:
        return None
