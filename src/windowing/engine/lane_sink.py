"""The output topics as a partitioned Bytewax sink: a fixed number of lanes.

Bytewax commits an epoch when the snapshots of its partitioned sinks are taken, so a lane's snapshot
is where its records must be safe.
"""

from collections.abc import Callable

from bytewax.outputs import FixedPartitionedSink, StatefulSinkPartition

from windowing.core.messages import Output
from windowing.engine.failure import ends_process
from windowing.kafka.lane_writer import LaneWriter

LANES = 4


class LaneSink(FixedPartitionedSink[list[Output], None]):
    """Spreads key groups and input partitions over the lanes by their number."""

    def __init__(self, make_writer: Callable[[], LaneWriter]) -> None:
        self._make_writer = make_writer

    def list_parts(self) -> list[str]:
        """Return the names of the lanes: their numbers."""
        return [str(lane) for lane in range(LANES)]

    def part_fn(self, item_key: str) -> int:
        """Return the lane of a key group or input partition; Bytewax takes it modulo `LANES`."""
        return int(item_key)

    @ends_process
    def build_part(self, _step_id: str, _for_part: str, _resume_state: None) -> "Lane":
        """Open a lane."""
        return Lane(self._make_writer())


class Lane(StatefulSinkPartition[list[Output], None]):
    """Writes records at least once."""

    def __init__(self, writer: LaneWriter) -> None:
        self._writer = writer

    @ends_process
    def write_batch(self, values: list[list[Output]]) -> None:
        """Send records."""
        for outputs in values:
            self._writer.write(outputs)

    @ends_process
    def snapshot(self) -> None:
        """Wait until all records of the epoch are acknowledged: then it may be committed."""
        self._writer.flush()

    @ends_process
    def close(self) -> None:
        """Wait for what is still under way."""
        self._writer.flush()
