"""What the flow has put aside as no event: shown, counted, and back in the input once."""

from collections import Counter
from dataclasses import replace

from tests.cli.command import complaint, run, said, said_json, said_lines
from tests.cli.conftest import FAR_AHEAD, PARTITIONS, Played, far_ahead
from tests.conftest import MakeJob
from tests.kafka.job import end_well, event
from tests.kafka.topics import Record, produce, read_all

TOTAL = 602


def bag(records: list[Record]) -> Counter[Record]:
    """Return records without their partitions and order."""
    return Counter(replace(record, partition=0, offset=None) for record in records)


def test_dead_letters_are_counted_by_reason(played: Played) -> None:
    assert said_json(played.job, "dead-letters", "count") == {
        "total": TOTAL,
        "reasons": {"not_json": 300, "future": 300, "null": 1, "not_utf8": 1},
    }
    table = said(played.job, "dead-letters", "count")
    assert "602 dead letters" in table
    assert "49.8%" in table


def test_the_newest_are_shown_with_where_they_were_read(played: Played) -> None:
    [shown] = said_lines(played.job, "dead-letters", "show", "--limit", "1", "--reason", "not_utf8")

    offsets = {
        r.offset: r
        for r in read_all(played.job.bootstrap, played.job.topics.events)
        if r.partition == 2 and r.value == b"\xff"
    }
    assert shown["source_topic"] == played.job.topics.events
    assert shown["source_partition"] == 2
    assert shown["source_offset"] in offsets
    assert (shown["reason"], shown["key"], shown["value_hex"]) == ("not_utf8", "k", "ff")
    assert shown["error"].startswith("not UTF-8: ")


def test_all_are_shown_in_full_for_machines(played: Played) -> None:
    lines = said_lines(played.job, "dead-letters", "show", "--limit", "0")

    junk = [line for line in lines if line["reason"] == "not_json"]
    assert len(lines) == TOTAL
    assert {line["value"] for line in junk} == {f"junk {n}" for n in range(300)}
    assert junk[0]["headers"] == [
        {"name": "trace", "value_hex": "00ff"},
        {"name": "error", "value": "of a producer"},
    ]
    assert all(line["timestamp"] == "2020-09-13T12:26:40Z" for line in junk)


def test_since_leaves_out_what_is_older(played: Played) -> None:
    # All but two have a timestamp of years ago.
    assert said_json(played.job, "dead-letters", "count", "--since", "1d")["total"] == 2
    assert said_json(played.job, "dead-letters", "count", "--since", "3650d")["total"] == TOTAL


def test_a_table_says_what_and_why(played: Played) -> None:
    table = said(played.job, "dead-letters", "show", "--reason", "null")

    assert f"{played.job.topics.events}[3]@" in table.replace("\n", "")
    assert "value is null" in table
    assert "(null)" in table


def test_replayed_records_are_what_came_in_each_once(played: Played, target: str) -> None:
    words = "dead-letters", "replay", "--to", target, "--yes"

    assert f"{TOTAL} records written to {target}" in said(played.job, *words)
    again = said(played.job, *words)

    assert f"nothing to write to {target}" in again
    assert f"{TOTAL} records left out" in again
    written = bag(read_all(played.job.bootstrap, target))
    came_in = bag(played.broken + played.future)
    at_now = {record: 1 for record in came_in if record.timestamp_ms is None}
    assert written - came_in == Counter(r for r in written if r.value in (None, b"\xff"))
    assert came_in - written == at_now


def test_each_reason_is_replayed_by_itself(played: Played, target: str) -> None:
    words = "dead-letters", "replay", "--to", target, "--yes"

    assert "300 records written" in said(played.job, *words, "--reason", "future")
    assert bag(read_all(played.job.bootstrap, target)) == bag(played.future)
    assert "302 records written" in said(played.job, *words)

    assert len(read_all(played.job.bootstrap, target)) == TOTAL


def test_a_limited_replay_goes_on_where_the_last_one_ended(played: Played, target: str) -> None:
    words = "dead-letters", "replay", "--to", target, "--yes", "--reason", "future"
    for _ in range(2):
        assert "7 records written" in said(played.job, *words, "--limit", "7")
    assert "286 records written" in said(played.job, *words)

    assert bag(read_all(played.job.bootstrap, target)) == bag(played.future)


def test_a_dry_run_or_one_where_nobody_can_be_asked_writes_and_remembers_nothing(
    played: Played, target: str
) -> None:
    words = "dead-letters", "replay", "--to", target

    assert "300" in said(played.job, *words, "--dry-run")
    assert "--yes" in complaint(played.job, *words)

    assert read_all(played.job.bootstrap, target) == []
    assert "602 records written" in said(played.job, *words, "--yes")


def test_the_flow_s_own_topics_are_no_target(played: Played) -> None:
    topic = played.job.topics.results

    line = complaint(played.job, "dead-letters", "replay", "--to", topic, "--yes")

    assert line == f"{topic} is written by the flow: name another topic with --to"


def test_records_that_the_flow_has_not_written_are_left_out(make_job: MakeJob, target: str) -> None:
    job = make_job(1)
    produce(job.bootstrap, job.topics.dead, [Record(b"a", headers=(("error", b"mine"),))])

    assert said_json(job, "dead-letters", "count")["reasons"] == {"foreign": 1}
    assert "1 record left out, not written by the flow" in said(
        job, "dead-letters", "replay", "--to", target, "--yes"
    )
    assert read_all(job.bootstrap, target) == []


def test_after_a_fix_replayed_events_are_counted_from_the_partition_they_came_from(
    make_job: MakeJob,
) -> None:
    # Else the broker refuses results of windows that end far ahead.
    job = make_job(PARTITIONS, {"message.timestamp.type": "LogAppendTime"})
    fed = [far_ahead(n, n % PARTITIONS) for n in range(20)]
    produce(job.bootstrap, job.topics.events, [event(1, 0), *fed])
    store = job.store()
    end_well([job.start(*store, UNTIL_END="true", IDLE_TIMEOUT="0")])
    assert len(job.dead()) == 20

    ended = run(job, "dead-letters", "replay", "--yes")

    assert ended.returncode == 0, ended.stderr
    events = read_all(job.bootstrap, job.topics.events)
    placed = Counter((record.partition, record.value) for record in events)
    assert all(placed[record.partition, record.value] == 2 for record in fed)
    end_well([job.start(*store, UNTIL_END="true", IDLE_TIMEOUT="0", MAX_FUTURE_SKEW="4h")])
    results = [r for r in job.results() if not str(r["window_start"]).startswith("2026-01-01")]
    assert sorted(int(str(r["user_id"])) for r in results) == list(range(20))
    assert {str(r["window_start"])[:10] for r in results} == {FAR_AHEAD.date().isoformat()}
    assert {r["count"] for r in results} == {1}
