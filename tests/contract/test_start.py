"""What is wrong at the start is said at the start: a line each, no traceback, exit status 1."""

import resource
import socket
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from confluent_kafka.admin import (
    AclBinding,
    AclOperation,
    AclPermissionType,
    AdminClient,
    ResourcePatternType,
    ResourceType,
)
from tests.conftest import MakeJob
from tests.kafka.broker import NoBroker, kafka_broker
from tests.kafka.job import Job, Topics, end_well, make_topics

AT_LEAST_ONCE = (
    "WARNING no recovery store (-r): delivery is at least once, and a restart begins anew"
)


def refusal(job: Job, *options: str, **environ: str) -> list[str]:
    """Start a job that cannot run; return what it says, without the word on delivery."""
    running = job.start(*options, **environ)
    assert running.end() == 1
    return [line for line in running.said().splitlines() if line != AT_LEAST_ONCE]


@pytest.fixture
def nowhere(tmp_path: Path) -> Job:
    """A job on a port where nobody listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    return Job(f"127.0.0.1:{port}", Topics("events", "results", "late", "dead"), tmp_path)


def test_all_wrong_settings_are_named_at_once(nowhere: Job) -> None:
    lines = refusal(nowhere, IDLE_TIMEOUT="30sec", UNTIL_END="perhaps", WINDOW_LENGTH="0s")

    assert len(lines) == 3
    assert lines[0].startswith("WINDOWING_WINDOW_LENGTH='0s' ")
    assert (
        "WINDOWING_IDLE_TIMEOUT='30sec' is not a duration: write a number and ms, s, m, h or d,"
        " such as 30s" in lines
    )


def test_a_port_that_leaves_none_for_a_later_process_is_named_with_what_is_left(
    nowhere: Job,
) -> None:
    cluster = ("-i", "2", "-a", "127.0.0.1:1;127.0.0.1:2;127.0.0.1:3")
    assert refusal(nowhere, *cluster, HTTP_PORT="65534") == [
        "WINDOWING_HTTP_PORT='65534' leaves no port for process 2, which takes the port plus its"
        " number: write 65533 or less, or 0 for none"
    ]
    (line,) = refusal(nowhere, *cluster, HTTP_PORT="65533")
    assert "no Kafka broker answers" in line


def test_a_broker_that_does_not_answer_is_named_with_its_setting(nowhere: Job) -> None:
    (line,) = refusal(nowhere)

    assert f"no Kafka broker answers at {nowhere.bootstrap}" in line
    assert "Connection refused" in line
    assert "WINDOWING_BOOTSTRAP_SERVERS" in line


def test_a_setting_that_is_misspelt_gets_a_warning_with_the_nearest(nowhere: Job) -> None:
    lines = refusal(nowhere, IDLE_TIMOUT="3s", SERVICE_HOST="10.0.0.1", UNTIL_END="?")

    assert lines[0] == (
        "WARNING WINDOWING_IDLE_TIMOUT is not a setting: did you mean WINDOWING_IDLE_TIMEOUT?"
    )
    assert len(lines) == 2


def test_all_missing_topics_are_named_at_once_with_their_settings(make_job: MakeJob) -> None:
    job = make_job(1)
    job = replace(job, topics=Topics(job.topics.events, "no-results", job.topics.late, "no-dead"))

    lines = refusal(job)

    assert [line.split(" is not at ")[0] for line in lines] == [
        "topic 'no-results'",
        "topic 'no-dead'",
    ]
    assert lines[0].endswith("or set WINDOWING_OUTPUT_TOPIC")
    assert lines[1].endswith("or set WINDOWING_DEAD_LETTER_TOPIC")


def test_topics_that_the_job_may_not_use_are_named_with_what_to_grant(tmp_path: Path) -> None:
    only_for_others = {
        "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
        "allow.everyone.if.no.acl.found": "true",
    }
    try:
        with kafka_broker(properties=only_for_others) as broker:
            topics = make_topics(broker.bootstrap, 1)
            deny(broker.bootstrap, topics.events, AclOperation.READ)
            deny(broker.bootstrap, topics.late, AclOperation.WRITE)

            lines = refusal(Job(broker.bootstrap, topics, tmp_path))
    except NoBroker as missing:
        pytest.skip(str(missing))
    fix = "no permission for topic {!r}: grant {} on it, or set {}".format
    assert lines == [
        fix(topics.events, "READ", "WINDOWING_INPUT_TOPIC"),
        fix(topics.late, "WRITE", "WINDOWING_LATE_TOPIC"),
    ]


def deny(bootstrap: str, topic: str, operation: AclOperation) -> None:
    """Forbid everyone an operation on a topic, and allow all others."""
    bindings = [
        AclBinding(
            ResourceType.TOPIC, topic, ResourcePatternType.LITERAL, "User:*", "*", what, permission
        )
        for what, permission in (
            (AclOperation.ALL, AclPermissionType.ALLOW),
            (operation, AclPermissionType.DENY),
        )
    ]
    admin = AdminClient({"bootstrap.servers": bootstrap})
    for created in admin.create_acls(bindings).values():
        created.result()


def test_too_few_descriptors_are_one_line(nowhere: Job) -> None:
    limited = "import resource, runpy, sys; resource.setrlimit(resource.RLIMIT_NOFILE, (99, 99));"
    run = "sys.argv = ['run', 'dataflows.user_aggregates']; sys.path.insert(0, '');"
    code = f"{limited} {run} runpy.run_module('bytewax.run', run_name='__main__')"
    root = Path(__file__).parents[2]

    ended = subprocess.run(
        [sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=False
    )

    assert ended.returncode == 1
    assert "this process may open 99 files and needs up to 256: raise the limit" in ended.stderr
    assert resource.getrlimit(resource.RLIMIT_NOFILE)[1] > 99


def test_a_recovery_store_that_is_not_there_is_named_with_how_to_make_it(nowhere: Job) -> None:
    (line,) = refusal(nowhere, "-r", "no-store", "-s", "1", "-b", "0")

    assert line.startswith("no recovery store no-store: make it with ")


def test_an_empty_recovery_store_is_named_with_how_to_fill_it(
    make_job: MakeJob, tmp_path: Path
) -> None:
    lines = refusal(make_job(1), "-r", str(tmp_path), "-s", "1", "-b", "0")

    assert lines[-1].startswith("CRITICAL the recovery store (-r) is empty: make it with ")


def test_a_port_that_is_in_use_is_named_as_such(make_job: MakeJob) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        address = "{}:{}".format(*taken.getsockname())

        lines = refusal(make_job(1), "-i", "0", "-a", f"{address};127.0.0.1:1")

    assert lines == [
        "CRITICAL this process's address in -a is in use: end who has it, or choose another port"
    ]


def test_without_a_store_the_flow_says_what_it_delivers(make_job: MakeJob) -> None:
    job = make_job(1, UNTIL_END="true")
    running = job.start()
    end_well([running])
    assert running.said().splitlines() == [AT_LEAST_ONCE]


def test_with_a_store_there_is_nothing_to_say(make_job: MakeJob) -> None:
    job = make_job(1, UNTIL_END="true")
    running = job.start(*job.store())
    end_well([running])
    assert running.said() == ""
