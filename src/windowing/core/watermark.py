"""The watermark of one partition: how far event time has come there.

Source: bounded out-of-orderness, as Flink's BoundedOutOfOrdernessWatermarks, without its "- 1":
a window closes when the watermark reaches its end.
"""

from datetime import datetime

from windowing.core.window import (
    BEGINNING_US,
    EPOCH,
    MICROSECOND,
    microseconds_since_epoch,
    window_at,
)

NEVER = EPOCH - MICROSECOND
"""The latest event time of a partition that has had no event: none is before 1970."""


class Watermark:
    """The largest event time seen minus a bound; never goes back.

    Attributes:
        latest: the largest event time seen, aware; `NEVER` before the first.
        floor_us: what it has reached otherwise: before a restart, by the clock, at the end.
    """

    def __init__(
        self, bound_us: int, latest: datetime = NEVER, floor_us: int = BEGINNING_US
    ) -> None:
        self.latest = latest
        self.floor_us = floor_us
        self._bound_us = bound_us

    @property
    def us(self) -> int:
        """The watermark, in microseconds since the epoch."""
        if self.latest is NEVER:
            return self.floor_us
        return max(self.floor_us, microseconds_since_epoch(self.latest) - self._bound_us)

    def after(self, time: datetime) -> int:
        """Return what the watermark is once an event of `time`, aware, has been seen."""
        return max(self.us, microseconds_since_epoch(time) - self._bound_us)

    @property
    def has_begun(self) -> bool:
        """Whether there is a watermark at all: an event was seen, here or before a restart."""
        return self.us != BEGINNING_US

    def elapse(self, duration_us: int) -> None:
        """Go on at the pace of a clock; without any event there is nothing to go on from."""
        if self.has_begun:
            self.floor_us = self.us + duration_us

    def end(self, length_us: int) -> None:
        """Pass the end of the last window: no further event will come."""
        if self.latest is not NEVER:
            last = window_at(microseconds_since_epoch(self.latest), length_us)
            self.floor_us = max(self.us, (last + 1) * length_us)
