"""Results, late events and dead letters -> records to write."""

from datetime import timedelta

import orjson

from windowing.core.aggregate import total_and_average
from windowing.core.messages import (
    ClosedWindow,
    DeadLetter,
    Headers,
    Late,
    OutputRecord,
    SourceRecord,
)
from windowing.core.window import EPOCH


def encode_results(closed: ClosedWindow, length_us: int, topic: str) -> list[OutputRecord]:
    """Return a record for each user of a closed window."""
    start_us = closed.window * length_us
    end_us = start_us + length_us
    window = {"window_start": time_text(start_us), "window_end": time_text(end_us)}
    timestamp_ms = end_us // 1000
    records = []
    for user, aggregate in closed.users.items():
        total, average = total_and_average(aggregate)
        value = {
            "user_id": user_value(user),
            **window,
            "count": aggregate[0],
            "amount_count": aggregate[1],
            "total_amount": orjson.Fragment(total),
            "avg_amount": average,
        }
        records.append(OutputRecord(topic, user.encode(), orjson.dumps(value), [], timestamp_ms))
    return records


def encode_late(late: Late, length_us: int, topic: str, source_topic: str) -> OutputRecord:
    """Return a late event's record: untouched, with headers that say what it missed."""
    event, watermark_us = late
    start_us = event.window * length_us
    added = [
        ("window_start", time_text(start_us).encode()),
        ("window_end", time_text(start_us + length_us).encode()),
        ("watermark", time_text(watermark_us).encode()),
    ]
    return _passed_on(event.record, added, topic, source_topic)


def encode_dead_letter(dead: DeadLetter, topic: str, source_topic: str) -> OutputRecord:
    """Return a dead letter's record: untouched, with headers that say why."""
    return _passed_on(dead.record, [("error", dead.reason.encode())], topic, source_topic)


def _passed_on(
    record: SourceRecord, added: Headers, topic: str, source_topic: str
) -> OutputRecord:
    source: Headers = [
        ("source_topic", source_topic.encode()),
        ("source_partition", str(record.partition).encode()),
        ("source_offset", str(record.offset).encode()),
    ]
    return OutputRecord(
        topic,
        record.key,
        record.value,
        [*record.headers, *added, *source],
        record.timestamp_ms,
    )


def user_value(user: str) -> int | str:
    """Return the user as JSON shows it: a number if the text is a canonical 64-bit integer."""
    if len(user) > 20:
        return user
    try:
        number = int(user)
    except ValueError:
        return user
    return number if str(number) == user and -(2**63) <= number < 2**63 else user


def time_text(time_us: int) -> str:
    """Return a time as RFC 3339 in UTC, with decimals of the second only if it has some."""
    return (EPOCH + timedelta(microseconds=time_us)).isoformat().replace("+00:00", "Z")
