"""Checks what a contender wrote against what is right: no figure for wrong results."""

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Context, Decimal
from pathlib import Path
from typing import NamedTuple

import msgspec
from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaException, TopicPartition

from benchmarks.measure import NoFigureError, last_word
from benchmarks.truth import WINDOW_MS, Truth
from windowing.kafka.partition_reader import consumer_config

BATCH_RECORDS = 5_000
DOUBLES_ERROR = Decimal("1e-9")
"""How far the sum of totals that are doubles may be off, relative to itself."""
EXACT = Context(prec=60)


class Result(msgspec.Struct):
    """What a result of any contender must have; other fields are its own."""

    user_id: int | str
    window_start: datetime
    count: int
    total_amount: Decimal


class Found(NamedTuple):
    """What all results together say; see `Sums`."""

    records: int
    pairs: int
    events: int
    total: Decimal
    windows: int


decode = msgspec.json.Decoder(Result).decode


def values_of(bootstrap: str, topic: str) -> Iterator[bytes]:
    """Yield the value of each committed record of a topic, up to its end."""
    consumer = Consumer(consumer_config({"bootstrap.servers": bootstrap}))
    partitions = consumer.list_topics(topic).topics[topic].partitions
    consumer.assign([TopicPartition(topic, p, OFFSET_BEGINNING) for p in partitions])
    unfinished = len(partitions)
    try:
        while unfinished:
            for record in consumer.consume(BATCH_RECORDS, timeout=1):
                error = record.error()
                if error is None:
                    yield record.value() or b""
                elif error.code() == error._PARTITION_EOF:
                    unfinished -= 1
                else:
                    raise KafkaException(error)
    finally:
        consumer.close()


def add_up(values: Iterator[bytes], users: int) -> Found:
    """Add up all results but those of the closing events, whose users are `users` and above.

    Raises:
        NoFigureError: one is no result.
    """
    records = events = windows = 0
    total = Decimal(0)
    pairs: set[tuple[int, int]] = set()
    for value in values:
        try:
            result = decode(value)
        except (msgspec.MsgspecError, ValueError) as error:
            raise NoFigureError(f"wrote {value[:100]!r}, no result: {error}") from None
        user = int(result.user_id)
        if user >= users:
            continue
        start = result.window_start
        start = start if start.tzinfo else start.replace(tzinfo=UTC)
        window = int(start.timestamp() * 1000) // WINDOW_MS
        records += 1
        pairs.add((user, window))
        events += result.count
        windows += window * result.count
        total = EXACT.add(total, result.total_amount)
    return Found(records, len(pairs), events, total, windows)


def check_results(found: Found, truth: Truth, *, exact: bool) -> None:
    """Compare what was written with what is right.

    Args:
        exact: totals must be; else they may be off by `DOUBLES_ERROR`.

    Raises:
        NoFigureError: they differ.
    """
    if found.records != found.pairs:
        raise NoFigureError(
            f"wrong: {found.records} results for {found.pairs} pairs of user and window"
        )
    least, most = truth.least, truth.most
    _check_within("pairs of user and window", found.pairs, least.pairs, most.pairs)
    _check_within("events counted", found.events, least.events, most.events)
    _check_within("sum of window numbers", found.windows, least.windows, most.windows)
    error = Decimal(0) if exact else DOUBLES_ERROR
    low, high = Decimal(least.cents) / 100, Decimal(most.cents) / 100
    if not low * (1 - error) <= found.total <= high * (1 + error):
        raise NoFigureError(f"wrong: total of {found.total}, {_span(low, high)} is right")


def check_aside(found: Found, late: int, dead: int, truth: Truth) -> None:
    """Check that each record is in a result, late, or a dead letter.

    Raises:
        NoFigureError: some are lost or there twice.
    """
    if dead != truth.broken:
        raise NoFigureError(f"wrong: {dead} dead letters for {truth.broken} broken records")
    if found.events + late + dead != truth.records:
        raise NoFigureError(
            f"wrong: {found.events} events counted, {late} late and {dead} dead letters"
            f" of {truth.records} records"
        )


def check_said(log: Path, records: int) -> None:
    """Check the number of records that a contender without results says it has read.

    Raises:
        NoFigureError: another one.
    """
    said = last_word(log)
    if said != str(records):
        raise NoFigureError(f"incomplete: read {said} of {records} records")


def _check_within(what: str, found: int, low: int, high: int) -> None:
    if not low <= found <= high:
        raise NoFigureError(f"wrong: {found} {what}, {_span(low, high)} is right")


def _span(low: object, high: object) -> str:
    return str(low) if low == high else f"{low} to {high}"
