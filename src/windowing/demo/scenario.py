"""What the demo plays: ten minutes of a shop's events in twenty seconds."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from random import Random

from windowing.demo.events import USERS, Arrival, Habits, arrivals

SEED = 5
PARTITIONS = len(USERS)
LENGTH = timedelta(minutes=10)
SPEED = 30
"""Seconds of event time in a second."""
EVENTS_PER_SECOND = 2.5
"""Of event time."""

WINDOW = timedelta(minutes=1)
OUT_OF_ORDERNESS = timedelta(seconds=3)
IDLE_TIMEOUT = timedelta(seconds=3)
"""Of the clock on the wall, as all idleness: a minute and a half of the demo's event time."""
MAX_FUTURE_SKEW = timedelta(hours=1)

QUIET_PARTITION = 3
QUIET_AFTER = timedelta(minutes=4)
LATE_AFTER = timedelta(minutes=5)


def start_before(now: datetime) -> datetime:
    """Return where event time starts so that it is past when it ends: on a full minute."""
    return now.astimezone(UTC).replace(second=0, microsecond=0) - LENGTH


def play_from(start: datetime) -> Iterator[Arrival]:
    """Return the whole stream; but for `start` it is always the same."""
    habits = Habits(
        window=WINDOW,
        out_of_orderness=OUT_OF_ORDERNESS,
        late_from=start + LATE_AFTER,
        quiet_partition=QUIET_PARTITION,
        quiet_from=start + QUIET_AFTER,
    )
    return arrivals(_times(start), seed=SEED, habits=habits)


def flow_settings() -> dict[str, str]:
    """Return the settings of the flow that have to do with time."""
    return {
        "WINDOWING_WINDOW_LENGTH": _text(WINDOW),
        "WINDOWING_MAX_OUT_OF_ORDERNESS": _text(OUT_OF_ORDERNESS),
        "WINDOWING_IDLE_TIMEOUT": _text(IDLE_TIMEOUT),
        "WINDOWING_MAX_FUTURE_SKEW": _text(MAX_FUTURE_SKEW),
    }


def _times(start: datetime) -> Iterator[datetime]:
    """Yield when the events come: at random, at the same rate all the time."""
    rng = Random(SEED)
    # Nothing belongs to the window before, however much out of order.
    at = start + OUT_OF_ORDERNESS
    while (at := at + timedelta(seconds=rng.expovariate(EVENTS_PER_SECOND))) < start + LENGTH:
        yield at


def _text(duration: timedelta) -> str:
    return f"{duration // timedelta(seconds=1)}s"
