"""One partition of the input: what it has read, how far it has come, when it flushes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from windowing.core.fold import Fold
from windowing.core.idleness import Idleness
from windowing.core.key_group import KEY_GROUPS, key_group
from windowing.core.messages import Flush, GroupFlush, Progress, Record, Unfolded
from windowing.core.snapshot import PartitionSnapshot
from windowing.core.watermark import NEVER, Watermark
from windowing.core.window import (
    END_US,
    EPOCH,
    MICROSECOND,
    microseconds,
    microseconds_since_epoch,
    window_at,
)

FLUSH_RECORDS = 100_000
FLUSH_PAIRS = 16_000
"""Of windows and users: as many as the processor's cache holds, so that counting stays fast."""
FLUSH_INTERVAL_US = 200_000
BACKLOG_FLUSH_INTERVAL_US = 1_000_000
"""While there is more to read at once, a result waits a little longer and costs much less."""


@dataclass(frozen=True)
class Rules:
    """What the job means by a window, by late and by idle."""

    window_length: timedelta
    max_out_of_orderness: timedelta
    idle_timeout: timedelta
    max_future_skew: timedelta

    @property
    def length_us(self) -> int:
        """The window length in microseconds."""
        return microseconds(self.window_length)


class Partition:
    """Reads records in order and hands them on, folded, flush by flush.

    Two clocks are passed in: `wall` is the time of day, which bounds how far ahead an event may
    be, and `now_us` the microseconds of a clock that never jumps, for flushes and idleness.

    Attributes:
        offset: of the next record to read.
        unflushed_since_us: when, by `now_us`, the first of the unflushed records was read.
    """

    def __init__(
        self,
        number: int,
        rules: Rules,
        resumed: PartitionSnapshot,
        groups: int = KEY_GROUPS,
    ) -> None:
        """Start or go on where a snapshot was taken.

        A partition that was idle is not: what came while the job was down must be read before
        the clock may close anything again. The flow may have gone on without it, though, so its
        events stay unfolded for now.
        """
        self.offset = resumed.offset
        self._number = number
        self._rules = rules
        self._groups = groups
        latest = NEVER if resumed.latest_us is None else EPOCH + resumed.latest_us * MICROSECOND
        self._watermark = Watermark(
            microseconds(rules.max_out_of_orderness), latest, resumed.floor_us
        )
        self._fold = Fold(number, rules.length_us, rules.max_future_skew, self._watermark)
        self._fold.unfold_until_us = resumed.unfold_until_us
        self._idleness = Idleness(microseconds(rules.idle_timeout))
        self._sent: Progress | None = None
        self.unflushed_since_us: int | None = None
        self._ended = False
        self._flushed = resumed

    @property
    def progress(self) -> Progress:
        """How far it has come by all that has been read, flushed or not."""
        return Progress(self._watermark.us, self._ended or self._idleness.idle)

    def read(
        self, records: Sequence[Record], next_offset: int, wall: datetime, now_us: int
    ) -> None:
        """Read records in the order of their offsets; `next_offset` is where reading goes on."""
        if self._idleness.idle:
            self._step_back_in()
        self._idleness.read(now_us)
        self._fold.read(records, wall)
        self.offset = next_offset
        if self.unflushed_since_us is None:
            self.unflushed_since_us = now_us

    def skip_to(self, next_offset: int) -> None:
        """Go past offsets that hold no record for a reader of committed data."""
        self.offset = max(self.offset, next_offset)

    def hear_end(self, end_offset: int, asked_at_us: int) -> None:
        """Hear from the broker where the partition ended at `asked_at_us`."""
        if end_offset > self.offset:
            self.lose_sight()
            return
        self.check_answers(asked_at_us)
        empty = not self._watermark.has_begun
        self._watermark.elapse(self._idleness.nothing_new(asked_at_us, empty=empty))

    def lose_sight(self) -> None:
        """Hear that there is something to read, or that the broker does not answer."""
        if self._idleness.idle:
            self._step_back_in()
        self._idleness.end()

    def check_answers(self, now_us: int) -> None:
        """Stop trusting the silence when the last answer is too old."""
        if self._idleness.outdated(now_us):
            self.lose_sight()

    def end(self) -> None:
        """Hear that no further record will come: the end of a bounded run."""
        self._watermark.end(self._rules.length_us)
        self._ended = True

    def pass_barrier(self, furthest_us: int) -> None:
        """Hear that all key groups have taken in everything that was flushed before.

        If that says that this partition holds the flow, the flow stays within `furthest_us`
        until the partition itself goes further, and events of later windows may be folded.
        """
        if self._sent is None or not self._sent.idle:
            self._fold.unfold_until_us = min(self._fold.unfold_until_us, furthest_us)

    def flush_due_us(self, *, backlog: bool) -> int | None:
        """Return when, by `now_us`, what has been read is to be flushed; None: nothing has."""
        if self.unflushed_since_us is None:
            return None
        if self._full():
            return self.unflushed_since_us
        return self.unflushed_since_us + (
            BACKLOG_FLUSH_INTERVAL_US if backlog else FLUSH_INTERVAL_US
        )

    def flush(self, now_us: int, *, backlog: bool = False) -> Flush | None:
        """Hand over what is due: what has been read, and how far the partition has come.

        Args:
            now_us: the time by the clock that never jumps.
            backlog: whether there is more to read at once.
        """
        due_us = self.flush_due_us(backlog=backlog)
        due = self._ended or (due_us is not None and now_us >= due_us)
        progress = self._news(due=due)
        if not due and progress is None:
            return None
        partials, unfolded = self._fold.take(self._groups)
        by_group: dict[int, list[Unfolded]] = {}
        for event in unfolded:
            by_group.setdefault(key_group(event.user, self._groups), []).append(event)
        touched = partials.keys() | by_group.keys() if progress is None else range(self._groups)
        self._sent = progress or self._sent
        self.unflushed_since_us = None
        self._flushed = self._position()
        return Flush(
            self._number,
            {
                group: GroupFlush(
                    self._number, partials.get(group, {}), by_group.get(group, []), progress
                )
                for group in touched
            },
            self._fold.take_dead_letters(),
        )

    def empty_flush(self) -> Flush:
        """Return a flush for all key groups that changes nothing."""
        groups = range(self._groups)
        return Flush(
            self._number, {group: GroupFlush(self._number, {}, [], None) for group in groups}, []
        )

    def snapshot(self) -> PartitionSnapshot:
        """Return the position at the last flush: what was read since will be read again."""
        return self._flushed

    def _full(self) -> bool:
        records = self._fold.records
        return records >= FLUSH_RECORDS or (
            records >= FLUSH_PAIRS and self._fold.pairs() >= FLUSH_PAIRS
        )

    def _news(self, *, due: bool) -> Progress | None:
        """Return what all key groups must hear, if it can change what is closed."""
        progress = self.progress
        idle = progress.idle
        if self._sent is None:
            return progress if due or idle else None
        # Events of a partition that was idle tell the groups that it was not, if only in between.
        if idle != self._sent.idle or (idle and due):
            return progress
        # What has been read goes first, or the watermark would close windows without it.
        if self.unflushed_since_us is not None and not due:
            return None
        length_us = self._rules.length_us
        moved = window_at(progress.watermark_us, length_us) != window_at(
            self._sent.watermark_us, length_us
        )
        return progress if moved else None

    def _step_back_in(self) -> None:
        """Leave the idle ones: the flow may be ahead, so nothing can be folded for now."""
        self._fold.unfold_until_us = END_US

    def _position(self) -> PartitionSnapshot:
        latest = self._watermark.latest
        return PartitionSnapshot(
            self.offset,
            None if latest is NEVER else microseconds_since_epoch(latest),
            self._watermark.floor_us,
            END_US if self._ended or self._idleness.idle else self._fold.unfold_until_us,
        )
