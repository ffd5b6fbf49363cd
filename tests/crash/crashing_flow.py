"""The real dataflow, which kills itself the n-th time that it comes to a point: CRASH_AT=point:n.

With CRASH_IN only the process of that number in its cluster does so. With CRASH_BY=SIGSTOP it stops
itself instead, and goes on at SIGCONT; with CRASH_BY=hanging only the thread that came there stops.

With SABOTAGE it is broken first, see `tests.chaos.sabotage`: to see that a crash then shows.

Run it: CRASH_AT=committed:1 python -m bytewax.run tests.crash.crashing_flow
"""

import os
import signal
import sys
from threading import Event
from typing import Any

from dataflows.user_aggregates import flow
from tests.chaos.sabotage import SABOTAGES

from windowing.core.lane_ledger import Due
from windowing.core.messages import Durable
from windowing.engine.lane_sink import ExactLane, Item, LaneSink
from windowing.engine.recovery_store import cluster
from windowing.engine.source import SourcePartition
from windowing.kafka.marker import Marker
from windowing.kafka.sender import Sender
from windowing.kafka.transaction import LaneTransactions

__all__ = ["flow"]


class CrashPoint:
    """The point at which the process is killed, and how often it is still to be passed."""

    def __init__(self, text: str, *, here: bool) -> None:
        self._name, count = text.split(":")
        self._left = int(count) if here else 0

    def __call__(self, name: str) -> None:
        """Come to a point."""
        if name == self._name:
            self._left -= 1
            if self._left == 0:
                by = os.environ.get("CRASH_BY", "SIGKILL")
                if by == "hanging":
                    print(by, flush=True)  # noqa: T201
                    Event().wait()
                os.kill(os.getpid(), signal.Signals[by])


reach = CrashPoint(
    os.environ["CRASH_AT"],
    here=cluster(sys.argv, os.environ).process == int(os.environ.get("CRASH_IN", "0")),
)


class Passing:
    """What the process is about, as the points count only where records are under way.

    Attributes:
        owed: whether a lane has saved records since the last barrier.
        writing: whether a lane writes a batch that holds records.
    """

    owed = False
    writing = False


def crash_in_lanes() -> None:
    """Put points around what Bytewax calls of a lane."""
    write_batch, snapshot = ExactLane.write_batch, ExactLane.snapshot
    build_part = LaneSink.build_part

    def crashing_build_part(
        self: LaneSink, step_id: str, for_part: str, resume_state: bytes | None
    ) -> Any:
        if resume_state:
            reach("building")
        return build_part(self, step_id, for_part, resume_state)

    def crashing_write_batch(self: ExactLane, values: list[Item]) -> None:
        write_batch(self, values)
        if any(value and not isinstance(value, Durable) for value in values):
            reach("given")

    def crashing_snapshot(self: ExactLane) -> bytes:
        owed = self._ledger._open
        if owed:
            reach("before-snapshot")
        saved = snapshot(self)
        if owed:
            Passing.owed = True
            reach("snapshot")
        reach("any-snapshot")
        return saved

    LaneSink.build_part = crashing_build_part  # type: ignore[method-assign,assignment]
    ExactLane.write_batch = crashing_write_batch  # type: ignore[method-assign]
    ExactLane.snapshot = crashing_snapshot  # type: ignore[method-assign]


def crash_in_source() -> None:
    """Put points around the barrier and the end of the input."""
    next_batch = SourcePartition.next_batch

    def crashing_next_batch(self: SourcePartition) -> list[Any]:
        barrier, ended = self._epoch_begins, self._ended
        if barrier and Passing.owed:
            reach("barrier")
        if barrier and ended:
            reach("end-saved")
        said = next_batch(self)
        if self._ended and not ended:
            reach("end-read")
        return said

    SourcePartition.next_batch = crashing_next_batch  # type: ignore[method-assign]


def crash_in_transactions() -> None:
    """Put points around the steps of a transaction that holds records, and of the take-over."""
    claim, take_over = LaneTransactions.claim, LaneTransactions.take_over
    write, send = LaneTransactions.write, Sender.send
    make_sender = LaneTransactions._new_sender

    def crashing_claim(self: LaneTransactions) -> None:
        reach("claiming")
        claim(self)
        reach("claimed")

    def crashing_take_over(self: LaneTransactions) -> Marker | None:
        marker = take_over(self)
        reach("taken-over")
        return marker

    def crashing_write(self: LaneTransactions, due: Due, store: str) -> None:
        Passing.writing = bool(due.outputs)
        write(self, due, store)
        if Passing.writing:
            reach("written")
        Passing.writing = False

    def crashing_send(self: Sender, outputs: Any) -> None:
        send(self, outputs)
        if Passing.writing:
            reach("sent")

    def crashing_sender(self: LaneTransactions) -> Sender:
        sender = make_sender(self)
        sender.producer = CrashingProducer(sender.producer)  # type: ignore[assignment]
        return sender

    LaneTransactions.claim = crashing_claim  # type: ignore[method-assign]
    LaneTransactions.take_over = crashing_take_over  # type: ignore[method-assign]
    LaneTransactions.write = crashing_write  # type: ignore[method-assign]
    LaneTransactions._new_sender = crashing_sender  # type: ignore[method-assign]
    Sender.send = crashing_send  # type: ignore[method-assign]


class CrashingProducer:
    """A producer with a point before and after it commits."""

    def __init__(self, producer: Any) -> None:
        self._producer = producer

    def __getattr__(self, name: str) -> Any:
        return getattr(self._producer, name)

    def commit_transaction(self, *args: Any) -> None:
        if Passing.writing:
            # What was sent is on the broker, unlike at the point before.
            self._producer.flush()
            reach("before-commit")
        self._producer.commit_transaction(*args)
        if Passing.writing:
            reach("committed")


if os.environ.get("SABOTAGE"):
    SABOTAGES[os.environ["SABOTAGE"]]()
crash_in_lanes()
crash_in_source()
crash_in_transactions()
