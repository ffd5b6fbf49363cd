"""What the steps of the flow tell as it happens: once per batch or epoch, never per event."""

import time
from threading import Lock

from prometheus_client import Counter, Histogram


class LastCommit:
    """When output was last committed, or an epoch last saved.

    Attributes:
        at_s: in seconds since the Unix epoch; None: not yet.
    """

    def __init__(self) -> None:
        self.at_s: float | None = None

    def now(self) -> None:
        """Hear that it is just now."""
        self.at_s = time.time()


class PartitionMeter:
    """Of one input partition."""

    def __init__(self, events: Counter, flush_duration: Histogram) -> None:
        self._events = events
        self._flush_duration = flush_duration

    def read(self, records: int) -> None:
        """Hear that so many records were read, events or not."""
        self._events.inc(records)

    def flushed(self, duration_s: float) -> None:
        """Hear that a flush was made, and how long that took."""
        self._flush_duration.observe(duration_s)


class EpochMeter:
    """Of this process's epochs, whatever its steps and threads.

    Attributes:
        epoch: how many have begun in this process.
    """

    def __init__(
        self, snapshot_bytes: Counter, snapshot_duration: Histogram, last_commit: LastCommit
    ) -> None:
        self.epoch = 0
        self._bytes = snapshot_bytes
        self._duration = snapshot_duration
        self._last_commit = last_commit
        self._ending_since_s: float | None = None
        self._lock = Lock()

    def end(self) -> None:
        """Hear that a step is about to save its state, as each does when an epoch ends."""
        with self._lock:
            if self._ending_since_s is None:
                self._ending_since_s = time.monotonic()

    def saved(self, state: bytes) -> bytes:
        """Hear what a step has handed over to be saved, and return it."""
        self._bytes.inc(len(state))
        return state

    def barrier(self) -> None:
        """Hear from a source that the epoch before is complete and saved in every worker.

        All partitions hear the same; the first tells something new.
        """
        with self._lock:
            since_s, self._ending_since_s = self._ending_since_s, None
            if since_s is None and self.epoch > 0:
                return
            self.epoch += 1
        self._last_commit.now()
        if since_s is not None:
            self._duration.observe(time.monotonic() - since_s)


class TransactionMeter:
    """Of the transactions of all lanes in this process."""

    def __init__(
        self, committed: Counter, aborted: Counter, duration: Histogram, last_commit: LastCommit
    ) -> None:
        self._committed = committed
        self._aborted = aborted
        self._duration = duration
        self._last_commit = last_commit

    def committed(self, duration_s: float) -> None:
        """Hear that a transaction is out, and how long that took with all attempts."""
        self._committed.inc()
        self._duration.observe(duration_s)
        self._last_commit.now()

    def aborted(self) -> None:
        """Hear that an attempt was given up, or turned out not to have been committed."""
        self._aborted.inc()
