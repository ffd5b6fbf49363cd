"""Seeded user events of a load, in blocks; a smaller size is the beginning of a larger one."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from benchmarks.load import Load

FIRST = datetime(2021, 1, 1, tzinfo=UTC)
FIRST_MS = int(FIRST.timestamp()) * 1000
DISORDER_MS = 5_000
LATE_BY_MS = 3_600_000
CLOSING_AFTER_MS = 3_600_000
MOST_CENTS = 20_000
BLOCK_EVENTS = 50_000
BROKEN_BYTES = 30
"""How much of an event is left of a broken one: no JSON any more."""


class Block(NamedTuple):
    """Some events in order, an array for each of their fields.

    Fields:
        user: a number from 0.
        time_ms: event time since the epoch.
        cents: the amount, a hundred times.
        late: an hour behind its neighbours.
        broken: cut off, so that it is no event.
    """

    user: NDArray[np.int64]
    time_ms: NDArray[np.int64]
    cents: NDArray[np.int64]
    late: NDArray[np.bool_]
    broken: NDArray[np.bool_]


def draw_events(load: Load, events: int) -> Iterator[Block]:
    """Yield the first events of a load."""
    random = np.random.default_rng(1)
    ms_per_event = load.span / timedelta(milliseconds=1) / load.sizes[1]
    for first in range(0, events, BLOCK_EVENTS):
        # Whole blocks are drawn: what comes in one does not depend on the number of events.
        draws = random.random((5, BLOCK_EVENTS))[:, : events - first]
        user, disorder, cents, late, broken = draws
        is_late = late < load.late_share
        number = np.arange(first, first + len(user))
        time_ms = FIRST_MS + (number * ms_per_event + DISORDER_MS * disorder).astype(np.int64)
        yield Block(
            (load.users * user).astype(np.int64),
            time_ms - LATE_BY_MS * is_late,
            (MOST_CENTS * cents).astype(np.int64),
            is_late,
            broken < load.broken_share,
        )


def closing_events(load: Load, events: int) -> Block:
    """Return an event for each partition, an hour after all others, of a user of its own.

    It closes the windows where only the time of events does.
    """
    end_ms = FIRST_MS + int(load.span / timedelta(milliseconds=1) * events / load.sizes[1])
    first = -(-load.users // load.partitions) * load.partitions
    users = np.arange(first, first + load.partitions)
    return Block(
        users,
        np.full_like(users, end_ms + DISORDER_MS + CLOSING_AFTER_MS),
        np.full_like(users, 100),
        np.zeros_like(users, np.bool_),
        np.zeros_like(users, np.bool_),
    )


def encode_events(block: Block, payload_bytes: int) -> list[bytes]:
    """Return the bytes of each event, with a field of `payload_bytes` that nobody asks for."""
    rest = f',"payload":"{"x" * payload_bytes}"}}' if payload_bytes else "}"
    seconds, ms = np.divmod(block.time_ms, 1000)
    values = [
        f'{{"user_id":{user},"event_type":"purchase","timestamp":"{_text(second)}.{ms:03}Z",'
        f'"amount":{cents / 100}{rest}'.encode()
        for user, second, ms, cents in zip(
            block.user.tolist(), seconds.tolist(), ms.tolist(), block.cents.tolist(), strict=True
        )
    ]
    for index in np.flatnonzero(block.broken):
        values[index] = values[index][:BROKEN_BYTES]
    return values


@lru_cache(maxsize=4 * LATE_BY_MS // 1000)
def _text(second: int) -> str:
    return datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%dT%H:%M:%S")
