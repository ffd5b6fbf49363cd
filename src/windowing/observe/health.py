"""Whether the process makes progress, and whether it is at work yet."""

import time
from collections.abc import Callable
from typing import NamedTuple

STUCK_AFTER_S = 360.0
"""Longer than the 300 s for which a lane tries to reach its broker (kafka/transaction.py)."""


class Answer(NamedTuple):
    """What a probe is told.

    Fields:
        good: whether all is well, HTTP's 200 or 503.
        status: in a word.
        reason: in a line; empty: there is none to give.
    """

    good: bool
    status: str
    reason: str = ""


class Health:
    """What the steps of the flow say of themselves; safe to use from any thread.

    It is stuck when it has input partitions and none of them was asked for its next records for
    `STUCK_AFTER_S`. Everything that can hold the flow up ends there: a snapshot, a lane that
    writes, another process of the cluster at the end of an epoch. A broker that is away holds it
    up too, but no longer than 300 s, for then the process ends by itself; so a probe that restarts
    what is stuck makes no loop of an outage. Before the first records are asked for nothing is
    stuck: a predecessor may be waited for, or a large state be read; that is not ready.

    A process that fails or is replaced ends at once, so "failed" and "fenced" are answered only
    while its last words are written.
    """

    def __init__(self, now_s: Callable[[], float] = time.monotonic) -> None:
        self._now_s = now_s
        self._waits_for = "looking up topics and lanes on the broker"
        self._at_work = False
        self._asked_at_s = now_s()
        self._partitions: set[int] = set()
        self._stopping = False
        self._end: Answer | None = None

    def wait(self, reason: str) -> None:
        """Hear what the process waits for before it can begin."""
        self._waits_for = reason

    def open(self, partition: int) -> None:
        """Hear that an input partition is this process's."""
        self._partitions.add(partition)

    def close(self, partition: int) -> None:
        """Hear that an input partition is given up or ended."""
        self._partitions.discard(partition)

    def asked(self) -> None:
        """Hear that an input partition was asked for its next records."""
        self._asked_at_s = self._now_s()
        self._at_work = True

    def begin(self) -> None:
        """Hear that something has come from the input: all state is restored then."""
        self._at_work = True

    def stop(self) -> None:
        """Hear that the process was asked to stop."""
        self._stopping = True

    def end(self, status: str, reason: str) -> None:
        """Hear that the process is about to end, and why."""
        self._end = Answer(good=False, status=status, reason=reason)

    def health(self) -> Answer:
        """Return whether the flow makes progress."""
        if self._end is not None:
            return self._end
        silent_s = self._now_s() - self._asked_at_s
        if self._at_work and self._partitions and silent_s > STUCK_AFTER_S:
            return Answer(
                good=False,
                status="stuck",
                reason=f"no input partition was asked for its next records for {silent_s:.0f} s",
            )
        return Answer(good=True, status="ok")

    def ready(self) -> Answer:
        """Return whether state is restored and the partitions are assigned."""
        if self._end is not None:
            return self._end
        if self._stopping:
            return Answer(good=False, status="stopping", reason="asked to stop")
        if not self._at_work:
            return Answer(good=False, status="starting", reason=self._waits_for)
        return Answer(good=True, status="ready")
