"""Whether a load came out once: DuckDB's answer from the input topic, held against the outputs.

It shares no code with the flow, and knows its contract alone. A result's count and total must be
those of all events of its user and window that are not in the late topic.
"""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple, cast

import duckdb
from confluent_kafka.cimpl import Message
from tests.kafka.job import Topics

from benchmarks.live.topic_lines import write_lines

ANSWER = """
WITH fed AS (
    SELECT user_id, epoch_ms(timestamp::TIMESTAMP) // $length_ms AS win,
        count(*) AS events, sum(amount::DECIMAL(36, 18)) AS total
    FROM read_ndjson($events, columns={user_id: 'VARCHAR', timestamp: 'VARCHAR', amount: 'VARCHAR'})
    GROUP BY ALL
), late AS (
    SELECT event->>'user_id' AS user_id,
        epoch_ms((event->>'timestamp')::TIMESTAMP) // $length_ms AS win,
        count(*) AS events, sum((event->>'amount')::DECIMAL(36, 18)) AS total
    FROM (
        SELECT place, any_value(event) AS event
        FROM read_ndjson($late, columns={place: 'VARCHAR', event: 'JSON'}) GROUP BY place
    )
    GROUP BY ALL
), found AS (
    SELECT user_id, epoch_ms(window_start::TIMESTAMP) // $length_ms AS win, count(*) AS results,
        min("count") AS events, max("count") AS most, min(total_amount::DECIMAL(36, 18)) AS total,
        bool_and(epoch_ms(window_end::TIMESTAMP) - epoch_ms(window_start::TIMESTAMP) = $length_ms)
            AS of_length
    FROM read_ndjson($results, columns={
        user_id: 'VARCHAR', window_start: 'VARCHAR', window_end: 'VARCHAR', count: 'BIGINT',
        total_amount: 'VARCHAR'})
    GROUP BY ALL
), side_by_side AS (
    SELECT coalesce(fed.events, 0) - coalesce(late.events, 0) AS due,
        coalesce(fed.total, 0) - coalesce(late.total, 0) AS due_total,
        coalesce(found.events, 0) AS events, coalesce(found.most, 0) AS most,
        coalesce(found.total, 0) AS total, coalesce(found.results, 0) AS results,
        coalesce(found.of_length, true) AS of_length
    FROM fed FULL JOIN late USING (user_id, win) FULL JOIN found USING (user_id, win)
)
SELECT coalesce(sum(greatest(due - events, 0)), 0)::BIGINT,
    coalesce(sum(greatest(most - due, 0) + greatest(results - 1, 0)), 0)::BIGINT,
    count(*) FILTER (WHERE due = events AND (total <> due_total OR NOT of_length))::BIGINT
FROM side_by_side
"""
"""Every user and window side by side: what is due, and what was found."""


class Judgement(NamedTuple):
    """What became of an input.

    Fields:
        fed: events in the input topic.
        results: records in the output topic.
        lost: events in no result and not late; a dead letter is one, as the load has none.
        late: events in the late topic.
        twice: events counted twice, and records too many.
        wrong: results with the right count and another total or window.
    """

    fed: int
    results: int
    lost: int
    late: int
    twice: int
    wrong: int


class Files(NamedTuple):
    """The topics as lines of JSON; a late record as {"place": ..., "event": ...}."""

    events: Path
    results: Path
    late: Path


class Compared(NamedTuple):
    """What is not as it should be: see `Judgement`."""

    lost: int
    twice: int
    wrong: int


def compare(files: Files, length_ms: int) -> Compared:
    """Hold results and late events against the input; a late event that came twice counts once."""
    parameters: dict[str, object] = {name: str(path) for name, path in files._asdict().items()}
    with duckdb.connect() as database:
        database.execute(ANSWER, parameters | {"length_ms": length_ms})
        return Compared(*database.fetchall()[0])


def judge(bootstrap: str, topics: Topics, folder: Path, window_length_s: float) -> Judgement:
    """Read the topics to their ends and judge.

    Args:
        folder: where there is room for the values, about 100 bytes an event.
    """
    with TemporaryDirectory(dir=folder) as name:
        files = Files(*(Path(name) / topic for topic in Files._fields))
        fed = write_lines(bootstrap, topics.events, files.events, value_of)
        results = write_lines(bootstrap, topics.results, files.results, value_of)
        late_records = write_lines(bootstrap, topics.late, files.late, late_of)
        dead = write_lines(bootstrap, topics.dead, Path(name) / "dead", value_of)
        compared = compare(files, round(window_length_s * 1000))
        late = len(set(files.late.read_bytes().splitlines()))
    # A dead letter is in no result, so it is among the lost already, unless it should not be there.
    lost, twice = max(compared.lost, dead), compared.twice + late_records - late
    return Judgement(fed, results, lost, late, twice, compared.wrong)


def value_of(message: Message) -> bytes:
    """Return the value of a record."""
    return message.value() or b""


def late_of(message: Message) -> bytes:
    """Return a late record and where it stood in the input."""
    headers = dict(cast("list[tuple[str, bytes]]", message.headers()))
    place = b"%s-%s" % (headers["source_partition"], headers["source_offset"])
    return b'{"place":"%s","event":%s}' % (place, message.value())
