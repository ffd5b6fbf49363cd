"""The flow end to end on a real broker: what goes in comes out, however it is run."""

from dataclasses import replace

import pytest
from confluent_kafka import Consumer, TopicPartition
from tests.conftest import MakeJob
from tests.kafka.answers import duckdb_answer, flow_answer, some_events
from tests.kafka.job import end_well, event, make_topics
from tests.kafka.topics import Record, produce


def test_the_flow_and_duckdb_give_the_same_answer_to_the_last_digit(make_job: MakeJob) -> None:
    job = make_job(4, UNTIL_END="true")
    events = some_events(200_000, 4)
    produce(job.bootstrap, job.topics.events, events)

    end_well([job.start()])

    answer = flow_answer(job)
    assert len(answer) == len(set(answer))
    assert set(answer) == duckdb_answer(events, job.folder)
    assert job.late() == []
    assert job.dead() == []


@pytest.mark.parametrize("recovery", [False, True], ids=["without a store", "with a store"])
@pytest.mark.parametrize("how", ["one process", "two workers", "a cluster of three"])
def test_every_way_to_run_gives_the_same_answer(
    make_job: MakeJob, how: str, recovery: bool
) -> None:
    job = make_job(5, UNTIL_END="true")
    events = some_events(5_000, 5)
    produce(job.bootstrap, job.topics.events, events)
    options = job.store() if recovery else ()

    if how == "a cluster of three":
        running = job.start_cluster(3, *options)
    else:
        running = [job.start(*options, *(("-w", "2") if how == "two workers" else ()))]

    end_well(running)
    assert sorted(flow_answer(job), key=str) == sorted(duckdb_answer(events, job.folder), key=str)


def test_a_topic_of_128_partitions_is_read_by_one_process(make_job: MakeJob) -> None:
    job = make_job(128, UNTIL_END="true")
    events = some_events(3_000, 128)
    produce(job.bootstrap, job.topics.events, events)

    end_well([job.start()])

    assert set(flow_answer(job)) == duckdb_answer(events, job.folder)


def test_what_a_partition_has_late_goes_to_the_late_topic_untouched(make_job: MakeJob) -> None:
    job = make_job(1, UNTIL_END="true")
    late = replace(event("late", 10, 7), headers=(("trace", b"1"), ("trace", None)), timestamp_ms=5)
    produce(
        job.bootstrap,
        job.topics.events,
        [event("a", 0), event("b", 309), event("a", 299), event("b", 310), late, event("b", 311)],
    )

    end_well([job.start()])

    assert {(r["user_id"], r["window_start"], r["count"]) for r in job.results()} == {
        ("a", "2026-01-01T00:00:00Z", 2),
        ("b", "2026-01-01T00:05:00Z", 3),
    }
    (record,) = job.late()
    assert (record.key, record.value, record.timestamp_ms) == (b"late", late.value, 5)
    assert record.headers == (
        *late.headers,
        ("window_start", b"2026-01-01T00:00:00Z"),
        ("window_end", b"2026-01-01T00:05:00Z"),
        ("watermark", b"2026-01-01T00:05:00Z"),
        ("source_topic", job.topics.events.encode()),
        ("source_partition", b"0"),
        ("source_offset", b"4"),
    )


def value_of(record: Record) -> bytes:
    """Return the value of a record that has one."""
    assert record.value is not None
    return record.value


BROKEN = {
    "not JSON": b"{",
    "nothing": b"",
    "null": None,
    "not UTF-8": b'{"user_id":"\xff","event_type":"a","timestamp":"2026-01-01T00:00:00Z"}',
    "100,000 brackets": b"[" * 100_000,
    "an infinite amount": value_of(event("x", 0)).replace(b'"amount": 1', b'"amount": 1e400'),
    "NaN in a string": event("x", 0, "NaN").value,
    "the year 2099": event("x", 73 * 365 * 86_400).value,
    "before 1970": event("x", -60 * 365 * 86_400).value,
    "a missing field": b'{"user_id":1,"event_type":"a"}',
    "a null user": value_of(event("x", 0)).replace(b'"x"', b"null"),
    "ten megabytes": b'"' + b"x" * 10_000_000 + b'"',
}


def test_whatever_is_no_event_goes_to_the_dead_letter_topic(make_job: MakeJob) -> None:
    job = make_job(1, {"max.message.bytes": "20000000"}, UNTIL_END="true")
    broken = [
        Record(value, b"", headers=(("kind", kind.encode()),), timestamp_ms=7)
        for kind, value in BROKEN.items()
    ]
    produce(job.bootstrap, job.topics.events, [event("a", 0), *broken, event("a", 1)])

    end_well([job.start()])

    assert [(r["user_id"], r["count"]) for r in job.results()] == [("a", 2)]
    dead = sorted(job.dead(), key=lambda r: int(dict(r.headers)["source_offset"] or b""))
    assert [(r.key, r.value, r.timestamp_ms) for r in dead] == [
        (r.key, r.value, r.timestamp_ms) for r in broken
    ]
    for offset, record in enumerate(dead, start=1):
        headers = dict(record.headers)
        assert headers["kind"] == list(BROKEN)[offset - 1].encode()
        assert headers["source_topic"] == job.topics.events.encode()
        assert headers["source_partition"] == b"0"
        assert headers["source_offset"] == str(offset).encode()
        assert headers["error"]
        assert b"\n" not in headers["error"]


def test_a_dead_letter_too_large_for_its_topic_is_cut_and_says_so(make_job: MakeJob) -> None:
    job = make_job(1, UNTIL_END="true")
    large = make_topics(job.bootstrap, 1, {"max.message.bytes": "20000000"})
    job = replace(job, topics=replace(job.topics, events=large.events))
    produce(job.bootstrap, job.topics.events, [Record(b"x" * 10_000_000), event("a", 0)])

    end_well([job.start()])

    assert len(job.results()) == 1
    (record,) = job.dead()
    assert record.value is not None
    assert set(record.value) == {ord("x")}
    assert 900_000 < len(record.value) < 1_048_588
    assert dict(record.headers)["truncated_from"] == b"10000000"


def test_the_consumer_group_shows_how_far_the_job_is(make_job: MakeJob) -> None:
    job = make_job(2, UNTIL_END="true")
    group = f"of-{job.topics.events}"
    produce(job.bootstrap, job.topics.events, [event("a", 0), event("b", 1, partition=1)] * 3)

    end_well([job.start(*job.store(), GROUP_ID=group)])

    consumer = Consumer({"bootstrap.servers": job.bootstrap, "group.id": group})
    places = consumer.committed([TopicPartition(job.topics.events, p) for p in (0, 1)], 10)
    consumer.close()
    assert [place.offset for place in places] == [3, 3]
