"""What must be in the output topics, from the input topic alone, and how they differ from it.

Which events are late depends on how partitions were interleaved: that is taken as the flow says,
if it can be true at all. Everything else follows.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from math import inf
from typing import NamedTuple

from tests.kafka.topics import Record
from tests.models import Event, Place, batch_answer, window_end_us

SHOWN = 10
"""Differences of each kind that are written out."""


class Read(NamedTuple):
    """A record of the input as the oracle understands it.

    Fields:
        event: None when it is none.
        watermark_us: of its partition, when it was read.
    """

    record: Record
    event: Event | None
    watermark_us: float


class Outcome(NamedTuple):
    """What was found: how many records of each kind, and what is wrong with them."""

    counts: dict[str, int]
    differences: list[str]


class Outputs(NamedTuple):
    """The three output topics."""

    results: Sequence[Record]
    late: Sequence[Record]
    dead: Sequence[Record]


def judge(inputs: Sequence[Record], outputs: Outputs, *, length_us: int, bound_us: int) -> Outcome:
    """Hold the outputs against the input.

    Args:
        inputs: all records of the topic, by partition and offset.
    """
    reads = understood(inputs, bound_us)
    broken = {place for place, read in reads.items() if read.event is None}
    late = {place_in_headers(record) for record in outputs.late}
    counted = [p for p, read in reads.items() if read.event is not None and p not in late]
    kinds: dict[str, Iterable[str]] = {
        "dead letters": [
            *_once((place_in_headers(record) for record in outputs.dead), expected=broken),
            *_untouched(outputs.dead, reads),
        ],
        "late records": [
            *_once((place_in_headers(record) for record in outputs.late), expected=None),
            *_untouched(outputs.late, reads),
            *_late_for_a_reason(outputs.late, reads, length_us),
        ],
        "results": _result_differences(outputs.results, reads, counted, length_us),
    }
    return Outcome(
        {
            "input": len(inputs),
            "results": len(outputs.results),
            "late": len(outputs.late),
            "dead": len(outputs.dead),
        },
        [line for kind, found in kinds.items() for line in _shown(kind, list(found))],
    )


def understood(inputs: Sequence[Record], bound_us: int) -> dict[Place, Read]:
    """Return what each record means, and its partition's watermark as it then stood."""
    reads: dict[Place, Read] = {}
    watermarks_us: dict[int, float] = defaultdict(lambda: -inf)
    for record in inputs:
        event = event_in(record.value or b"")
        partition = record.partition
        if event is not None:
            watermarks_us[partition] = max(watermarks_us[partition], event.time_us - bound_us)
        reads[place_of(record)] = Read(record, event, watermarks_us[partition])
    return reads


def event_in(value: bytes) -> Event | None:
    """Return the event that a record of the feeder holds; None: it holds none."""
    try:
        fields = json.loads(value, parse_float=str, parse_int=str, parse_constant=_refuse)
        amount = fields["amount"]
        if amount is not None:
            Fraction(amount)
        return Event(fields["user_id"], time_us(fields["timestamp"]), amount)
    except (ValueError, KeyError):
        return None


def _refuse(constant: str) -> None:
    raise ValueError(constant)


def time_us(text: str) -> int:
    """Return an RFC 3339 time in microseconds since the epoch."""
    return (datetime.fromisoformat(text) - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(
        microseconds=1
    )


def place_of(record: Record) -> Place:
    """Return where a record of the input stands."""
    assert record.offset is not None
    return record.partition, record.offset


def place_in_headers(record: Record) -> Place:
    """Return where a record that was passed on comes from."""
    headers = dict(record.headers)
    return int(headers["source_partition"] or b""), int(headers["source_offset"] or b"")


def _once(places: Iterable[Place], *, expected: set[Place] | None) -> Iterator[str]:
    seen = Counter(places)
    for (partition, offset), times in sorted(seen.items()):
        if times > 1:
            yield f"{times} times: input partition {partition} offset {offset}"
    if expected is not None:
        for partition, offset in sorted(expected - seen.keys()):
            yield f"missing: input partition {partition} offset {offset}"
        for partition, offset in sorted(seen.keys() - expected):
            yield f"unexpected: input partition {partition} offset {offset}"


def _untouched(passed_on: Iterable[Record], reads: dict[Place, Read]) -> Iterator[str]:
    for record in passed_on:
        read = reads.get(place_in_headers(record))
        if read is None:
            yield f"no such input: {record}"
        elif (record.key, record.value) != (read.record.key, read.record.value):
            yield f"changed: {read.record} became {record}"


def _late_for_a_reason(
    late: Iterable[Record], reads: dict[Place, Read], length_us: int
) -> Iterator[str]:
    """Find those that cannot be late: no flow is ahead of a partition of its that is not idle."""
    for record in late:
        place = place_in_headers(record)
        read = reads.get(place)
        if read is None or read.event is None:
            yield f"not an event: {place}"
            continue
        headers = {name: time_us((value or b"").decode()) for name, value in record.headers[:3]}
        end_us = window_end_us(read.event, length_us)
        if headers["window_end"] != end_us or headers["window_start"] != end_us - length_us:
            yield f"wrong window: {place}"
        if not end_us <= headers["watermark"] <= read.watermark_us:
            yield f"not late: {place}, {record} with its partition at {read.watermark_us}"


def _result_differences(
    results: Iterable[Record], reads: dict[Place, Read], counted: list[Place], length_us: int
) -> Iterator[str]:
    expected = batch_answer(_events(reads, counted), length_us)
    found: dict[tuple[str, int], list[Record]] = defaultdict(list)
    for record in results:
        found[_key_of(record, length_us)].append(record)
    sources: dict[tuple[str, int], list[Place]] = defaultdict(list)
    for place, event in zip(counted, _events(reads, counted), strict=True):
        sources[str(event.user), event.time_us // length_us].append(place)
    for key in sorted(expected.keys() | found.keys()):
        records = found.get(key, [])
        where = ", ".join(f"{record.partition}@{record.offset}" for record in records)
        about = f"user {key[0]} window {key[1]}, of input {sources[key]}"
        if key not in expected:
            yield f"unexpected: {about} at {where}"
            continue
        if not records:
            yield f"missing: {about}"
        elif len(records) > 1:
            yield f"{len(records)} times: {about} at {where}"
        count, amounts, total = expected[key]
        wanted = count, amounts, total, float(total / amounts) if amounts else 0.0
        for record in records:
            if (said := _numbers(record)) != wanted:
                yield f"wrong: {about} at {where}: {said} instead of {wanted}"


def _events(reads: dict[Place, Read], places: Iterable[Place]) -> Iterator[Event]:
    for place in places:
        event = reads[place].event
        assert event is not None
        yield event


def _key_of(record: Record, length_us: int) -> tuple[str, int]:
    value = json.loads(record.value or b"")
    user = str(value["user_id"])
    assert record.key == user.encode(), record
    start_us, end_us = time_us(value["window_start"]), time_us(value["window_end"])
    assert (start_us % length_us, end_us - start_us) == (0, length_us), record
    return user, start_us // length_us


def _numbers(record: Record) -> tuple[int, int, Fraction, float]:
    value = json.loads(record.value or b"", parse_float=str)
    total, average = Fraction(value["total_amount"]), float(value["avg_amount"])
    return value["count"], value["amount_count"], total, average


def _shown(kind: str, found: list[str]) -> list[str]:
    """Return so many of the differences as a reader can take in, of each sort some."""
    sorts: dict[str, list[str]] = defaultdict(list)
    for line in found:
        sorts[line.split(":")[0]].append(line)
    lines = []
    for sort, those in sorts.items():
        lines.append(f"{kind}, {sort}: {len(those)}")
        lines += [f"    {line:.400}" for line in those[:SHOWN]]
    return lines
