"""Looks at a topic of results from outside while a contender runs."""

import time

from confluent_kafka import OFFSET_BEGINNING, Consumer, TopicPartition

QUICK = {
    "group.id": "never-joined",
    "enable.auto.commit": False,
    "isolation.level": "read_committed",
    # The first one is wanted, and no more.
    "queued.min.messages": 1,
    "fetch.message.max.bytes": 1_000,
    "fetch.wait.max.ms": 100,
    "log_level": 3,
}


class ResultsWatch:
    """Notes when the first record of a topic can be read, and tells when there are enough.

    Attributes:
        first_seen_s: when that was, on the monotonic clock; None until then.
        last_seen_s: when a look last found more than the one before; None until then.
    """

    def __init__(
        self, bootstrap: str, topic: str, *, enough: int | None, quiet_s: float = 0.0
    ) -> None:
        """Begin to watch.

        Args:
            enough: how many records there must be; None if the contender ends by itself.
            quiet_s: how long none may have come since, where more than enough can come.
        """
        self._consumer = Consumer({"bootstrap.servers": bootstrap, **QUICK})
        partitions = self._consumer.list_topics(topic).topics[topic].partitions
        self._partitions = [TopicPartition(topic, p, OFFSET_BEGINNING) for p in partitions]
        self._consumer.assign(self._partitions)
        self._enough = enough
        self._quiet_s = quiet_s
        self._seen = 0
        self.first_seen_s: float | None = None
        self.last_seen_s: float | None = None

    def look(self, pace_s: float) -> bool:
        """Look once, and return whether all are there."""
        if self.first_seen_s is None:
            message = self._consumer.poll(pace_s)
            if message is not None and message.error() is None:
                self.first_seen_s = time.monotonic()
                self._consumer.unassign()
            return False
        time.sleep(pace_s)
        if self._enough is None:
            return False
        seen, now_s = self._records(), time.monotonic()
        if seen > self._seen or self.last_seen_s is None:
            self._seen, self.last_seen_s = seen, now_s
        return seen >= self._enough and now_s - self.last_seen_s >= self._quiet_s

    def close(self) -> None:
        """Look no more."""
        self._consumer.close()

    def _records(self) -> int:
        # Offsets count the marks of transactions too: those contenders end by themselves.
        ends = (self._consumer.get_watermark_offsets(p, timeout=10) for p in self._partitions)
        return sum(end[1] for end in ends if end is not None)
