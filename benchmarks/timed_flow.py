"""The real dataflow, which writes down each time that it did not read for a while.

A pause is from the end of one look for records, in any partition, to the beginning of the next; the
process must have one worker. Each becomes a JSON line in a file beside the recovery store, with
the fields of `benchmarks.pauses.Pause`.

Run it: python -m bytewax.run benchmarks.timed_flow -r store -s 5 -b 0
"""

import functools
import os
import sys
from collections.abc import Callable
from typing import Any

from dataflows.user_aggregates import flow

from benchmarks.pauses import PAUSES, PauseClock
from windowing.engine.lane_sink import ExactLane
from windowing.engine.recovery_store import recovery_directory
from windowing.engine.source import SourcePartition
from windowing.engine.tenure import Tenure
from windowing.engine.window_step import WindowStep

__all__ = ["flow"]

PARTS: dict[str, tuple[type, str]] = {
    "windows_s": (WindowStep, "on_batch"),
    "save_windows_s": (WindowStep, "snapshot"),
    "save_output_s": (ExactLane, "snapshot"),
    "ask_owner_s": (Tenure, "require"),
    "write_s": (ExactLane, "write_batch"),
}


def _timed(clock: PauseClock, part: str, method: Callable[..., Any]) -> Callable[..., Any]:
    """Return the method, with its time counted as that of a part."""

    @functools.wraps(method)
    def counted(*args: Any) -> Any:
        with clock.within(part):
            return method(*args)

    return counted


def _put_clocks(clock: PauseClock) -> None:
    """Put clocks around what Bytewax calls."""
    read, snapshot = SourcePartition._read, SourcePartition.snapshot

    def timed_read(self: SourcePartition) -> int:
        clock.begin_read()
        try:
            return read(self)
        finally:
            clock.end_read()

    def noted_snapshot(self: SourcePartition) -> bytes:
        clock.end_epoch()
        return snapshot(self)

    SourcePartition._read = timed_read  # type: ignore[method-assign]
    SourcePartition.snapshot = noted_snapshot  # type: ignore[method-assign]
    for part, (owner, name) in PARTS.items():
        setattr(owner, name, _timed(clock, part, getattr(owner, name)))


store = recovery_directory(sys.argv, os.environ)
if store is None:
    raise SystemExit("no recovery store: give one with -r, pauses are written beside it")
_put_clocks(PauseClock(store.parent / PAUSES))
