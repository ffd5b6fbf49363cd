"""When each event of an open-loop load is due: known beforehand, whatever the machine can do."""

from typing import NamedTuple

TICK_MS = 10
"""Events fall due together, once in each tick."""


class Schedule(NamedTuple):
    """A load of even pace; event n goes to partition n modulo `partitions`.

    Fields:
        begin_ms: since the Unix epoch; the first events are due a tick later.
    """

    begin_ms: int
    rate_per_s: int
    partitions: int

    def due_by(self, at_ms: int) -> int:
        """Return how many events are due at or before a moment."""
        ticks = max(0, (at_ms - self.begin_ms) // TICK_MS)
        return self.rate_per_s * ticks * TICK_MS // 1000

    def due_ms(self, n: int) -> int:
        """Return when event n, counted from 0, is due: that is its event time, too."""
        return self.begin_ms + -(-(n + 1) * 1000 // (self.rate_per_s * TICK_MS)) * TICK_MS

    def closing_ms(self, window_end_ms: int, bound_ms: int) -> int:
        """Return when the last event was due without which a window cannot close.

        A partition's watermark reaches the window's end with its first event at or past
        window_end_ms + bound_ms. The flow's is the smallest of them, so the window closes with the
        slowest partition's: of the first `partitions` events from that moment on, one to each
        partition, the last. A result's delay counts from here, also when the feeder or the broker
        was behind: nothing that waits can leave itself out (no coordinated omission).

        Args:
            window_end_ms: since the Unix epoch.
            bound_ms: WINDOWING_MAX_OUT_OF_ORDERNESS.
        """
        first = self.due_by(window_end_ms + bound_ms - 1)
        return self.due_ms(first + self.partitions - 1)
