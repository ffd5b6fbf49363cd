"""What the feeder writes: events of a few hundred users without end, the same for the same seed."""

import json
import random
from collections.abc import Iterator
from datetime import timedelta

from tests.kafka.job import FIRST, event
from tests.kafka.topics import Record

PARTITIONS = 4
USERS = 300
EVENTS_PER_S = 1_500
EVENT_SECONDS_PER_S = 90.0
"""How fast event time goes by, so that windows of a minute close all the time."""
DISORDER_S = 8.0
BEHIND_S = (120.0, 900.0)
"""How far behind its partition an event is that is meant to be late."""

ODD_PARTITION = PARTITIONS - 1
"""The partition that has late events; the others have events on time and broken ones."""
LATE_SHARE = 0.1
BROKEN_SHARE = 0.01


def records(seed: int) -> Iterator[Record]:
    """Return events in the order in which they are to be written, without end."""
    chance = random.Random(f"events {seed}")
    n = 0
    while True:
        now_s = n / EVENTS_PER_S * EVENT_SECONDS_PER_S
        # Each partition has some from the first moment: without, it would hold the flow.
        partition = n % PARTITIONS if n < 10 * PARTITIONS else chance.randrange(PARTITIONS)
        seconds = now_s + chance.random() * DISORDER_S
        if partition == ODD_PARTITION and chance.random() < LATE_SHARE:
            seconds = max(0.0, now_s - chance.uniform(*BEHIND_S))
        number = chance.randrange(USERS)
        users: list[int | str] = [number, str(number), f"user-{number}"]
        user = chance.choice(users)
        if chance.random() < BROKEN_SHARE:
            yield broken(chance, user, seconds, partition)
        else:
            yield event(user, seconds, amount(chance), partition=partition)
        n += 1


def amount(chance: random.Random) -> float | str | None:
    """Return an amount in one of the ways in which it may be written."""
    cents = chance.randrange(-10_000, 10_000)
    return chance.choice([None, cents / 100, 5, f"{cents}e-3", "0.000000000000000001"])


def broken(chance: random.Random, user: int | str, seconds: float, partition: int) -> Record:
    """Return a record that is no event."""
    time_text = (FIRST + timedelta(seconds=seconds)).isoformat()
    fields: dict[str, object] = {"user_id": user, "event_type": "test", "timestamp": time_text}
    value = chance.choice(
        [
            f"no JSON {chance.random()}".encode(),
            json.dumps({**fields, "amount": "NaN"}).encode(),
            json.dumps({**fields, "amount": float("nan")}).encode(),
            json.dumps({"event_type": "test", "timestamp": time_text, "amount": 1}).encode(),
            json.dumps({"user_id": user, "event_type": "test", "amount": 1}).encode(),
        ]
    )
    return Record(value, str(user).encode(), partition)
