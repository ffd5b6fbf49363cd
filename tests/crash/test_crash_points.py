"""A flow killed at a point chosen for its danger: after a restart every record is there once."""

import signal
from collections import Counter
from dataclasses import replace

import pytest
from tests.conftest import MakeJob
from tests.kafka.answers import duckdb_answer, flow_answer, some_events
from tests.kafka.job import Job, end_well, killed_at_the_end
from tests.kafka.topics import produce

EVENTS = some_events(20_000, 4)

POINTS = {
    "claimed": "a lane is claimed, the store is not read",
    "taken-over": "a lane is taken over, nothing is written",
    "given": "a lane has records of an epoch that is not over",
    "before-snapshot": "an epoch ends, the lane's records are not saved",
    "snapshot": "the lane has given its snapshot, the epoch is not committed",
    "end-read": "all is read, the last flush is not handed on",
    "barrier": "the epoch is committed, its records are not written",
    "end-saved": "the last epoch is committed, nobody has been told",
    "sent": "records are sent, without the marker",
    "before-commit": "records and marker are with the broker, not committed",
    "committed": "the transaction is committed, and nobody knows",
    "written": "the transaction is known, and not saved",
}
FIRST_AND_THIRD = (1, 3)
"""Of the four lanes or partitions: none is through, or some are."""


@pytest.mark.parametrize("count", FIRST_AND_THIRD)
@pytest.mark.parametrize("point", POINTS)
def test_killed_at_a_point_and_started_again_every_record_is_there_once(
    make_job: MakeJob, point: str, count: int
) -> None:
    job = make_job(4, IDLE_TIMEOUT="0")

    crash_and_start_again(job, point, count)

    assert sorted(flow_answer(job), key=repr) == sorted(duckdb_answer(EVENTS, job.folder), key=repr)
    assert job.late() == []


@pytest.mark.parametrize(
    ("sabotage", "point"),
    [("marker", "committed"), ("barrier", "given"), ("transaction", "before-commit")],
)
def test_a_sabotaged_flow_is_found_out(make_job: MakeJob, sabotage: str, point: str) -> None:
    job = make_job(4, IDLE_TIMEOUT="0")

    crash_and_start_again(job, point, 1, sabotage=sabotage)

    results = Counter(flow_answer(job))
    assert results.keys() == duckdb_answer(EVENTS, job.folder)
    twice = sum(times > 1 for times in results.values())
    assert twice > 0, "the sabotage went unnoticed"


def crash_and_start_again(job: Job, point: str, count: int, *, sabotage: str = "") -> None:
    """Run the job on all events until it crashes at a point, then to the end of its input."""
    produce(job.bootstrap, job.topics.events, EVENTS)
    store = job.store()
    variables = {"CRASH_AT": f"{point}:{count}"} | ({"SABOTAGE": sabotage} if sabotage else {})
    at_the_end = point.startswith("end-")
    with pytest.MonkeyPatch.context() as patch:
        for name, value in variables.items():
            patch.setenv(name, value)
        crashing = replace(job, dataflow="tests.crash.crashing_flow").start(
            *store, UNTIL_END=str(at_the_end)
        )
        with killed_at_the_end(crashing):
            assert crashing.end() == -signal.SIGKILL, crashing.said()
        again = replace(job, started=1)
        if sabotage:
            again.dataflow = "tests.chaos.sabotaged_flow"
        end_well([again.start(*store, UNTIL_END="true")])
