"""Count, total and average per user and tumbling window of event time.

    user-events ─▶ read ─▶ key-group ─▶ window ─▶ write ─▶ user-aggregates, user-events-late
                    └────▶ dead-letter ──────────▶ ┘ ────▶ user-events-dead-letter

Run it: python -m bytewax.run dataflows.user_aggregates
"""

import os
import sys

import bytewax.operators as op
from bytewax.dataflow import Dataflow

from windowing.flow import by_key_group, start_job, to_every_lane


def flow() -> Dataflow:
    """Build the flow from the environment."""
    job = start_job(os.environ, sys.argv)
    flow = Dataflow("user-aggregates")
    flushes = op.input("read", flow, job.source)
    groups = op.flat_map("key-group", flushes, by_key_group)
    windows = op.stateful_batch("window", groups, job.windows)
    dead_letters = op.flat_map("dead-letter", flushes, job.dead_letters)
    durable = op.flat_map("durable", flushes, to_every_lane)
    op.output("write", op.merge("outputs", windows, dead_letters, durable), job.sink)
    return flow
