"""The flow that a newcomer to Bytewax writes: its own Kafka connectors, clock and windows.

As `python -m bytewax.run .../flow.py`, with BOOTSTRAP, INPUT_TOPIC and OUTPUT_TOPIC set.
"""

import json
import os
from datetime import UTC, datetime, timedelta
from typing import Any

import bytewax.operators as op
import bytewax.operators.windowing as win
from bytewax.connectors.kafka import KafkaSink, KafkaSinkMessage, KafkaSource
from bytewax.dataflow import Dataflow
from bytewax.operators.windowing import EventClock, TumblingWindower

BROKERS = [os.environ["BOOTSTRAP"]]
LENGTH = timedelta(minutes=5)
ALIGN_TO = datetime(2021, 1, 1, tzinfo=UTC)


def parse(message: Any) -> dict[str, Any] | None:
    """Return the event in a Kafka message; None if it is none."""
    try:
        event: dict[str, Any] = json.loads(message.value)
    except ValueError:
        return None
    return event


def event_time(event: dict[str, Any]) -> datetime:
    """Return when it happened."""
    return datetime.fromisoformat(event["timestamp"])


def summarize(keyed: tuple[str, tuple[int, list[dict[str, Any]]]]) -> Any:
    """Return the record of one user's window."""
    user, (window, events) = keyed
    start = ALIGN_TO + window * LENGTH
    amounts = [event["amount"] for event in events if event["amount"] is not None]
    result = {
        "user_id": int(user),
        "window_start": start.isoformat(),
        "window_end": (start + LENGTH).isoformat(),
        "count": len(events),
        "total_amount": sum(amounts),
        "avg_amount": sum(amounts) / len(amounts) if amounts else 0,
    }
    return KafkaSinkMessage(user.encode(), json.dumps(result).encode())


flow = Dataflow("user-aggregates")
messages = op.input("read", flow, KafkaSource(BROKERS, [os.environ["INPUT_TOPIC"]], tail=False))
events = op.filter_map("parse", messages, parse)
keyed = op.key_on("by-user", events, lambda event: str(event["user_id"]))
windows = win.collect_window(
    "window",
    keyed,
    EventClock(event_time, wait_for_system_duration=timedelta(seconds=10)),
    TumblingWindower(length=LENGTH, align_to=ALIGN_TO),
)
results = op.map("summarize", windows.down, summarize)
op.output("write", results, KafkaSink(BROKERS, os.environ["OUTPUT_TOPIC"]))
