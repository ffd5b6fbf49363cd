"""What the steps of the flow tell as it happens: once per batch or epoch, never per event."""

import time
from threading import Lock

from prometheus_client import Counter, Histogram

from windowing.core.key_group import key_group
from windowing.core.lane_ledger import Due
from windowing.core.messages import ClosedWindow, Flush, Results
from windowing.observe.traces import Traces


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

    def __init__(
        self, number: int, events: Counter, flush_duration: Histogram, traces: Traces
    ) -> None:
        self._number = number
        self._events = events
        self._flush_duration = flush_duration
        self._traces = traces
        self._unflushed = 0

    def read(self, records: int) -> None:
        """Hear that so many records were read, events or not."""
        self._events.inc(records)
        self._unflushed += records

    def flushed(self, flush: Flush, duration_s: float) -> None:
        """Hear that a flush was made of all that was read, and how long that took."""
        self._flush_duration.observe(duration_s)
        self._traces.span(
            "flush",
            duration_s,
            partition=self._number,
            records=self._unflushed,
            key_groups=len(flush.groups),
            dead_letters=len(flush.dead_letters),
        )
        self._unflushed = 0


class ClosingMeter:
    """Of the windows of all key groups in this process."""

    def __init__(self, traces: Traces) -> None:
        self._traces = traces

    def closed(self, windows: list[ClosedWindow], duration_s: float) -> None:
        """Hear which windows of one key group have closed, and how long that took."""
        if self._traces.on:
            self._traces.span(
                "close",
                duration_s,
                key_group=key_group(next(iter(windows[0].users))),
                windows=len(windows),
                users=sum(len(window.users) for window in windows),
            )


class EpochMeter:
    """Of this process's epochs, whatever its steps and threads.

    Attributes:
        epoch: how many have begun in this process.
    """

    def __init__(
        self,
        snapshot_bytes: Counter,
        snapshot_duration: Histogram,
        last_commit: LastCommit,
        traces: Traces,
    ) -> None:
        self.epoch = 0
        self._bytes = snapshot_bytes
        self._duration = snapshot_duration
        self._last_commit = last_commit
        self._traces = traces
        self._bytes_ending = 0
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
        with self._lock:
            self._bytes_ending += len(state)
        return state

    def barrier(self) -> None:
        """Hear from a source that the epoch before is complete and saved in every worker.

        All partitions hear the same; the first tells something new.
        """
        with self._lock:
            since_s, self._ending_since_s = self._ending_since_s, None
            if since_s is None and self.epoch > 0:
                return
            size, self._bytes_ending = self._bytes_ending, 0
            self.epoch += 1
        self._last_commit.now()
        if since_s is not None:
            duration_s = time.monotonic() - since_s
            self._duration.observe(duration_s)
            self._traces.span("snapshot", duration_s, epoch=self.epoch - 1, bytes=size)
        self._traces.begin_epoch(self.epoch)


class TransactionMeter:
    """Of the transactions of all lanes in this process."""

    def __init__(
        self,
        committed: Counter,
        aborted: Counter,
        duration: Histogram,
        last_commit: LastCommit,
        traces: Traces,
    ) -> None:
        self._committed = committed
        self._aborted = aborted
        self._duration = duration
        self._last_commit = last_commit
        self._traces = traces

    def committed(self, lane: str, due: Due, duration_s: float, *, found: bool) -> None:
        """Hear that a transaction is out, and how long that took with all attempts.

        Args:
            found: its outcome was not known at first, and it was found to be out.
        """
        self._committed.inc()
        self._duration.observe(duration_s)
        self._last_commit.now()
        if self._traces.on:
            self._traces.span(
                "transaction",
                duration_s,
                lane=lane,
                batch=due.number,
                records=sum(len(o.keys) if type(o) is Results else 1 for o in due.outputs),
                outcome="found committed" if found else "committed",
            )

    def aborted(self) -> None:
        """Hear that an attempt was given up, or turned out not to have been committed."""
        self._aborted.inc()
