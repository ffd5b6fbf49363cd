"""Results, late events and dead letters -> records to write."""

from datetime import timedelta

import orjson

from windowing.core.aggregate import total_and_average
from windowing.core.messages import (
    ClosedWindow,
    DeadLetter,
    Headers,
    Late,
    Output,
    SourceRecord,
)
from windowing.core.window import EPOCH

RESULT = (
    b'{"user_id":%b,"window_start":"%b","window_end":"%b",'
    b'"count":%d,"amount_count":%d,"total_amount":%b,"avg_amount":%b}'
)


def encode_results(closed: ClosedWindow, length_us: int, topic: str) -> Output:
    """Return the records of a closed window, one for each user."""
    start_us = closed.window * length_us
    end_us = start_us + length_us
    start, end = time_text(start_us), time_text(end_us)
    records: list[tuple[bytes | None, bytes | None]] = []
    for user, aggregate in closed.users.items():
        total, average = total_and_average(aggregate)
        value = RESULT % (
            encode_user(user),
            start,
            end,
            aggregate[0],
            aggregate[1],
            total.encode(),
            orjson.dumps(average),
        )
        records.append((user.encode(), value))
    return Output(topic, end_us // 1000, [], records)


def encode_late(late: Late, length_us: int, topic: str, source_topic: str) -> Output:
    """Return a late event's record: untouched, with headers that say what it missed."""
    event, watermark_us = late
    start_us = event.window * length_us
    added: Headers = [
        ("window_start", time_text(start_us)),
        ("window_end", time_text(start_us + length_us)),
        ("watermark", time_text(watermark_us)),
    ]
    return _passed_on(event.record, added, topic, source_topic)


def encode_dead_letter(dead: DeadLetter, topic: str, source_topic: str) -> Output:
    """Return a dead letter's record: untouched, with headers that say why."""
    return _passed_on(dead.record, [("error", dead.reason.encode())], topic, source_topic)


def _passed_on(record: SourceRecord, added: Headers, topic: str, source_topic: str) -> Output:
    source: Headers = [
        ("source_topic", source_topic.encode()),
        ("source_partition", str(record.partition).encode()),
        ("source_offset", str(record.offset).encode()),
    ]
    headers = [*record.headers, *added, *source]
    return Output(topic, record.timestamp_ms, headers, [(record.key, record.value)])


def encode_user(user: str) -> bytes:
    """Return a user in JSON: a number if the text is a canonical 64-bit integer, else a string."""
    digits = user.removeprefix("-")
    canonical = digits.isascii() and digits.isdecimal() and (digits[0] != "0" or user == "0")
    if canonical and (len(digits) < 19 or -(2**63) <= int(user) < 2**63):
        return user.encode()
    return orjson.dumps(user)


def time_text(time_us: int) -> bytes:
    """Return a time as RFC 3339 in UTC, with decimals of the second only if it has some."""
    return (EPOCH + timedelta(microseconds=time_us)).isoformat().replace("+00:00", "Z").encode()
