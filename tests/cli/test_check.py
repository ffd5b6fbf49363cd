"""`windowing check` says what is fine and what is not, before the flow stumbles over it."""

import json
import shutil
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka.admin import (
    AclBinding,
    AclOperation,
    AclPermissionType,
    AdminClient,
    ResourcePatternType,
    ResourceType,
)
from tests.cli.command import run
from tests.conftest import MakeJob
from tests.kafka.broker import NoBroker, kafka_broker
from tests.kafka.job import Job, Topics, end_well, event, eventually, killed_at_the_end, make_topics
from tests.kafka.topics import create_topic, delete_topics, produce, read_all

BY_BROKER = {"message.timestamp.type": "LogAppendTime"}


def check(job: Job, *words: str, **environ: str) -> tuple[int, list[dict[str, str]]]:
    """Return the exit status and what was found."""
    ended = run(replace(job, environ=job.environ | environ), "check", "--json", *words)
    assert ended.stderr == ""
    return ended.returncode, json.loads(ended.stdout)


def wrong(found: list[dict[str, str]], verdict: str = "wrong") -> list[dict[str, str]]:
    """Return what is wrong, or has another verdict."""
    return [one for one in found if one["verdict"] == verdict]


def all_said(found: list[dict[str, str]]) -> str:
    """Return all that was found, a line each."""
    return "\n".join(f"{one['subject']}: {one['what']}" for one in found)


def test_a_job_at_work_is_fine_and_so_is_it_when_it_has_stopped(make_job: MakeJob) -> None:
    job = make_job(2, BY_BROKER)
    produce(job.bootstrap, job.topics.events, [event(1, 0, partition=p) for p in (0, 1)])
    options = job.store()
    running = job.start(*options)
    with killed_at_the_end(running):
        status, found = eventually(
            lambda: check(job, "-r", options[1]), lambda seen: "is of this job" in all_said(seen[1])
        )
        assert (status, wrong(found), wrong(found, "warning")) == (0, [], [])
        lines = all_said(found)
        assert f"recovery store: in use by process {running.process.pid} on " in lines
        assert "may WRITE and READ" in lines
        assert "clock of the broker: the newest record is " in lines
        assert len([one for one in found if one["subject"].startswith("marker of lane")]) == 4
        running.kill()

    topics = job.topics.events, job.topics.results, job.topics.late, job.topics.dead
    before = what_is_written(job, topics, Path(options[1]))
    ended = run(job, "check", "-r", options[1])
    assert ended.returncode == 0
    assert "nobody is at work on it" in ended.stdout
    assert what_is_written(job, topics, Path(options[1])) == before


def what_is_written(job: Job, topics: tuple[str, ...], store: Path) -> Any:
    """Return all that a check might have changed, but for the index that SQLite keeps of a log."""
    records = [read_all(job.bootstrap, topic, isolation="read_uncommitted") for topic in topics]
    admin = AdminClient({"bootstrap.servers": job.bootstrap})
    groups = {group.group_id for group in admin.list_consumer_groups().result().valid}
    # The index (shm) is rebuilt by whoever reads a store whose flow was killed.
    files = {f.name: f.read_bytes() for f in store.iterdir() if not f.name.endswith("-shm")}
    return records, {group for group in groups if job.topics.results in group}, files


def test_every_wrong_setting_is_a_row(make_job: MakeJob) -> None:
    status, found = check(
        make_job(1), IDLE_TIMEOUT="30sec", WINDOW_LENGTH="0s", IDLE_TIMOUT="3s", KAFKA_CONFIG=""
    )

    assert status == 1
    assert [one["what"].split("=")[0] for one in wrong(found)] == [
        "WINDOWING_WINDOW_LENGTH",
        "WINDOWING_IDLE_TIMEOUT",
    ]
    assert wrong(found)[1]["fix"].startswith("write a number and ms, s, m, h or d")
    assert [one["fix"] for one in wrong(found, "warning")] == [
        "did you mean WINDOWING_IDLE_TIMEOUT?"
    ]


def test_a_properties_file_that_librdkafka_refuses_is_named(
    make_job: MakeJob, tmp_path: Path
) -> None:
    file = tmp_path / "client.properties"
    file.write_text("sasl.mechanism=NONESUCH\nsecurity.protocol=sasl_plaintext\n")

    status, found = check(make_job(1), KAFKA_CONFIG=str(file))

    assert (status, [one["subject"] for one in wrong(found)]) == (1, ["client properties"])


@pytest.fixture
def odd_topic(make_job: MakeJob) -> Iterator[Job]:
    """A job with a compacted output, late events that are soon deleted, and no dead letters."""
    job = make_job(1)
    compacted = {"cleanup.policy": "compact", "message.timestamp.type": "LogAppendTime"}
    results = create_topic(job.bootstrap, config=compacted)
    late = create_topic(job.bootstrap, config={"retention.ms": "3600000"})
    yield replace(job, topics=Topics(job.topics.events, results, late, "no-dead-letters"))
    delete_topics(job.bootstrap, [results, late])


def test_topics_that_lose_records_or_are_missing_are_named_with_the_fix(odd_topic: Job) -> None:
    status, found = check(odd_topic)

    assert status == 1
    compacted, missing = wrong(found)
    assert compacted["subject"] == f"topic {odd_topic.topics.results}"
    assert compacted["fix"] == "set cleanup.policy=delete"
    assert missing["what"].startswith("topic 'no-dead-letters' is not at ")
    [short] = wrong(found, "warning")
    assert short["subject"] == f"topic {odd_topic.topics.late}"
    assert "those of a replay of older events are soon deleted" in short["what"]
    assert short["fix"] == "set message.timestamp.type=LogAppendTime, or retention.ms=-1"


def test_windows_that_may_end_too_far_ahead_and_clocks_that_are_are_warnings(
    make_job: MakeJob,
) -> None:
    job = make_job(1)
    in_half_an_hour_ms = int((time.time() + 1800) * 1000)
    record = replace(event(1, 0), timestamp_ms=in_half_an_hour_ms)
    produce(job.bootstrap, job.topics.events, [record])

    status, found = check(job, MAX_FUTURE_SKEW="4h")

    assert status == 0
    window, clock = wrong(found, "warning")
    assert "may be 4 h ahead" in window["what"]
    assert clock["subject"] == f"clock of those who write {job.topics.events}"
    assert " s ahead of this host" in clock["what"]


def test_a_timeout_that_the_broker_does_not_allow_is_named(
    make_job: MakeJob, tmp_path: Path
) -> None:
    file = tmp_path / "client.properties"
    file.write_text("transaction.timeout.ms=900001\n")

    status, found = check(make_job(1), KAFKA_CONFIG=str(file))

    assert (status, [one["subject"] for one in wrong(found)]) == (1, ["transaction.timeout.ms"])


def test_a_store_that_the_job_cannot_go_on_with_is_named(make_job: MakeJob) -> None:
    job = make_job(1, BY_BROKER, IDLE_TIMEOUT="0")
    options = job.store()
    store, old_copy = Path(options[1]), job.folder / "old-copy"
    for minute in 0, 60:
        produce(job.bootstrap, job.topics.events, [event(user, 60 * minute) for user in range(99)])
        end_well([job.start(*options, UNTIL_END="true")])
        if not minute:
            shutil.copytree(store, old_copy)

    of_store = "-r", str(store)
    assert check(job, *of_store)[0] == 0
    # What the flow itself would say.
    for environ, said in (
        ({"WINDOW_LENGTH": "1m"}, "the recovery store holds windows of 0:05:00"),
        ({"LATE_TOPIC": job.topics.dead, "DEAD_LETTER_TOPIC": job.topics.late}, "is of a job on"),
    ):
        status, found = check(job, *of_store, **environ)
        assert status == 1
        assert said in all_said(wrong(found))
    status, found = check(job, "-r", str(old_copy))
    assert status == 1
    assert {one["subject"][:-1] for one in wrong(found)} == {"marker of lane "}
    assert "it is an old copy" in json.dumps(found)


def test_permissions_that_are_missing_are_named(tmp_path: Path) -> None:
    only_for_others = {
        "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
        "allow.everyone.if.no.acl.found": "true",
    }
    try:
        with kafka_broker(properties=only_for_others) as broker:
            topics = make_topics(broker.bootstrap, 1, BY_BROKER)
            job = Job(broker.bootstrap, topics, tmp_path)
            deny(job, ResourceType.TOPIC, topics.dead, AclOperation.WRITE)
            deny(job, ResourceType.TOPIC, topics.late, AclOperation.DESCRIBE_CONFIGS)
            lane = f"windowing.{topics.results}.lane-2"
            deny(job, ResourceType.GROUP, lane, AclOperation.READ)

            status, found = check(job)
    except NoBroker as missing:
        pytest.skip(str(missing))

    assert status == 1
    topic, group = wrong(found)
    assert topic["what"] == f"no permission for topic '{topics.dead}'"
    assert topic["fix"].startswith("grant WRITE on it")
    assert group["what"] == f"no READ on {lane}"
    hidden = [one["subject"] for one in wrong(found, "not seen")]
    assert f"topic {topics.late}" in hidden


def deny(job: Job, kind: ResourceType, name: str, operation: AclOperation) -> None:
    """Forbid everyone an operation, and allow all others."""
    bindings = [
        AclBinding(kind, name, ResourcePatternType.LITERAL, "User:*", "*", what, permission)
        for what, permission in (
            (AclOperation.ALL, AclPermissionType.ALLOW),
            (operation, AclPermissionType.DENY),
        )
    ]
    admin = AdminClient({"bootstrap.servers": job.bootstrap})
    for made in admin.create_acls(bindings).values():
        made.result()
