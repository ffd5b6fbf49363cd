"""Batches of records -> partial aggregates per window and user.

This sees every event once and decides what the service costs, so it takes a run of records at a
time: parse as many as parse, and if none of them can be late, whatever their order, count them in
the shortest loop there is. Whatever does not fit - no event, an odd amount, a time that may be
late - is read carefully, one by one. Both ways give the same answer; the careful one also gives
the reasons.
"""

from collections import defaultdict
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from decimal import localcontext
from typing import Any

from windowing.core.aggregate import EXACT, Aggregate, total_text
from windowing.core.decode import UNREADABLE, NotAnEventError, decode, parse, parse_bare
from windowing.core.event import UserEvent, WrittenEvent, identity
from windowing.core.key_group import KEY_GROUPS
from windowing.core.messages import DeadLetter, Partials, Record, SourceRecord, Unfolded
from windowing.core.tally import Tallies, count_all, share_out
from windowing.core.watermark import Watermark
from windowing.core.window import (
    BEGINNING_US,
    EPOCH,
    MICROSECOND,
    as_utc,
)

PIECE = 50
"""A run with events that may be late is tried again in pieces of so many events."""

_is_ascii = bytes.isascii


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
        self._length = length_us * MICROSECOND
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
        if not records:
            return
        self.records += len(records)
        latest_allowed = wall + self._max_future_skew
        # The function of the records' own class, so that map runs no Python code.
        values: list[Any] = list(map(type(records[0]).value, records))
        events: list[WrittenEvent] = []
        with localcontext(EXACT):
            with suppress(*UNREADABLE):
                events.extend(map(parse_bare, values))
            self._read_run(events, (), records, latest_allowed)
            done = len(events)
            if done < len(records):
                self._read_any(values[done:], records[done:], latest_allowed)

    def pairs(self) -> int:
        """Return of how many windows and users it holds events, late ones aside."""
        return sum(map(len, self._windows.values()))

    def take(self, groups: int = KEY_GROUPS) -> tuple[dict[int, Partials], list[Unfolded]]:
        """Hand over all partial aggregates by key group, and the unfolded events in order."""
        by_group: dict[int, Partials] = defaultdict(dict)
        with localcontext(EXACT):
            for window, tallies in self._windows.items():
                for group, users in share_out(tallies, groups).items():
                    by_group[group][window] = users
        unfolded = self._unfolded
        self._windows, self._unfolded, self.records = {}, [], 0
        return by_group, unfolded

    def take_dead_letters(self) -> list[DeadLetter]:
        """Hand over the records that are not events."""
        dead_letters, self._dead_letters = self._dead_letters, []
        return dead_letters

    def _read_any(
        self, values: Sequence[Any], records: Sequence[Record], latest_allowed: datetime
    ) -> None:
        """Read records some of which have further fields, or are no events."""
        parsed = map(parse, values)
        done = 0
        while done < len(records):
            events: list[WrittenEvent] = []
            with suppress(*UNREADABLE):
                events.extend(parsed)  # keeps what came before an error
            end = done + len(events)
            self._read_run(events, values[done:end], records[done:end], latest_allowed)
            if end < len(records):
                self._read_carefully(records[end], latest_allowed)
            done = end + 1

    def _read_run(
        self,
        events: list[WrittenEvent],
        unchecked: Sequence[bytes],
        records: Sequence[Record],
        latest_allowed: datetime,
    ) -> None:
        """Read events that have been parsed.

        Args:
            events: as they were read.
            unchecked: their values, if those need not be UTF-8.
            records: theirs; more may follow.
            latest_allowed: aware; no event may be later.
        """
        if not events:
            return
        times = [event.timestamp for event in events]
        span = self._span(times, latest_allowed) if _are_utf8(unchecked) else None
        if span is not None and self._may_fold_all(*span):
            for place in self._fold_run(events, times, *span):
                self._read_carefully(records[place], latest_allowed)
        elif len(events) > PIECE:
            for start in range(0, len(events), PIECE):
                piece = slice(start, start + PIECE)
                self._read_run(events[piece], unchecked[piece], records[piece], latest_allowed)
        else:
            for event, record in zip(events, records, strict=False):
                if span is None or not self._fold_one(event):
                    self._read_carefully(record, latest_allowed)

    def _span(
        self, times: list[datetime], latest_allowed: datetime
    ) -> tuple[datetime, datetime] | None:
        """Return the first and the last of the times, aware; None if one may be out of range."""
        try:
            first, last = as_utc(min(times)), as_utc(max(times))
        except (TypeError, OverflowError):  # naive and aware ones, or beyond the calendar
            return None
        return (first, last) if first >= EPOCH and last <= latest_allowed else None

    def _may_fold_all(self, first: datetime, last: datetime) -> bool:
        """Return whether no event between these times can be late, in whatever order they came."""
        return self._may_fold(self._window(first), self.watermark.after(last))

    def _fold_one(self, event: WrittenEvent) -> bool:
        """Count an event whose time is in range; False: it may be late, or its amount is odd."""
        window = self._window(event.timestamp)
        if not self._may_fold(window, self.watermark.us):
            return False
        if count_all([event], self._windows.setdefault(window, {})):
            return False
        self._see(event.timestamp)
        return True

    def _fold_run(
        self, events: list[WrittenEvent], times: list[datetime], first: datetime, last: datetime
    ) -> list[int]:
        """Count events none of which can be late; return the places of those with odd amounts."""
        odd: set[int] = set()
        for window, members in self._by_window(events, times, first, last).items():
            odd.update(map(id, count_all(members, self._windows.setdefault(window, {}))))
        if not odd:
            self._see(last)
            return []
        for event, time in zip(events, times, strict=True):
            if id(event) not in odd:
                self._see(time)
        return [place for place, event in enumerate(events) if id(event) in odd]

    def _by_window(
        self, events: list[WrittenEvent], times: list[datetime], first: datetime, last: datetime
    ) -> dict[int, list[WrittenEvent]]:
        window = self._window(first)
        if window == self._window(last):
            return {window: events}
        by_window: dict[int, list[WrittenEvent]] = {}
        for event, time in zip(events, times, strict=True):
            by_window.setdefault(self._window(time), []).append(event)
        return by_window

    def _read_carefully(self, record: Record, latest_allowed: datetime) -> None:
        """Read one record, whatever it is."""
        try:
            event = decode(record.value(), latest_allowed)
        except NotAnEventError as error:
            source = SourceRecord.of(record, self._partition)
            self._dead_letters.append(DeadLetter(source, str(error)))
            return
        self._see(event.timestamp)
        window = self._window(event.timestamp)
        if not self._may_fold(window, self.watermark.us):
            self._unfolded.append(self._unfold(event, window, record))
            return
        count_all([event], self._windows.setdefault(window, {}))

    def _window(self, time: datetime) -> int:
        return (as_utc(time) - EPOCH) // self._length

    def _may_fold(self, window: int, watermark_us: int) -> bool:
        """Return whether no event of a window can be late when its key group gets it."""
        return (window + 1) * self._length_us > max(watermark_us, self.unfold_until_us)

    def _unfold(self, event: UserEvent, window: int, record: Record) -> Unfolded:
        amount = event.amount
        return Unfolded(
            identity(event.user_id),
            window,
            Aggregate(1, 0, "0") if amount is None else Aggregate(1, 1, total_text(amount)),
            self.watermark.us,
            SourceRecord.of(record, self._partition),
        )

    def _see(self, time: datetime) -> None:
        time = as_utc(time)
        self.watermark.latest = max(self.watermark.latest, time)


def _are_utf8(values: Sequence[bytes]) -> bool:
    """Return whether all values are UTF-8, also in the fields that parsing skips."""
    if all(map(_is_ascii, values)):
        return True
    try:
        for value in values:
            value.decode()
    except UnicodeDecodeError:
        return False
    return True
