# ruff: noqa: T201
"""Five events of one user through Bytewax's own windows of five minutes.

Run it: .venv/bin/python docs/examples/stock_bytewax.py
"""

from datetime import UTC, datetime, timedelta

import bytewax.operators as op
import bytewax.operators.windowing as win
from bytewax.dataflow import Dataflow
from bytewax.testing import TestingSink, TestingSource, run_main

MIDNIGHT = datetime(2026, 1, 1, tzinfo=UTC)
silence = TestingSource.PAUSE(timedelta(seconds=5))
events = ["00:04:50", "00:04:59", "00:04:55", silence, "00:04:57", "00:05:10"]


def time_of(event: str) -> datetime:
    return datetime.fromisoformat(f"2026-01-01T{event}Z")


clock = win.EventClock(time_of, wait_for_system_duration=timedelta(seconds=2))
windower = win.TumblingWindower(length=timedelta(minutes=5), align_to=MIDNIGHT)
results: list[tuple[str, tuple[int, list[str]]]] = []
late: list[tuple[str, tuple[int, str]]] = []

flow = Dataflow("stock")
keyed = op.key_on("user", op.input("in", flow, TestingSource(events)), lambda _: "42")
windows = win.collect_window("window", keyed, clock, windower)
op.output("results", windows.down, TestingSink(results))
op.output("late", windows.late, TestingSink(late))

if __name__ == "__main__":
    run_main(flow)
    for _, (window, times) in results:
        print(f"result  window {window}: {', '.join(times)}")
    for _, (window, time) in late:
        print(f"late    window {window}: {time}")
