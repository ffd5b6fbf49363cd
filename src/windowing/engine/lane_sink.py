"""The output topics as a partitioned Bytewax sink: a fixed number of lanes.

Bytewax commits an epoch when the snapshots of its partitioned sinks are taken, so a lane's snapshot
is where its records must be safe.
"""

from collections.abc import Callable

from bytewax.outputs import FixedPartitionedSink, StatefulSinkPartition

from windowing.core.messages import OutputRecord
from windowing.kafka.lane_writer import LaneWriter

LANES = 4


class LaneSink(FixedPartitionedSink[list[OutputRecord], None]):
    """Spreads key groups and input partitions over the lanes by their number."""

    def __init__(self, make_writer: Callable[[], LaneWriter]) -> None:
        self._make_writer = make_writer

    def list_parts(self) -> list[str]:
        """Return the names of the lanes: their numbers."""
        return [str(lane) for lane in range(LANES)]

    def part_fn(self, item_key: str) -> int:
        """Return the lane of a key group or input partition; Bytewax takes it modulo `LANES`."""
        return int(item_key)

    def build_part(self, _step_id: str, _for_part: str, _resume_state: None) -> "Lane":
        """Open a lane."""
        return Lane(self._make_writer())


class Lane(StatefulSinkPartition[list[OutputRecord], None]):
    """Writes records at least once."""

    def __init__(self, writer: LaneWriter) -> None:
        self._writer = writer

    def write_batch(self, values: list[list[OutputRecord]]) -> None:
        """Send records."""
        for records in values:
            self._writer.write(records)

    def snapshot(self) -> None:
        """Wait until all records of the epoch are acknowledged: then it may be committed."""
        self._writer.flush()

    def close(self) -> None:
        """Wait for what is still under way."""
        self._writer.flush()
