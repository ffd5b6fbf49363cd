"""Ways to break exactly-once delivery, to see that the tests find each."""

from windowing.core.lane_ledger import Due
from windowing.core.messages import Durable
from windowing.core.snapshot import LaneSnapshot
from windowing.engine import lane_sink
from windowing.engine.lane_sink import ExactLane, Item
from windowing.kafka.marker import Marker
from windowing.kafka.sender import Sender
from windowing.kafka.transaction import LaneTransactions


def ignore_marker() -> None:
    """A restart does not ask what is out."""

    def number_out(lane: LaneSnapshot, marker: Marker | None) -> int:
        return -1

    lane_sink.number_out = number_out


def ignore_barrier() -> None:
    """Records are written when they come, not when their epoch is saved."""

    def write_batch(self: ExactLane, values: list[Item]) -> None:
        for value in values:
            if not isinstance(value, Durable):
                self._ledger.add(value)
                self._ledger.seal()
                due = self._ledger.due()
                assert due is not None
                self._write(due)

    def number_out(lane: LaneSnapshot, marker: Marker | None) -> int:
        return lane.number if marker is None else marker.number

    ExactLane.write_batch = write_batch  # type: ignore[method-assign]
    # Else the restart refuses a store that is behind its marker.
    lane_sink.number_out = number_out


def ignore_transaction() -> None:
    """Records are written by a plain producer, and their number after them."""
    write_marker = LaneTransactions.write

    def write(self: LaneTransactions, due: Due, store: str) -> None:
        sender = Sender(self._config)
        sender.send(due.outputs)
        sender.producer.flush()
        write_marker(self, Due(due.number, []), store)

    LaneTransactions.write = write  # type: ignore[method-assign]


SABOTAGES = {
    "marker": ignore_marker,
    "barrier": ignore_barrier,
    "transaction": ignore_transaction,
}
