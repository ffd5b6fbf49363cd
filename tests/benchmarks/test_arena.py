"""Runs of contenders on a real broker, checked: right ones get figures, wrong ones the reason."""

import sys
from datetime import timedelta
from pathlib import Path

import pytest
from benchmarks.arena import Arena
from benchmarks.contenders import (
    bare_consume,
    consume_decode,
    flow_at_least_once,
    flow_exactly_once_1s,
    flow_two_processes,
)
from benchmarks.contenders.contender import About, Contender, Job
from benchmarks.load import Load
from benchmarks.measure import Command, NoFigureError
from confluent_kafka.admin import AdminClient
from tests.kafka.broker import Broker

LOAD = Load("few", 20, timedelta(minutes=20), (1_000, 4_000), late_share=0.05, broken_share=0.05)

WRITE = """
import sys
from confluent_kafka import Producer
producer = Producer({"bootstrap.servers": sys.argv[1]})
for line in sys.argv[3:]:
    producer.produce(sys.argv[2], line)
producer.flush()
"""
RESULT = '{"user_id":1,"window_start":"2021-01-01T00:00:00Z","count":1,"total_amount":1}'


class Writes:
    """A contender that writes what it is given."""

    ABOUT = About(name="writer", tuning="none", peer=True)

    def __init__(self, *values: str) -> None:
        self._values = values

    def prepare(self) -> None:
        """Need nothing."""

    def commands(self, job: Job) -> list[Command]:
        program = [sys.executable, "-c", WRITE, job.bootstrap, job.output_topic]
        return [Command([*program, *self._values], {})]


class ReadsAnother(Writes):
    """A baseline that counts another number of records."""

    ABOUT = About(name="reader", tuning="none", writes=False)

    def commands(self, job: Job) -> list[Command]:  # noqa: ARG002
        return [Command([sys.executable, "-c", "print(3999)"], {})]


class Looked(Exception):  # noqa: N818 - ends a run before it begins
    """Carries the partitions of the output topic without a leader."""


class Looks(Writes):
    """A contender that looks at its output topic the moment it is called, and runs no further."""

    def __init__(self, bootstrap: str) -> None:
        self._admin = AdminClient({"bootstrap.servers": bootstrap})
        self._admin.list_topics(timeout=30)  # connected by now: the next look takes no time

    def commands(self, job: Job) -> list[Command]:
        topics = self._admin.list_topics(timeout=30).topics
        found = topics[job.output_topic].partitions if job.output_topic in topics else {}
        raise Looked([p for p in range(4) if p not in found or found[p].leader < 0])


@pytest.mark.parametrize(
    "contender", [flow_at_least_once, flow_exactly_once_1s, flow_two_processes]
)
def test_the_flow_gives_right_results_with_late_and_broken_events(
    broker: Broker, tmp_path: Path, contender: Contender
) -> None:
    with Arena(broker.bootstrap, LOAD, tmp_path) as arena:
        arena.fill(4_000)
        cost, results = arena.run(contender, 4_000)

    # Those of three windows and most of a fourth are on time for every user.
    assert 80 <= results < 400
    assert cost.cpu_s > 0
    assert cost.first_result_s is not None
    assert cost.first_result_s > 0


@pytest.mark.parametrize("contender", [bare_consume, consume_decode])
def test_baselines_read_all_and_have_no_results(
    broker: Broker, tmp_path: Path, contender: Contender
) -> None:
    with Arena(broker.bootstrap, LOAD, tmp_path) as arena:
        arena.fill(1_000)
        cost, results = arena.run(contender, 1_000)

    assert results == 0
    assert cost.first_result_s is None


@pytest.mark.parametrize(
    ("contender", "said"),
    [
        (Writes(), "wrong: 0 pairs of user and window"),
        (Writes(RESULT, RESULT), "wrong: 2 results for 1 pairs"),
        (Writes(RESULT), "wrong: 1 pairs of user and window"),
        (Writes("[]"), "no result"),
        (ReadsAnother(), "read 3999 of 4004 records"),
    ],
)
def test_wrong_results_give_the_reason(
    broker: Broker, tmp_path: Path, contender: Contender, said: str
) -> None:
    with Arena(broker.bootstrap, LOAD, tmp_path) as arena:
        arena.fill(4_000)
        with pytest.raises(NoFigureError, match=said):
            arena.run(contender, 4_000)


def test_output_topics_can_be_written_to_when_a_contender_is_started(
    broker: Broker, tmp_path: Path
) -> None:
    contender = Looks(broker.bootstrap)
    with Arena(broker.bootstrap, LOAD, tmp_path) as arena:
        arena.fill(1_000)
        for _ in range(10):
            with pytest.raises(Looked) as looked:
                arena.run(contender, 1_000)
            assert looked.value.args == ([],)
