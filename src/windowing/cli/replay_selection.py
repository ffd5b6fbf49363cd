"""Which records a replay writes, and where to."""

from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

from windowing.cli.aside_topic import AsideTopic, Kind
from windowing.core.aside import AsideRecord
from windowing.kafka.replay import BY_KEY, Copy, Positions

BATCH_RECORDS = 5_000
BATCH_BYTES = 16_000_000
"""Of a transaction: it is held in memory, and written well within transaction.timeout.ms."""


class Plan(NamedTuple):
    """What a replay would do.

    Fields:
        to_write: how many records of each kind.
        done: how many were written before.
        cut: records that are not whole.
        foreign: how many the flow has not written.
    """

    to_write: Counter[str]
    done: int
    cut: list[AsideRecord]
    foreign: int


class Selection:
    """Records of a topic up to where it ends now.

    Args:
        aside: the topic.
        target: where they are to go, and its partitions.
        kind_of: tells the kinds apart, each of which is replayed by itself.
        kind: those wanted; None: all.
        limit: how many; None: all.
    """

    def __init__(
        self,
        aside: AsideTopic,
        target: str,
        partitions: set[int],
        kind_of: Kind,
        *,
        kind: str | None,
        limit: int | None,
    ) -> None:
        self._aside = aside
        self._spans = aside.spans()
        self._target = target
        self._partitions = partitions
        self._kind_of = kind_of
        self._kind = kind
        self._limit = limit

    def plan(self, positions: Positions) -> Plan:
        """Return what there is to do, going on from where earlier replays came to."""
        plan = Plan(Counter(), 0, [], 0)
        for one, kind in self._chosen(f"counting in {self._aside.topic}"):
            if positions[one.record.partition].is_copied(one.record.offset, kind):
                plan = plan._replace(done=plan.done + 1)
            elif not one.added:
                plan = plan._replace(foreign=plan.foreign + 1)
            elif one.is_cut:
                plan.cut.append(one)
            else:
                plan.to_write[kind] += 1
            if self._limit is not None and plan.to_write.total() >= self._limit:
                break
        return plan

    def batches(self, positions: Positions) -> Iterator[list[Copy]]:
        """Yield the records that `plan` counts, in lists that fit a transaction."""
        batch: list[Copy] = []
        written = size = 0
        for one, kind in self._chosen(f"writing to {self._target}"):
            record = one.record
            done = positions[record.partition].is_copied(record.offset, kind)
            if done or not one.added or one.is_cut:
                continue
            batch.append(Copy(record, self._partition(one), kind))
            written += 1
            size += len(record.value or b"") + len(record.key or b"")
            if len(batch) >= BATCH_RECORDS or size >= BATCH_BYTES:
                yield batch
                batch, size = [], 0
            if written == self._limit:
                break
        if batch:
            yield batch

    def _chosen(self, what: str) -> Iterator[tuple[AsideRecord, str]]:
        for one in self._aside.read(self._spans, what):
            kind = self._kind_of(one)
            if self._kind is None or kind == self._kind:
                yield one, kind

    def _partition(self, one: AsideRecord) -> int:
        """Return the partition that a record came from, if it goes back."""
        topic, partition, _ = one.source
        return partition if topic == self._target and partition in self._partitions else BY_KEY
