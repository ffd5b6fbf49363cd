"""What is right to make of an input, added up while it is generated."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from benchmarks.event_stream import Block

WINDOW_MS = 300_000


class Sums(NamedTuple):
    """What all results together say.

    Fields:
        pairs: of user and window, a result each.
        events: that are counted.
        cents: the total amount, a hundred times.
        windows: the sum of the events' window numbers, counted from the epoch: an event in a
            wrong window changes it.
    """

    pairs: int
    events: int
    cents: int
    windows: int


class Truth(NamedTuple):
    """What is right to make of an input.

    Where partitions are read at their own pace, it depends on that which of the late events
    still find their windows open: anything between `least` and `most` is right.

    Fields:
        records: without the closing events.
        least: without the late events.
        most: with them.
    """

    records: int
    broken: int
    least: Sums
    most: Sums


class TruthAdder:
    """Adds up what is right, block by block."""

    def __init__(self, users: int) -> None:
        self._users = users
        self._records = self._broken = 0
        self._on_time = _Adder()
        self._all = _Adder()

    def add(self, block: Block) -> None:
        """Count the events of a block."""
        window = block.time_ms // WINDOW_MS
        pair = window * self._users + block.user
        self._records += len(block.user)
        self._broken += int(block.broken.sum())
        self._all.add(~block.broken, pair, block.cents, window)
        self._on_time.add(~block.broken & ~block.late, pair, block.cents, window)

    def truth(self) -> Truth:
        """Return what is right for all blocks."""
        return Truth(self._records, self._broken, self._on_time.sums(), self._all.sums())


class _Adder:
    def __init__(self) -> None:
        self._pairs: list[NDArray[np.int64]] = [np.zeros(0, np.int64)]
        self._events = self._cents = self._windows = 0

    def add(
        self,
        counted: NDArray[np.bool_],
        pair: NDArray[np.int64],
        cents: NDArray[np.int64],
        window: NDArray[np.int64],
    ) -> None:
        self._pairs.append(np.unique(pair[counted]))
        self._events += int(counted.sum())
        self._cents += int(cents[counted].sum())
        self._windows += int(window[counted].sum())

    def sums(self) -> Sums:
        pairs = len(np.unique(np.concatenate(self._pairs)))
        return Sums(pairs, self._events, self._cents, self._windows)
