"""A batch of records -> partial aggregates per window and user.

This loop sees every event once and decides what the service costs, so it has two halves: events
of the same window as the one before take the short way, and whatever is new, odd or wrong takes
the careful way. Both give the same answer; the careful way gives the reasons.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation, localcontext
from typing import NamedTuple, TypeAlias

from windowing.core.aggregate import EXACT, add
from windowing.core.decode import STEP, UNREADABLE, NotAnEventError, bounded, decode, parse
from windowing.core.event import UserEvent, identity
from windowing.core.key_group import KEY_GROUPS, key_group
from windowing.core.messages import DeadLetter, Partials, Record, SourceRecord, Unfolded
from windowing.core.watermark import NEVER, Watermark
from windowing.core.window import (
    BEGINNING_US,
    EPOCH,
    MICROSECOND,
    as_utc,
    microseconds_since_epoch,
    window_at,
)

Tally: TypeAlias = list  # [count: int, amount_count: int, total: Decimal], changed in place
Tallies: TypeAlias = dict[int | str, Tally]
ZERO = Decimal(0)


def count(tallies: Tallies, event: UserEvent) -> None:
    """Count an event among its user's others; its amount has been checked."""
    tally = tallies.setdefault(event.user_id, [0, 0, ZERO])
    tally[0] += 1
    if event.amount is not None:
        tally[1] += 1
        tally[2] += event.amount


class Stretch(NamedTuple):
    """The times that the short way may take, in the manner of the last event: naive or aware."""

    start: datetime
    end: datetime
    latest: datetime
    tallies: Tallies


NOWHERE = Stretch(EPOCH, EPOCH, NEVER, {})
"""A stretch without any time: the next event takes the careful way."""


class Fold:
    """What one partition has read and not yet flushed.

    Attributes:
        watermark: moved on by every event that is read.
        unfold_until_us: events of windows that end at or before this stay unfolded, as do those
            at or before the watermark: they may be late, which only their key group can judge.
        records: how many records it holds, in any form.
    """

    def __init__(
        self, partition: int, length_us: int, max_future_skew: timedelta, watermark: Watermark
    ) -> None:
        self.watermark = watermark
        self.unfold_until_us = BEGINNING_US
        self.records = 0
        self._partition = partition
        self._length_us = length_us
        self._max_future_skew = max_future_skew
        self._windows: dict[int, Tallies] = {}
        self._unfolded: list[Unfolded] = []
        self._dead_letters: list[DeadLetter] = []

    def read(self, records: Sequence[Record], wall: datetime) -> None:
        """Fold records in the order of the partition.

        Args:
            records: in the order of their offsets.
            wall: the time of day, aware; it bounds how far ahead an event may be.
        """
        self.records += len(records)
        latest_allowed = wall + self._max_future_skew
        start, end, latest, tallies = NOWHERE
        with localcontext(EXACT):
            for record in records:
                try:
                    value = record.value()
                    event = parse(value)
                    amount = event.amount
                    if amount is not None:
                        amount = bounded(amount, STEP)
                        if amount != amount:  # a NaN, the one value that is not itself
                            raise InvalidOperation
                    if not value.isascii():
                        value.decode()
                    # From here on nothing fails: an event counts whole or not at all.
                    time = event.timestamp
                    if start <= time < end:
                        if time > latest:
                            latest = time
                        user = event.user_id
                        tally = tallies.get(user)
                        if tally is None:
                            tallies[user] = [1, 0, ZERO] if amount is None else [1, 1, amount]
                        elif amount is None:
                            tally[0] += 1
                        else:
                            tally[0] += 1
                            tally[1] += 1
                            tally[2] += amount
                        continue
                except UNREADABLE:
                    pass  # the careful way finds out why
                self._see(latest)
                stretch = self._read_carefully(record, latest_allowed)
                if stretch is not None:
                    start, end, latest, tallies = stretch
        self._see(latest)

    def take(self, groups: int = KEY_GROUPS) -> tuple[dict[int, Partials], list[Unfolded]]:
        """Hand over all partial aggregates by key group, and the unfolded events in order."""
        by_group: dict[int, Partials] = {}
        for window, tallies in self._windows.items():
            for user_id, (count, amount_count, total) in tallies.items():
                user = identity(user_id)
                aggregate = (count, amount_count, total)
                partials = by_group.setdefault(key_group(user, groups), {})
                users = partials.setdefault(window, {})
                # 42 and "42" were two keys so far.
                users[user] = add(users[user], aggregate) if user in users else aggregate
        unfolded = self._unfolded
        self._windows, self._unfolded, self.records = {}, [], 0
        return by_group, unfolded

    def take_dead_letters(self) -> list[DeadLetter]:
        """Hand over the records that are not events."""
        dead_letters, self._dead_letters = self._dead_letters, []
        return dead_letters

    def _read_carefully(self, record: Record, latest_allowed: datetime) -> Stretch | None:
        """Read one record and return the stretch it opens; None leaves the last one as it is."""
        try:
            event = decode(record.value(), latest_allowed)
        except NotAnEventError as error:
            self._dead_letters.append(
                DeadLetter(SourceRecord.of(record, self._partition), str(error))
            )
            return None
        self._see(event.timestamp)
        window = window_at(microseconds_since_epoch(as_utc(event.timestamp)), self._length_us)
        if (window + 1) * self._length_us <= max(self.watermark.us, self.unfold_until_us):
            self._unfolded.append(self._unfold(event, window, record))
            return NOWHERE
        tallies = self._windows.setdefault(window, {})
        count(tallies, event)
        return self._stretch(window, event.timestamp, latest_allowed, tallies)

    def _unfold(self, event: UserEvent, window: int, record: Record) -> Unfolded:
        amount = event.amount
        return Unfolded(
            identity(event.user_id),
            window,
            (1, 0, ZERO) if amount is None else (1, 1, amount),
            self.watermark.us,
            SourceRecord.of(record, self._partition),
        )

    def _stretch(
        self, window: int, manner: datetime, latest_allowed: datetime, tallies: Tallies
    ) -> Stretch:
        start = EPOCH + window * self._length_us * MICROSECOND
        end = min(start + self._length_us * MICROSECOND, latest_allowed + MICROSECOND)
        latest = self.watermark.latest
        if manner.tzinfo is None:
            start, end, latest = (time.replace(tzinfo=None) for time in (start, end, latest))
        return Stretch(start, end, latest, tallies)

    def _see(self, time: datetime) -> None:
        time = as_utc(time)
        if time > self.watermark.latest:
            self.watermark.latest = time
