"""How far the flow is behind, measured from outside.

The flow commits its durable position of each input partition, at every epoch, as an offset of the
consumer group WINDOWING_GROUP_ID; nobody else reads with that group. The lag is the end of the
topic minus that: with epochs of a second it is a sawtooth of about a second's worth of events.
"""

from collections.abc import Iterable

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition
from tenacity import retry, retry_if_exception, stop_after_delay, wait_fixed

TIMEOUT_S = 10.0
PATIENCE_S = 60.0
PASSING = {
    KafkaError._TIMED_OUT,
    KafkaError._TRANSPORT,
    KafkaError._UNKNOWN_PARTITION,
    KafkaError.NOT_LEADER_FOR_PARTITION,
    KafkaError.NOT_COORDINATOR,
    KafkaError.COORDINATOR_NOT_AVAILABLE,
    KafkaError.COORDINATOR_LOAD_IN_PROGRESS,
}
"""What is said of topics and groups that are new, and by a broker that has no time."""


def _passes(error: BaseException) -> bool:
    return isinstance(error, KafkaException) and error.args[0].code() in PASSING


patient = retry(
    retry=retry_if_exception(_passes),
    stop=stop_after_delay(PATIENCE_S),
    wait=wait_fixed(0.1),
    reraise=True,
)


class LagWatch:
    """Asks a broker about one topic and one group."""

    def __init__(self, bootstrap: str, topic: str, group: str, partitions: int) -> None:
        # It joins no group and reads nothing: only a consumer may ask for committed offsets.
        self._consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": group})
        self._places = [TopicPartition(topic, number) for number in range(partitions)]

    @patient
    def ends(self) -> list[int]:
        """Return where each partition ends."""
        ask = self._consumer.get_watermark_offsets
        return [ask(place, timeout=TIMEOUT_S, cached=False)[1] for place in self._places]

    @patient
    def positions(self) -> list[int] | None:
        """Return the flow's durable position in each partition; None: not all are committed."""
        committed = self._consumer.committed(self._places, timeout=TIMEOUT_S)
        positions = [place.offset for place in committed]
        return None if min(positions) < 0 else positions

    def close(self) -> None:
        """Let go of the broker."""
        self._consumer.close()


def lag_of(ends: Iterable[int], positions: Iterable[int] | None) -> int:
    """Return how many records are not durably counted; without positions none is."""
    return sum(ends) - sum(positions or ())
