"""Whether this process is still the one that may write: the output, and the recovery store."""

import time
from threading import Lock

from windowing.kafka.transaction import LaneTransactions

CHECK_AFTER_S = 0.2
"""Less than it takes to replace a process: one that was stopped for so long must ask."""


class Tenure:
    """Asks the broker before state is saved, for nothing keeps a stale process out of the store.

    Bytewax writes what is saved at once, not when the epoch is complete, and under epoch numbers
    that the process's successor uses too. So everything that is saved asks first.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._lanes: list[LaneTransactions] = []
        self._asked_s = 0.0

    def begin(self, lane: LaneTransactions) -> None:
        """Hold a lane, which was taken over."""
        self._lanes.append(lane)

    def require(self) -> None:
        """Raise `FencedError` if another process has taken over since."""
        with self._lock:
            now_s = time.monotonic()
            if self._lanes and now_s - self._asked_s > CHECK_AFTER_S:
                self._lanes[0].require_current()
                self._asked_s = now_s
