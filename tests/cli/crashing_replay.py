"""The command line, which kills itself the n-th time that a replay comes to a point.

Run it: CRASH_AT=committed:1 python -m tests.cli.crashing_replay dead-letters replay --yes
"""

import os
import signal
from typing import Any

from windowing.cli import replay_selection
from windowing.cli.app import run
from windowing.kafka import marker, replay
from windowing.kafka.replay import Replay

replay_selection.BATCH_RECORDS = 150
"""So that there are several transactions, the last one not full."""

name, times = os.environ["CRASH_AT"].split(":")
left = int(times)


def reach(point: str) -> None:
    """Come to a point."""
    global left  # noqa: PLW0603
    if point == name:
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)


class CrashingProducer:
    """A producer with points around its commit."""

    def __init__(self, producer: Any) -> None:
        self._producer = producer

    def __getattr__(self, attribute: str) -> Any:
        return getattr(self._producer, attribute)

    def commit_transaction(self, *args: Any) -> None:
        self._producer.flush()
        reach("before-commit")
        self._producer.commit_transaction(*args)
        reach("committed")


take_over, send_offsets = Replay.take_over, marker.send_offsets


def crashing_take_over(self: Replay) -> None:
    take_over(self)
    assert self._sender is not None
    self._sender.producer = CrashingProducer(self._sender.producer)  # type: ignore[assignment]
    reach("taken-over")


def crashing_send_offsets(producer: Any, offsets: Any, group: Any) -> None:
    producer.flush()
    reach("sent")
    # The client wants its own.
    send_offsets(producer._producer, offsets, group)


Replay.take_over = crashing_take_over  # type: ignore[method-assign]
replay.send_offsets = crashing_send_offsets  # type: ignore[attr-defined]

if __name__ == "__main__":
    run()
