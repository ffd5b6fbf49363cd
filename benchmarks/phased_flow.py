"""The real dataflow with clocks around its phases: where the CPU time of an event goes.

When it ends it writes a `Phases` as JSON to the file in BENCHMARK_PHASES; the process must have one
worker. Times are of the thread's CPU, and exclusive: a phase within another is not counted there.

Run it: BENCHMARK_PHASES=phases.json python -m bytewax.run benchmarks.phased_flow
"""

import atexit
import functools
import os
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
from dataflows.user_aggregates import flow

from benchmarks.phases import FILE, Phases
from windowing.core.fold import Fold
from windowing.core.window_state import WindowState
from windowing.engine import window_step
from windowing.engine.lane_sink import ExactLane, Lane
from windowing.engine.source import SourcePartition
from windowing.engine.window_step import WindowStep
from windowing.kafka.partition_reader import PartitionReader
from windowing.kafka.sender import Sender
from windowing.kafka.transaction import LaneTransactions
from windowing.observe.health import Health
from windowing.observe.meters import EpochMeter, PartitionMeter, TransactionMeter
from windowing.observe.output_meter import OutputMeter

__all__ = ["flow"]

METERS = "tell the meters: metrics and health"
PHASES: list[tuple[str, Any, str]] = [
    ("fetch: records out of the Kafka client", PartitionReader, "take"),
    ("decode: bytes to events, and the checks", Fold, "read"),
    ("count: events into sums by window and user", Fold, "_fold_run"),
    ("share out: sums by key group", Fold, "take"),
    ("the rest of the source", SourcePartition, "next_batch"),
    ("merge: sums into open windows", WindowState, "receive"),
    ("encode: closed windows to JSON", window_step, "encode_results"),
    ("the rest of the windows", WindowStep, "on_batch"),
    ("produce: results into the Kafka client", Sender, "send"),
    ("commit: the rest of a transaction", LaneTransactions, "write"),
    ("save: windows", WindowStep, "snapshot"),
    ("save: positions", SourcePartition, "snapshot"),
    ("save: output", ExactLane, "snapshot"),
    ("wait for acknowledgements", Lane, "snapshot"),
    *((METERS, Health, name) for name in ("asked", "begin")),
    *((METERS, PartitionMeter, name) for name in ("read", "flushed")),
    *((METERS, EpochMeter, name) for name in ("end", "saved", "barrier")),
    *((METERS, TransactionMeter, name) for name in ("committed", "aborted")),
    *((METERS, OutputMeter, name) for name in ("given", "sealed", "durable", "released")),
]
"""Name, and what it is the time of."""


_taken_s: dict[str, float] = defaultdict(float)
_within_s: list[float] = []


def _timed(phase: str, call: Callable[..., Any]) -> Callable[..., Any]:
    """Return the call, with its time counted as that of a phase."""

    @functools.wraps(call)
    def counted(*args: Any, **named: Any) -> Any:
        begun_s = time.thread_time()
        _within_s.append(0.0)
        try:
            return call(*args, **named)
        finally:
            took_s = time.thread_time() - begun_s
            _taken_s[phase] += took_s - _within_s.pop()
            if _within_s:
                _within_s[-1] += took_s

    return counted


def _write() -> None:
    phases = Phases(dict(_taken_s), time.thread_time(), time.process_time())
    Path(os.environ[FILE]).write_bytes(msgspec.json.encode(phases))


for _phase, _owner, _name in PHASES:
    setattr(_owner, _name, _timed(_phase, getattr(_owner, _name)))
atexit.register(_write)
