"""What the real flow says as JSON: at its start, and while its broker is away."""

import json
import os
import re
import signal
import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from tests.conftest import MakeJob, need
from tests.kafka.broker import kafka_broker
from tests.kafka.job import (
    Job,
    Running,
    end_well,
    event,
    eventually,
    killed_at_the_end,
    make_topics,
)
from tests.kafka.local_broker import LocalBroker
from tests.kafka.topics import produce

AS_JSON = {"LOG_FORMAT": "json", "LOG_LEVEL": "info"}
BY_BYTEWAX = re.compile(r"worker \d+:\t.*")
CLIENT_ID = re.compile(r'"clientId":"([^"]*)"')
MARKED = re.compile(r'"clientId":"(windowing.0.lane-.)","requestApiKeyName":"TXN_OFFSET_COMMIT"')


def lines(running: Running) -> list[dict[str, Any]]:
    """Return all that a process has said, which is JSON, but for a word of Bytewax's own."""
    said = running.said()
    whole = said[: said.rfind("\n") + 1].splitlines()
    return [json.loads(line) for line in whole if not BY_BYTEWAX.fullmatch(line)]


def rows(store: Path, query: str) -> list[tuple[int, int]]:
    """Return what Bytewax has written into a store, of all its files."""
    found: list[tuple[int, int]] = []
    for file in store.glob("*.sqlite3"):
        with closing(sqlite3.connect(file)) as connection:
            found += connection.execute(query).fetchall()
    return found


def test_every_process_says_in_a_line_what_begins_and_from_where_on(make_job: MakeJob):
    job = make_job(2, GROUP_ID="shop", IDLE_TIMEOUT="0", **AS_JSON)
    store = job.store()
    produce(job.bootstrap, job.topics.events, [event(1, 0), event(2, 400, partition=1)])
    first = job.start(*store)
    with killed_at_the_end(first):
        epochs = "SELECT worker_frontier, ex_num FROM fronts"
        eventually(
            lambda: rows(Path(store[1]), epochs), lambda found: max(found, default=(0, 0)) > (4, 0)
        )
    cluster = job.start_cluster(2, *store, UNTIL_END="true")
    end_well(cluster)

    [line] = lines(first)
    assert (line["job"], line["process"], line["processes"], line["workers"]) == ("shop", 0, 1, 1)
    assert (line["execution"], line["epoch"], line["delivery"]) == (0, None, "exactly once")
    assert line["settings"]["input_topic"] == job.topics.events
    assert line["kafka_properties"] == ["bootstrap.servers", "log_level"]
    began = dict(rows(Path(store[1]), "SELECT ex_num, resume_epoch FROM exs"))
    assert began.keys() == {0, 1}
    assert began[1] > 3
    for process, one in enumerate(cluster):
        [line] = lines(one)
        assert (line["process"], line["processes"]) == (process, 2)
        assert (line["execution"], line["epoch"]) == (1, began[1])


def test_no_value_of_the_kafka_properties_is_ever_said(make_job: MakeJob, tmp_path: Path):
    properties = tmp_path / "kafka.properties"
    properties.write_text(
        "sasl.password=0pen-5esame\nsasl.username=user\nlog_level=7\ndebug=conf\n"
    )
    job = make_job(1, UNTIL_END="true", KAFKA_CONFIG=str(properties), **AS_JSON)
    running = job.start("-w", "2")
    end_well([running])

    warning, start = (line for line in lines(running) if line["logger"].startswith("windowing"))
    assert warning["message"].startswith("no recovery store (-r)")
    assert (start["delivery"], start["workers"]) == ("at least once", 2)
    assert {"sasl.password", "sasl.username"} <= set(start["kafka_properties"])
    assert "0pen-5esame" not in running.said()


def test_what_is_wrong_at_the_start_is_a_line_of_json_each(make_job: MakeJob):
    running = make_job(1, UNTIL_END="perhaps", **AS_JSON | {"LOG_FORMAT": "yaml"}).start()
    assert running.end() == 1

    faults = [line for line in lines(running) if line["level"] == "CRITICAL"]
    assert [line["message"] for line in faults] == [
        "WINDOWING_UNTIL_END='perhaps' is neither true nor false: write true or false",
        "WINDOWING_LOG_FORMAT='yaml' is not a form of log: write auto, json or text",
    ]


@pytest.fixture
def telling_broker(
    pytestconfig: pytest.Config, monkeypatch: pytest.MonkeyPatch
) -> Iterator[LocalBroker]:
    """A broker of the test's own that logs each request with the id of its client."""
    requests = "-Dorg.slf4j.simpleLogger.log.kafka.request.logger=debug"
    monkeypatch.setenv("JAVA_TOOL_OPTIONS", f"{os.environ.get('JAVA_TOOL_OPTIONS', '')} {requests}")
    with need(pytestconfig, kafka_broker()) as running:
        if not isinstance(running, LocalBroker):
            pytest.skip("this broker's log is not at hand: unset KAFKA_TEST_BOOTSTRAP, stop Docker")
        yield running


def test_the_broker_and_the_log_know_each_client_by_job_process_and_role(
    telling_broker: LocalBroker, tmp_path: Path
):
    broker = telling_broker
    properties = tmp_path / "kafka.properties"
    properties.write_text("client.id=checkout\n")
    job = Job(broker.bootstrap, make_topics(broker.bootstrap, 2), tmp_path, {**AS_JSON})
    store = job.store()

    def clients() -> set[str]:
        return {name for name in CLIENT_ID.findall(broker.log.read_text()) if ".0." in name}

    roles = {"admin", "reader", "end-offsets", "lane-0", "lane-1", "lane-2", "lane-3"}
    running = job.start(*store)
    with killed_at_the_end(running):
        # Once when it is claimed, and again when it is at work.
        eventually(
            lambda: Counter(MARKED.findall(broker.log.read_text())),
            lambda marks: len(marks) == 4 and min(marks.values()) > 1,
        )
        eventually(clients, lambda seen: seen == {f"windowing.0.{role}" for role in roles})
        broker.kill()
        away = eventually(
            lambda: [line for line in lines(running) if line["logger"] == "librdkafka"],
            lambda said: len({line["client"].split("#")[0] for line in said}) >= 3,
        )
        assert all("Connection refused" in line["message"] for line in away)
        assert {line["client"].split("#")[0] for line in away} <= {
            f"windowing.0.{role}" for role in roles
        }
        assert len({line["client"] for line in away}) == len(away), "one of a kind a minute"
        broker.start()
        running.signal(signal.SIGTERM)
        running.end()
    said = lines(running)
    assert sum(line.get("repeated", 0) for line in said) > 100, "the others are counted"

    end_well([job.start(*store, UNTIL_END="true", KAFKA_CONFIG=str(properties))])
    mine = {name for name in clients() if name.startswith("checkout")}
    assert mine - {"checkout.0.end-offsets"} == {
        f"checkout.0.{role}" for role in roles - {"end-offsets"}
    }
