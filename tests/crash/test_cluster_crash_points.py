"""A cluster of two, one of which is killed at a point: after a restart every record is there once.

The full product of points, processes and sizes after the restart would take long. Each point has a
process and a size, so that each process is killed before a restart with each size.
"""

import signal
from dataclasses import replace
from itertools import cycle, islice
from typing import NamedTuple

import pytest
from tests.chaos.events import PARTITIONS, records
from tests.chaos.run import SETTINGS, judge_job
from tests.conftest import MakeJob
from tests.kafka.job import Job, end_well, killed_at_the_end
from tests.kafka.topics import produce

# Late ones in every partition, as those of the partition that is judged last are late for certain.
EVENTS = [
    replace(record, partition=n % PARTITIONS)
    for n, record in enumerate(islice(records(seed=1), 6_000))
]
SIZE = 2


class Crash(NamedTuple):
    """Where which process is killed for the n-th time that it comes there, and what follows.

    Fields:
        restart: how many processes are started then.
    """

    point: str
    nth: int
    killed: int
    restart: int


POINTS = [
    ("taken-over", 1, 0),
    ("given", 1, 1),
    ("before-snapshot", 2, 0),
    ("snapshot", 1, 1),
    ("barrier", 1, 0),
    ("sent", 1, 1),
    ("before-commit", 2, 0),
    ("committed", 1, 1),
    ("written", 1, 0),
    ("end-read", 1, 1),
    ("end-saved", 1, 0),
]
# No three: processes that wait for an epoch do not sleep, and three starve the broker of two cores.
RESTARTS = cycle((2, 1, 1, 2))
CRASHES = [Crash(*point, restart) for point, restart in zip(POINTS, RESTARTS, strict=False)]


def test_each_process_is_killed_before_a_restart_of_each_size() -> None:
    assert {(crash.killed, crash.restart) for crash in CRASHES} == {
        (killed, restart) for killed in range(SIZE) for restart in (1, 2)
    }


@pytest.mark.parametrize("crash", CRASHES, ids=lambda crash: "-".join(map(str, crash)))
def test_one_of_a_cluster_killed_at_a_point_and_all_started_again_every_record_is_there_once(
    make_job: MakeJob, crash: Crash
) -> None:
    job = make_job(PARTITIONS, **SETTINGS)

    crash_and_start_again(job, crash)

    assert wrong_in(job) == []


def test_a_sabotaged_cluster_is_found_out(make_job: MakeJob) -> None:
    job = make_job(PARTITIONS, **SETTINGS)

    crash_and_start_again(job, Crash("committed", 1, killed=1, restart=1), sabotage="marker")

    assert any(" times: " in line for line in wrong_in(job)), "the sabotage went unnoticed"


def crash_and_start_again(job: Job, crash: Crash, *, sabotage: str = "") -> None:
    """Run a cluster until one process crashes and the other ends, then another to the end."""
    produce(job.bootstrap, job.topics.events, EVENTS)
    store = job.store()
    variables = {
        "CRASH_AT": f"{crash.point}:{crash.nth}",
        "CRASH_IN": str(crash.killed),
        "SABOTAGE": sabotage,
    }
    at_the_end = crash.point.startswith("end-")
    with pytest.MonkeyPatch.context() as patch:
        for name, value in variables.items():
            patch.setenv(name, value)
        crashing = replace(job, dataflow="tests.crash.crashing_flow").start_cluster(
            SIZE, *store, UNTIL_END=str(at_the_end)
        )
        with killed_at_the_end(*crashing):
            assert crashing[crash.killed].end() == -signal.SIGKILL, crashing[crash.killed].said()
            assert crashing[1 - crash.killed].end() == 1
        again = replace(job, started=SIZE)
        if sabotage:
            again.dataflow = "tests.chaos.sabotaged_flow"
        end_well(again.start_cluster(crash.restart, *store, UNTIL_END="true"))


def wrong_in(job: Job) -> list[str]:
    """Return what is wrong with the three output topics, each of which must hold something."""
    outcome = judge_job(job)
    assert min(outcome.counts.values()) > 0
    return outcome.differences
