"""Live events, of which some go wrong; how many can be changed while they are written."""

import json
import threading
import time
from datetime import UTC, datetime
from itertools import cycle
from types import TracebackType

from confluent_kafka import Producer

EVENTS_PER_S = 400
USERS = 100
PACE_S = 0.05
LATE_BY_S = 120.0
BROKEN = [b"\xff", b"{", b"[]", None]
"""Values that are no events, each for another reason."""
USUALLY = 0.004
"""The share of what goes wrong when all is well: less than an alert waits for."""


class Traffic:
    """A thread that writes events whose time is the clock's, evenly into all partitions.

    Attributes:
        broken: the share of records that are no events.
        late: the share of events two minutes late.
        frozen: partitions whose events all have the time when they were put here.
    """

    def __init__(self, bootstrap: str, topic: str, partitions: int) -> None:
        self._topic = topic
        self._partitions = partitions
        self._producer = Producer({"bootstrap.servers": bootstrap, "log_level": 0})
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._write, daemon=True)
        self.frozen: dict[int, float] = {}
        self.behave()

    def behave(self) -> None:
        """Write what is usual from now on."""
        self.broken = USUALLY
        self.late = USUALLY
        self.frozen = {}

    def freeze(self, partition: int) -> None:
        """Let the clock of a partition's events stand still."""
        self.frozen = {**self.frozen, partition: time.time()}

    def __enter__(self) -> "Traffic":
        """Begin to write."""
        self._thread.start()
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _: TracebackType | None,
    ) -> None:
        """End the thread."""
        self._stop.set()
        self._thread.join()

    def _write(self) -> None:
        begun_s = time.monotonic()
        owed_broken, owed_late, written = 0.0, 0.0, 0
        broken = cycle(BROKEN)
        while not self._stop.wait(PACE_S):
            due = int((time.monotonic() - begun_s) * EVENTS_PER_S)
            for number in range(written, due):
                owed_broken += self.broken
                owed_late += self.late
                if owed_broken >= 1:
                    owed_broken -= 1
                    value = next(broken)
                elif owed_late >= 1:
                    owed_late -= 1
                    value = self._event(number, time.time() - LATE_BY_S)
                else:
                    value = self._event(number, time.time())
                self._producer.produce(self._topic, value, partition=number % self._partitions)
            written = due
            self._producer.poll(0)

    def _event(self, number: int, at_s: float) -> bytes:
        at_s = min(at_s, self.frozen.get(number % self._partitions, at_s))
        event = {
            "user_id": number * 7 % USERS,
            "event_type": "purchase",
            "timestamp": datetime.fromtimestamp(at_s, UTC).isoformat(),
            "amount": number % 50,
        }
        return json.dumps(event).encode()
