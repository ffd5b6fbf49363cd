"""The real dataflow, which writes down each time that it did not read for a while.

A pause is from the end of one look for records, in any partition, to the beginning of the next; the
process must have one worker. Each becomes a JSON line in a file beside the recovery store, with
the fields of `benchmarks.pauses.Pause`.

Run it: python -m bytewax.run benchmarks.timed_flow -r store -s 5 -b 0
"""

import functools
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import orjson
from dataflows.user_aggregates import flow

from benchmarks.pauses import PAUSES
from windowing.engine.lane_sink import ExactLane
from windowing.engine.recovery_store import recovery_directory
from windowing.engine.source import SourcePartition
from windowing.engine.tenure import Tenure
from windowing.engine.window_step import WindowStep

__all__ = ["flow"]

SHORTEST_S = 0.1
PARTS: dict[str, tuple[type, str]] = {
    "windows_s": (WindowStep, "on_batch"),
    "save_windows_s": (WindowStep, "snapshot"),
    "save_output_s": (ExactLane, "snapshot"),
    "ask_owner_s": (Tenure, "require"),
    "write_s": (ExactLane, "write_batch"),
}


class Pauses:
    """What passed since the flow last looked for records."""

    def __init__(self, path: Path) -> None:
        self._lines = path.open("ab", buffering=0)
        self.end_read()

    def begin_read(self) -> None:
        """Write the pause that ends now, if it was one."""
        now_s = time.monotonic()
        pause_s = now_s - self._read_at_s
        if pause_s >= SHORTEST_S:
            line = {
                "at_s": now_s,
                "pause_s": pause_s,
                "cpu_s": time.thread_time() - self._cpu_s,
                "epoch_ended": self._epoch_ended,
                **self._parts,
            }
            self._lines.write(orjson.dumps(line) + b"\n")

    def end_read(self) -> None:
        """Take the time from which a pause counts."""
        self._read_at_s = time.monotonic()
        self._cpu_s = time.thread_time()
        self._parts = dict.fromkeys(PARTS, 0.0)
        self._epoch_ended = False

    def end_epoch(self) -> None:
        """Hear that a position is being saved."""
        self._epoch_ended = True

    @contextmanager
    def within(self, part: str) -> Iterator[None]:
        """Count the time in a part of the flow, without that in the parts that it calls."""
        began_s, counted_s = time.monotonic(), sum(self._parts.values())
        yield
        inner_s = sum(self._parts.values()) - counted_s
        self._parts[part] += time.monotonic() - began_s - inner_s


def _timed(pauses: Pauses, part: str, method: Callable[..., Any]) -> Callable[..., Any]:
    """Return the method, with its time counted as that of a part."""

    @functools.wraps(method)
    def counted(*args: Any) -> Any:
        with pauses.within(part):
            return method(*args)

    return counted


def _put_clocks(pauses: Pauses) -> None:
    """Put clocks around what Bytewax calls."""
    read, snapshot = SourcePartition._read, SourcePartition.snapshot

    def timed_read(self: SourcePartition) -> int:
        pauses.begin_read()
        try:
            return read(self)
        finally:
            pauses.end_read()

    def noted_snapshot(self: SourcePartition) -> bytes:
        pauses.end_epoch()
        return snapshot(self)

    SourcePartition._read = timed_read  # type: ignore[method-assign]
    SourcePartition.snapshot = noted_snapshot  # type: ignore[method-assign]
    for part, (owner, name) in PARTS.items():
        setattr(owner, name, _timed(pauses, part, getattr(owner, name)))


store = recovery_directory(sys.argv, os.environ)
if store is None:
    raise SystemExit("no recovery store: give one with -r, pauses are written beside it")
_put_clocks(Pauses(store.parent / PAUSES))
