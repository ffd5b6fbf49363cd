"""What the results of a job must be, by an engine that is not ours, and what they are."""

import random
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import duckdb
from tests.kafka.job import Job, event
from tests.kafka.topics import Record


def some_events(count: int, partitions: int) -> list[Record]:
    """Return seeded events out of order by up to 8 s, one partition empty and one much busier."""
    chance = random.Random(count)
    events = []
    for n in range(count):
        amount = chance.choice([None, chance.randrange(-10_000, 10_000) / 100, "0.001", 5])
        number = chance.randrange(500)
        user = chance.choice([str(number), f"user-{number}"])
        partition = min(chance.randrange(partitions - 1), chance.randrange(partitions - 1))
        seconds = n * 3600 / count + chance.random() * 8
        events.append(event(user, seconds, amount, partition=partition))
    return events


def duckdb_answer(events: list[Record], folder: Path) -> set[tuple[object, ...]]:
    """What a nightly GROUP BY says, by an engine that is not ours."""
    file = folder / "events.ndjson"
    file.write_bytes(b"\n".join(event.value or b"" for event in events))
    rows = (
        duckdb.connect()
        .execute(
            f"""
        SELECT
            json->>'user_id',
            epoch_us(time_bucket(INTERVAL 5 MINUTE, (json->>'timestamp')::TIMESTAMPTZ)),
            count(*)::INTEGER,
            count(json->>'amount')::INTEGER,
            coalesce(sum((json->>'amount')::DECIMAL(36, 18)), 0)
        FROM read_ndjson_objects('{file}') GROUP BY ALL
        """
        )
        .fetchall()
    )
    return set(rows)


def flow_answer(job: Job) -> list[tuple[object, ...]]:
    """What the flow has written, in the form of `duckdb_answer`."""
    return [
        (
            str(result["user_id"]),
            int(datetime.fromisoformat(str(result["window_start"])).timestamp()) * 1_000_000,
            result["count"],
            result["amount_count"],
            Decimal(str(result["total_amount"])),
        )
        for result in job.results()
    ]


def has_each_result_once(job: Job, events: list[Record]) -> bool:
    """Compare what the flow has written, as a list, with DuckDB's answer."""
    return sorted(flow_answer(job)) == sorted(duckdb_answer(events, job.folder))
