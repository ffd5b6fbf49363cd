"""The input topic as a Bytewax source: reader + partition, one for each Kafka partition."""

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TypeAlias

from bytewax.inputs import FixedPartitionedSource, StatefulSourcePartition

from windowing.core.furthest import Furthest
from windowing.core.messages import Durable, Flush, Progress
from windowing.core.partition import Partition, Rules
from windowing.core.snapshot import PartitionSnapshot, pack_partition, unpack_partition
from windowing.core.window import (
    BEGINNING_US,
    END_US,
    EPOCH,
    microseconds_since_epoch,
)
from windowing.engine.failure import ends_process, stop_requested
from windowing.engine.tenure import Tenure
from windowing.kafka.end_offsets import EndOffsets
from windowing.kafka.partition_reader import BATCH_RECORDS, PartitionReader
from windowing.observe.metrics import Metrics

TURN_BATCHES = 50
"""Batches that a partition reads before others have their turn: its tallies stay in the cache."""
PAUSE = timedelta(milliseconds=10)
"""How long a partition waits for the next record after the last one."""
SILENT_WAIT = timedelta(milliseconds=50)
"""How long it waits when none has come for a while: 128 silent partitions must cost little."""


def now_us() -> int:
    """Return the microseconds of a clock that never jumps."""
    return time.monotonic_ns() // 1_000


Item: TypeAlias = Flush | Durable


class EventSource(FixedPartitionedSource[Item, bytes]):
    """Reads all partitions of the input topic, wherever Bytewax puts them.

    Args:
        rules: what the job means by a window, by late and by idle.
        starts: of each partition the offset at which a new job begins.
        ends: of each partition the offset at which a bounded run ends; None: read on.
        new_job: whether it is certain that no recovery store holds anything of this job.
        saved: whether there is a recovery store, and so something to say about it.
        furthest: shared with the key groups of this process.
        tenure, metrics: of this process.
        on_cluster: called by each worker when all processes have met, before state is loaded.
        make_reader, make_end_offsets: called once for each worker.
    """

    def __init__(
        self,
        rules: Rules,
        starts: dict[int, int],
        ends: dict[int, int] | None,
        *,
        new_job: bool,
        saved: bool,
        furthest: Furthest,
        tenure: Tenure,
        metrics: Metrics,
        on_cluster: Callable[[], None],
        make_reader: Callable[[], PartitionReader],
        make_end_offsets: Callable[[], EndOffsets],
    ) -> None:
        self._rules = rules
        self._starts = starts
        self._ends = ends
        self._new_job = new_job
        self._saved = saved
        self._furthest = furthest
        self._tenure = tenure
        self._metrics = metrics
        self._on_cluster = on_cluster
        self._make_reader = make_reader
        self._make_end_offsets = make_end_offsets
        self._of_worker = threading.local()

    @ends_process
    def list_parts(self) -> list[str]:
        """Return the names of the partitions: their numbers."""
        self._on_cluster()
        return [str(partition) for partition in self._starts]

    @ends_process
    def build_part(
        self, _step_id: str, for_part: str, resume_state: bytes | None
    ) -> "SourcePartition":
        """Begin or go on with a partition."""
        number = int(for_part)
        if resume_state is not None:
            resumed = unpack_partition(resume_state)
        else:
            # Beside old partitions of an old job a new one may be behind the flow.
            unfold_until_us = BEGINNING_US if self._new_job else END_US
            resumed = PartitionSnapshot(self._starts[number], unfold_until_us=unfold_until_us)
        worker = self._of_worker
        if not hasattr(worker, "reader") or worker.reader.closed:
            worker.reader = self._make_reader()
            worker.end_offsets = self._make_end_offsets()
        return SourcePartition(
            number,
            Partition(number, self._rules, resumed),
            end_offset=None if self._ends is None else self._ends[number],
            saved=self._saved,
            rules=self._rules,
            furthest=self._furthest,
            tenure=self._tenure,
            metrics=self._metrics,
            reader=worker.reader,
            end_offsets=worker.end_offsets,
        )


class SourcePartition(StatefulSourcePartition[Item, bytes]):
    """One partition: what Bytewax calls, handed on to the core with the time added."""

    def __init__(
        self,
        number: int,
        partition: Partition,
        *,
        end_offset: int | None,
        saved: bool,
        rules: Rules,
        furthest: Furthest,
        tenure: Tenure,
        metrics: Metrics,
        reader: PartitionReader,
        end_offsets: EndOffsets,
    ) -> None:
        self._number = number
        self._partition = partition
        self._end_offset = end_offset
        self._saved = saved
        self._rules = rules
        self._furthest = furthest
        self._tenure = tenure
        self._health = metrics.health
        self._epochs = metrics.epochs
        self._gauges = metrics.gauges
        self._meter = metrics.partition(number)
        self._reader = reader
        self._end_offsets = end_offsets
        self._busy = True
        self._ended = False
        # The first batch is called for when all saved state is loaded, so that is a barrier too.
        self._epoch_begins = True
        self._first_epoch = True
        self._saved_offset = partition.offset
        reader.add(number, partition.offset)
        self._health.open(number)
        self._gauges.follow(number, self)

    @property
    def progress(self) -> Progress:
        """How far the partition has come."""
        return self._partition.progress

    def lag_records(self) -> int | None:
        """Return how many records the broker has beyond what was read; None: not known."""
        end_offset = self._reader.end_offset(self._number)
        return None if end_offset is None else max(0, end_offset - self._partition.offset)

    @ends_process
    def next_batch(self) -> list[Item]:
        """Read what is there, and return a flush when one is due.

        Raises:
            StopIteration: the end was reached and what was sent before it is saved, or the
                process is asked to stop.
        """
        self._health.asked()
        if self._epoch_begins:
            return self._begin_epoch()
        if stop_requested() or (self._ended and not self._saved):
            raise StopIteration
        flush = None if self._ended else self._read_on()
        return [] if flush is None else [flush]

    def next_awake(self) -> datetime:
        """Return when to look again: at once after records, else a little later."""
        if self._busy:
            return EPOCH
        pause = SILENT_WAIT if self._partition.unflushed_since_us is None else PAUSE
        return datetime.now(UTC) + pause

    @ends_process
    def snapshot(self) -> bytes:
        """Return the position at the last flush."""
        self._epochs.end()
        self._tenure.require()
        self._epoch_begins = True
        position = self._partition.snapshot()
        self._saved_offset = position.offset
        return self._epochs.saved(pack_partition(position))

    @ends_process
    def close(self) -> None:
        """Give up the partition."""
        self._health.close(self._number)
        self._gauges.leave(self._number)
        self._reader.remove(self._number)

    def _begin_epoch(self) -> list[Item]:
        """Hear that the epoch before is complete in every worker: only then Bytewax asks for more.

        In the first epoch after a start every lane and key group is sent something, and so saved:
        Bytewax keeps what a killed process saved of an epoch that it did not complete, and would
        take it for theirs one start later.
        """
        self._epoch_begins = False
        self._epochs.barrier()
        self._reader.show(self._number, self._saved_offset)
        self._partition.pass_barrier(self._furthest_us())
        if not self._saved:
            return []
        said: list[Item] = [Durable(self._number)]
        if self._first_epoch:
            self._first_epoch = False
            said.append(self._partition.empty_flush())
        # At the end that was the last word that was waited for.
        self._saved = not self._ended
        return said

    def _read_on(self) -> Flush | None:
        """Read what is there, and return a flush if one is due."""
        records = self._read()
        self._busy = records > 0
        if records:
            self._meter.read(records)
        if self._end_offset is None:
            if not records:
                self._listen()
        elif self._partition.offset >= self._end_offset:
            self._partition.end()
            self._ended = True
            self._busy = not self._saved
        began_us = now_us()
        flush = self._partition.flush(began_us, backlog=records >= BATCH_RECORDS)
        if flush is not None:
            self._meter.flushed(flush, (now_us() - began_us) / 1_000_000)
        return flush

    def _read(self) -> int:
        """Read up to a turn's batches, or until a flush is due; return how many records."""
        read = 0
        for _ in range(TURN_BATCHES):
            batch = self._reader.take(self._number)
            if batch is None:
                break
            records, next_offset = batch
            if self._end_offset is not None and next_offset > self._end_offset:
                records = [record for record in records if record.offset() < self._end_offset]
                next_offset = self._end_offset
            if records:
                self._partition.read(records, next_offset, datetime.now(UTC), now_us())
                read += len(records)
            else:
                self._partition.skip_to(next_offset)
            due_us = self._partition.flush_due_us(backlog=True)
            if due_us is not None and now_us() >= due_us:
                break
        return read

    def _listen(self) -> None:
        """Hear what the broker says about the silence."""
        now = now_us()
        self._partition.check_answers(now)
        answer = self._end_offsets.ask(self._number, now)
        if answer is None:
            return
        if answer.end_offset is None:
            self._partition.lose_sight()
        else:
            self._partition.hear_end(answer.end_offset, answer.asked_at_us)

    def _furthest_us(self) -> int:
        furthest_us = self._furthest.us
        if furthest_us is not None:
            return furthest_us
        # No key group lives here to tell: no window can have closed but the latest event's.
        latest = microseconds_since_epoch(datetime.now(UTC) + self._rules.max_future_skew)
        return latest + self._rules.length_us
