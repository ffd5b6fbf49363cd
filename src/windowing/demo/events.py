"""Events as the apps of a shop send them: out of order, some too late, some broken. Seeded."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from random import Random
from typing import Any, NamedTuple

import orjson

USERS: tuple[tuple[int | str, ...], ...] = (
    (42, "ada"),
    (7, "grace"),
    (1001, "linus"),
    ("zoë", "edsger"),
)
"""Of each partition the users whose events come there."""

BROKEN_SHARE = 0.02
LATE_SHARE = 0.02
WINDOWS_LATE = (3.0, 5.0)
"""How late the late are, in windows: far enough to be late whatever holds the watermark back."""

ZONES = (UTC, UTC, timezone(timedelta(hours=2)))
TYPES = ("view", "view", "view", "purchase", "purchase", "purchase", "purchase", "refund")


class Arrival(NamedTuple):
    """A record as it comes to the input topic: when, where, and what."""

    at: datetime
    partition: int
    key: bytes
    value: bytes


@dataclass(frozen=True)
class Habits:
    """How the apps behave.

    Attributes:
        window: the length of the windows that late events are to miss.
        out_of_orderness: no event but the late ones comes later than this.
        late_from: nothing is late before.
        quiet_partition, quiet_from: a partition without events from a time on.
    """

    window: timedelta
    out_of_orderness: timedelta
    late_from: datetime
    quiet_partition: int | None = None
    quiet_from: datetime | None = None


def arrivals(times: Iterable[datetime], *, seed: int, habits: Habits) -> Iterator[Arrival]:
    """Yield a record for each of the times at which one comes; they are aware and ascending."""
    rng = Random(seed)
    for at in times:
        partition = rng.choice(_awake(at, habits))
        user = rng.choice(USERS[partition])
        share = rng.random()
        if share < BROKEN_SHARE:
            value = rng.choice(BROKEN)(_event(user, at, rng))
        elif share < BROKEN_SHARE + LATE_SHARE and at >= habits.late_from:
            value = orjson.dumps(_event(user, at - rng.uniform(*WINDOWS_LATE) * habits.window, rng))
        else:
            # Most come at once, a few take as long as is allowed.
            delay = rng.triangular(0, 1, 0) * habits.out_of_orderness
            value = orjson.dumps(_event(user, at - delay, rng))
        yield Arrival(at, partition, str(user).encode(), value)


def _awake(at: datetime, habits: Habits) -> list[int]:
    quiet = habits.quiet_from is not None and at >= habits.quiet_from
    return [p for p in range(len(USERS)) if not (quiet and p == habits.quiet_partition)]


def _event(user: int | str, time: datetime, rng: Random) -> dict[str, Any]:
    event = {
        # Apps do not agree on how to write the same user.
        "user_id": str(user) if rng.random() < 0.1 else user,
        "event_type": rng.choice(TYPES),
        "timestamp": time.astimezone(rng.choice(ZONES)).isoformat(timespec="milliseconds"),
    }
    if event["event_type"] == "view":
        return event | rng.choice(({}, {"amount": None}))
    if event["event_type"] == "refund":
        return event | {"amount": -round(rng.uniform(1, 40), 2)}
    return event | {"amount": round(rng.uniform(1, 200), 2)}


def _cut_off(event: dict[str, Any]) -> bytes:
    return orjson.dumps(event)[:-12]


def _without_user(event: dict[str, Any]) -> bytes:
    return orjson.dumps({name: event[name] for name in event if name != "user_id"})


def _not_a_number(event: dict[str, Any]) -> bytes:
    return orjson.dumps(event | {"amount": "NaN"})


def _of_the_future(event: dict[str, Any]) -> bytes:
    return orjson.dumps(event | {"timestamp": "2099-12-31T23:59:59Z"})


BROKEN: tuple[Callable[[dict[str, Any]], bytes], ...] = (
    _cut_off,
    _without_user,
    _not_a_number,
    _of_the_future,
)
"""The ways of an event not to be one."""
