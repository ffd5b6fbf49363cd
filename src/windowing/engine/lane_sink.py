"""The output topics as a partitioned Bytewax sink: a fixed number of lanes.

Bytewax commits an epoch when the snapshots of its partitioned sinks are taken, so a lane's snapshot
is where its records must be safe: written, or saved to be written.
"""

import time
from collections.abc import Callable
from typing import TypeAlias
from uuid import uuid4

from bytewax.outputs import FixedPartitionedSink, StatefulSinkPartition

from windowing.core.lane_ledger import Due, LaneLedger
from windowing.core.messages import Durable, Output
from windowing.core.snapshot import LaneSnapshot, SnapshotError, pack_lane, unpack_lane
from windowing.engine.failure import ends_process
from windowing.engine.tenure import Tenure
from windowing.kafka.lane_writer import LaneWriter
from windowing.kafka.marker import Marker
from windowing.kafka.transaction import LaneTransactions
from windowing.observe.meters import EpochMeter
from windowing.observe.output_meter import OutputMeter

LANES = 4
REMIND_AFTER_S = 3600.0
"""Far below any sensible offsets.retention.minutes, whose default is a week."""

Item: TypeAlias = list[Output] | Durable


class LaneSink(FixedPartitionedSink[Item, bytes | None]):
    """Spreads key groups and input partitions over the lanes by their number."""

    def __init__(self, make_lane: "Callable[[int, bytes | None], Lane | ExactLane]") -> None:
        self._make_lane = make_lane

    def list_parts(self) -> list[str]:
        """Return the names of the lanes: their numbers."""
        return [str(lane) for lane in range(LANES)]

    def part_fn(self, item_key: str) -> int:
        """Return the lane of a key group or input partition; Bytewax takes it modulo `LANES`."""
        return int(item_key)

    @ends_process
    def build_part(
        self, _step_id: str, for_part: str, resume_state: bytes | None
    ) -> "Lane | ExactLane":
        """Open a lane, or go on with it."""
        return self._make_lane(int(for_part), resume_state)


class Lane(StatefulSinkPartition[Item, bytes | None]):
    """Writes records at once, each at least once."""

    def __init__(self, writer: LaneWriter, meter: OutputMeter, epochs: EpochMeter) -> None:
        self._writer = writer
        self._meter = meter
        self._epochs = epochs

    @ends_process
    def write_batch(self, values: list[Item]) -> None:
        """Send records."""
        for value in values:
            if not isinstance(value, Durable):
                self._writer.write(value)
                self._meter.sent(value)

    @ends_process
    def snapshot(self) -> None:
        """Wait until all records of the epoch are acknowledged: then it may be committed."""
        self._epochs.end()
        self._flush()

    @ends_process
    def close(self) -> None:
        """Wait for what is still under way."""
        self._flush()

    def _flush(self) -> None:
        self._writer.flush()
        self._meter.flushed()


class ExactLane(StatefulSinkPartition[Item, bytes | None]):
    """Saves records with the epoch, and writes them once it is committed: each exactly once."""

    def __init__(
        self,
        transactions: LaneTransactions,
        tenure: Tenure,
        topics: list[str],
        saved: bytes | None,
        *,
        meter: OutputMeter,
        epochs: EpochMeter,
    ) -> None:
        """Take the lane over, drop what is out of it and write the rest.

        Args:
            transactions: of this lane, which was claimed.
            tenure: of this process.
            topics: of the job.
            saved: what `snapshot` returned; None: the lane is new.
            meter: of this lane.
            epochs: of this process.
        """
        self._transactions = transactions
        self._tenure = tenure
        self._meter = meter
        self._epochs = epochs
        lane = unpack_lane(saved, topics) if saved else LaneSnapshot(uuid4().hex, topics, 0, [])
        self._store, self._topics = lane.store, topics
        self._ledger = LaneLedger(Due(lane.number, lane.outputs))
        marker = transactions.take_over()
        if saved:
            self._ledger.settle(number_out(lane, marker))
        # In any case something is written: the lane's new owner.
        self._write(self._ledger.due() or Due(lane.number, []))
        tenure.begin(transactions)

    @ends_process
    def write_batch(self, values: list[Item]) -> None:
        """Keep records; write those of the last epoch when word comes that it is committed."""
        for value in values:
            if not isinstance(value, Durable):
                self._ledger.add(value)
                self._meter.given(value)
            else:
                self._meter.durable()
                if (due := self._ledger.due() or self._reminder()) is not None:
                    self._write(due)

    @ends_process
    def snapshot(self) -> bytes:
        """End the epoch and return all that is owed."""
        self._epochs.end()
        self._tenure.require()
        number, outputs = self._ledger.seal()
        self._meter.sealed()
        snapshot = LaneSnapshot(self._store, self._topics, number, outputs)
        return self._epochs.saved(pack_lane(snapshot))

    @ends_process
    def close(self) -> None:
        """Leave what is owed to the next start."""
        self._tenure.end(self._transactions)
        self._transactions.close()

    def _reminder(self) -> Due | None:
        """Return an empty batch when the broker might else forget the marker of a quiet lane."""
        quiet_s = time.monotonic() - self._written_at_s
        return Due(self._ledger.number, []) if quiet_s > REMIND_AFTER_S else None

    def _write(self, due: Due) -> None:
        self._transactions.write(due, self._store)
        self._written_at_s = time.monotonic()
        self._ledger.settle(due.number)
        self._meter.released(due.outputs)


def number_out(lane: LaneSnapshot, marker: Marker | None) -> int:
    """Return the number of the last batch that is out: the saved one, or one before it.

    Raises:
        SnapshotError: the broker does not know, or knows that the store is not the newest.
    """
    if marker is None:
        if not lane.outputs:
            return lane.number
        raise SnapshotError(
            "the broker has forgotten what this job had written (offsets.retention.minutes): the"
            f" {sum(len(list(output.records())) for output in lane.outputs)} records that it owes"
            " may be out or not; see docs/exactly-once.md"
        )
    if marker.store != lane.store:
        raise SnapshotError(
            "another recovery store has been used for these topics since: this one would write"
            " again what that one has written; use that one, or start with an empty store"
        )
    if marker.number > lane.number:
        raise SnapshotError(
            f"the recovery store ends at batch {lane.number} and {marker.number} are written: it is"
            " an old copy, or another process was still at work; make sure that it has ended and"
            " start again; if that does not help, use the newest copy or an empty store"
        )
    return marker.number
