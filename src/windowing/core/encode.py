"""Results, late events and dead letters -> records to write."""

from datetime import UTC, datetime
from typing import NamedTuple

import orjson

from windowing.core.aggregate import average, plain
from windowing.core.messages import (
    ClosedWindow,
    DeadLetter,
    Headers,
    Late,
    PassedOn,
    Results,
    SourceRecord,
)

FRAME_BYTES = 512
"""What Kafka's frame of a batch of one record and the header `truncated_from` need at the most."""


def encode_results(closed: ClosedWindow, length_us: int, topic: str) -> Results:
    """Return the records of a closed window, one for each user."""
    start_us = closed.window * length_us
    end_us = start_us + length_us
    window = f'"window_start":"{time_text(start_us)}","window_end":"{time_text(end_us)}"'
    lines = []
    for user, aggregate in closed.users.items():
        text, amount_count = plain(aggregate.total), aggregate.amount_count
        lines.append(
            f'{{"user_id":{user_json(user)},{window},"count":{aggregate.count},'
            f'"amount_count":{amount_count},"total_amount":{text},'
            f'"avg_amount":{average_json(text, amount_count)}}}'
        )
    return Results(topic, end_us // 1000, list(closed.users), "\n".join(lines).encode())


class Aside(NamedTuple):
    """A topic for records that are passed on, and the largest record that it takes."""

    topic: str
    max_record_bytes: int


def encode_late(late: Late, length_us: int, aside: Aside, source_topic: str) -> PassedOn:
    """Return a late event's record: untouched, with headers that say what it missed."""
    event, watermark_us = late
    start_us = event.window * length_us
    added: Headers = [
        ("window_start", time_text(start_us).encode()),
        ("window_end", time_text(start_us + length_us).encode()),
        ("watermark", time_text(watermark_us).encode()),
    ]
    return _passed_on(event.record, added, aside, source_topic)


def encode_dead_letter(dead: DeadLetter, aside: Aside, source_topic: str) -> PassedOn:
    """Return a dead letter's record: untouched, with headers that say why."""
    return _passed_on(dead.record, [("error", dead.reason.encode())], aside, source_topic)


def reason_of(dead_letter: PassedOn) -> bytes:
    """Return the reason that `encode_dead_letter` wrote; other headers may have the same name."""
    headers = dead_letter.headers
    name, reason = headers[-4]
    return (reason if name == "error" else headers[-5][1]) or b""  # with `truncated_from` behind


def _passed_on(record: SourceRecord, added: Headers, aside: Aside, source_topic: str) -> PassedOn:
    """Return a record untouched, with headers added.

    What is too large for the topic is cut, and a header says so: it must not stop the flow, and
    the whole of it stays where the headers say that it came from.
    """
    added = [
        *added,
        ("source_topic", source_topic.encode()),
        ("source_partition", b"%d" % record.partition),
        ("source_offset", b"%d" % record.offset),
    ]
    key, value, headers = record.key, record.value, record.headers
    room = aside.max_record_bytes - FRAME_BYTES - _size(key, [*headers, *added])
    length = 0 if value is None else len(value)
    if length > room:
        added.append(("truncated_from", b"%d" % length))
        if room < 0:
            key, headers, room = None, [], 0
        value = None if value is None else value[:room]
    return PassedOn(aside.topic, record.timestamp_ms, [*headers, *added], key, value)


def _size(key: bytes | None, headers: Headers) -> int:
    """Return how many bytes of a record are not its value, a few for each length included."""
    parts = [key, *(part for header in headers for part in header)]
    return sum(10 + len(part) for part in parts if part)


def user_json(user: str) -> str:
    """Return a user in JSON: a number if the text is a canonical 64-bit integer, else a string."""
    if user.isdecimal() and user.isascii() and len(user) < 19 and user[0] != "0":
        return user  # as most are
    digits = user.removeprefix("-")
    canonical = digits.isdecimal() and digits.isascii() and (digits[0] != "0" or user == "0")
    if canonical and (len(digits) < 19 or -(2**63) <= int(user) < 2**63):
        return user
    return orjson.dumps(user).decode()


def average_json(total: str, amount_count: int) -> str:
    """Return total / amount_count as the shortest text that reads back as the same double."""
    # Up to 15 digits are such a text themselves, and most windows have one amount.
    if amount_count == 1 and len(total) <= 16 and "." in total and "0.000" not in total:
        return total
    return orjson.dumps(average(total, amount_count)).decode()


def time_text(time_us: int) -> str:
    """Return a time as RFC 3339 in UTC, with decimals of the second only if it has some."""
    seconds, microsecond = divmod(time_us, 1_000_000)
    time = datetime.fromtimestamp(seconds, UTC)
    if microsecond:
        time = time.replace(microsecond=microsecond)
    return orjson.dumps(time, option=orjson.OPT_UTC_Z)[1:-1].decode()
