"""Tumbling windows of event time, and time as whole microseconds.

Window n of a length is [n * length, (n + 1) * length) from the Unix epoch, n floored: a time on a
boundary opens the next window, and every time is in exactly one. A window is known by its n.

Source: fixed windows, Akidau et al., The Dataflow Model, VLDB 2015.
"""

from datetime import UTC, datetime, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
BEGINNING_US = -(2**63)
"""The beginning of time: before every event."""
END_US = 2**63 - 1
"""The end of time: after every event."""


def microseconds(duration: timedelta) -> int:
    """Return a duration in whole microseconds."""
    return duration // MICROSECOND


def microseconds_since_epoch(time: datetime) -> int:
    """Return an aware time in whole microseconds since the Unix epoch."""
    return (time - EPOCH) // MICROSECOND


def as_utc(time: datetime) -> datetime:
    """Return `time` as aware UTC; a naive time is UTC already."""
    if time.tzinfo is UTC:
        return time
    if time.tzinfo is None:
        return time.replace(tzinfo=UTC)
    return time.astimezone(UTC)


def window_at(time_us: int, length_us: int) -> int:
    """Return n of the window that holds a time.

    As a watermark's window, n is also the first that is still open: window m has closed when
    its end (m + 1) * length is at or before the watermark, which is m < n.
    """
    return time_us // length_us
