"""What the windows mean, in lines that can be checked by eye: no batch, no flush, no group.

Times are microseconds since the epoch. A record is an `Event`, or None when it is not an event.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from fractions import Fraction
from math import inf
from typing import NamedTuple, TypeAlias

ANSWER_GAP_US = 5_000_000
"""Longer without an answer is an interruption."""


class Event(NamedTuple):
    """An event as a test thinks of it; the amount is as written, None is no amount."""

    user: int | str
    time_us: int
    amount: str | None = None


Answer: TypeAlias = dict[tuple[str, int], tuple[int, int, Fraction]]
"""Of each user and window: how many events, how many amounts, their total."""
Place: TypeAlias = tuple[int, int]
"""Partition and offset of a record."""


class Judged(NamedTuple):
    """Where each record went."""

    counted: list[Place]
    late: list[Place]
    dead: list[Place]


def batch_answer(events: Iterable[Event], length_us: int) -> Answer:
    """What a nightly GROUP BY would say."""
    answer: Answer = defaultdict(lambda: (0, 0, Fraction(0)))
    for user, time_us, amount in events:
        count, amounts, total = answer[str(user), time_us // length_us]
        if amount is not None:
            amounts, total = amounts + 1, total + Fraction(amount)
        answer[str(user), time_us // length_us] = count + 1, amounts, total
    return dict(answer)


def window_end_us(event: Event, length_us: int) -> int:
    """Return the end of the window that holds an event."""
    return (event.time_us // length_us + 1) * length_us


def one_partition(records: Sequence[Event | None], length_us: int, bound_us: int) -> Judged:
    """Judge each event against the watermark as it stood when the event was read."""
    judged = Judged([], [], [])
    watermark_us = -inf
    for offset, event in enumerate(records):
        if event is None:
            judged.dead.append((0, offset))
            continue
        watermark_us = max(watermark_us, event.time_us - bound_us)
        closed = window_end_us(event, length_us) <= watermark_us
        (judged.late if closed else judged.counted).append((0, offset))
    return judged


def several_partitions(
    turns: Iterable[tuple[int, Sequence[Event | None]]],
    partitions: int,
    length_us: int,
    bound_us: int,
) -> Judged:
    """Judge each event against the smallest watermark, when partitions speak in turns."""
    judged = Judged([], [], [])
    read, watermarks_us, flow_us = [0] * partitions, [-inf] * partitions, -inf
    for partition, records in turns:
        for event in records:
            place = partition, read[partition]
            read[partition] += 1
            if event is None:
                judged.dead.append(place)
                continue
            watermarks_us[partition] = max(watermarks_us[partition], event.time_us - bound_us)
            flow_us = max(flow_us, min(watermarks_us))
            closed = window_end_us(event, length_us) <= flow_us
            (judged.late if closed else judged.counted).append(place)
    return judged


class PartitionModel:
    """How far one partition has come, and whether it is idle, by the words of the design."""

    def __init__(self, bound_us: int, idle_timeout_us: int) -> None:
        self.us: float = -inf
        self.idle = False
        self.latest_us: float = -inf
        self._read_at_us: float = -inf
        self._nothing_new_us: list[int] = []
        self._bound_us = bound_us
        self._idle_timeout_us = idle_timeout_us

    def read(self, event: Event | None, now_us: int) -> None:
        """Read a record: the partition is not silent."""
        self.interrupt()
        self._read_at_us = now_us
        if event is not None:
            self.latest_us = max(self.latest_us, event.time_us)
            self.us = max(self.us, self.latest_us - self._bound_us)

    def interrupt(self) -> None:
        """Silence counts anew."""
        self.idle = False
        self._nothing_new_us = []

    def hear_nothing_new(self, asked_at_us: int) -> None:
        """Hear that there was nothing more to read; idle time is event time."""
        if asked_at_us < self._read_at_us:
            return
        self.check_answers(asked_at_us)
        if self.idle:
            self.us += asked_at_us - self._nothing_new_us[-1]
        self._nothing_new_us.append(asked_at_us)
        silent_us = asked_at_us - self._nothing_new_us[0]
        self.idle = self.us == -inf or 0 < self._idle_timeout_us <= silent_us

    def check_answers(self, now_us: int) -> None:
        """Without answers there is no silence."""
        if self._nothing_new_us and now_us - self._nothing_new_us[-1] > ANSWER_GAP_US:
            self.interrupt()

    def end(self, length_us: int) -> None:
        """Come to the end of a bounded input: past the last window."""
        self.idle = True
        if self.latest_us != -inf:
            self.us = max(self.us, (self.latest_us // length_us + 1) * length_us)


class FlowModel:
    """The flow's watermark, by the words of the design."""

    def __init__(self, partitions: int) -> None:
        self.us: float = -inf
        self.told: dict[int, tuple[float, bool]] = {}
        self.partitions = partitions

    def tell(self, partition: int, us: float, *, idle: bool) -> None:
        """Hear how far a partition is; one that was not heard of holds the flow."""
        self.told[partition] = us, idle
        if len(self.told) == self.partitions:
            active = [us for us, idle in self.told.values() if not idle]
            everyone = [us for us, _ in self.told.values()]
            self.us = max(self.us, min(active) if active else max(everyone))
