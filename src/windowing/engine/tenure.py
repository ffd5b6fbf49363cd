"""Whether this process is still the one that may write: the output, and the recovery store."""

import time
from threading import Lock, Thread

from windowing.engine.failure import ends_process
from windowing.kafka.transaction import LaneTransactions

CHECK_AFTER_S = 0.2
"""Less than it takes to replace a process: one that was stopped for so long must ask."""
LOOK_EVERY_S = 1.0


class Tenure:
    """Asks the broker before state is saved, for nothing else keeps a stale process out of it.

    Bytewax writes what is saved at once, not when the epoch is complete, and under epoch numbers
    that the process's successor uses too. So everything that is saved asks first.

    It also asks all the time in between: a process that is replaced holds its successor up, which
    waits for it to end.
    """

    def __init__(self) -> None:
        self._asking = Lock()
        self._looking = Lock()  # its own: a look may take a while, and must hold nobody up
        self._lanes: list[LaneTransactions] = []
        self._asked_s = 0.0
        self._watch: Thread | None = None

    def begin(self, lane: LaneTransactions) -> None:
        """Hold a lane, which was taken over."""
        with self._asking:
            self._lanes.append(lane)
            if self._watch is None:
                self._watch = Thread(target=self._look_on, daemon=True)
                self._watch.start()

    def end(self, lane: LaneTransactions) -> None:
        """Let go of a lane, which may be closed then."""
        with self._asking, self._looking:
            self._lanes.remove(lane)

    def require(self) -> None:
        """Raise `FencedError` if another process has taken over since."""
        with self._asking:
            now_s = time.monotonic()
            if self._lanes and now_s - self._asked_s > CHECK_AFTER_S:
                self._lanes[0].require_current()
                self._asked_s = now_s

    @ends_process
    def _look_on(self) -> None:
        """End the process when another is seen to have taken over; a silent broker says nothing."""
        while True:
            time.sleep(LOOK_EVERY_S)
            with self._looking:
                lanes = tuple(self._lanes)
                if lanes:
                    lanes[0].look()
                # Here, as whoever writes a lane may be waiting for the broker on another.
                for lane in lanes:
                    lane.hear()
