"""Real processes killed with SIGKILL: they go on where they were, and nothing is lost.

Delivery is at least once: a result may come again, the same while no event is late.
"""

import pytest
from tests.conftest import MakeJob
from tests.kafka.answers import duckdb_answer, flow_answer, some_events
from tests.kafka.job import Job, Running, end_well, eventually, killed_at_the_end
from tests.kafka.topics import produce


@pytest.mark.parametrize(
    "processes", [[1, 1, 1, 1], [2, 3, 1, 2]], ids=["one process", "clusters of changing size"]
)
def test_a_job_that_is_killed_again_and_again_loses_nothing(
    make_job: MakeJob, processes: list[int]
) -> None:
    job = make_job(4, IDLE_TIMEOUT="0")
    events = some_events(20_000, 4)
    store = job.store()
    part = len(events) // len(processes)

    for n, size in enumerate(processes):
        before = len(job.results())
        produce(job.bootstrap, job.topics.events, events[n * part : (n + 1) * part])
        running = start(job, size, *store)
        with killed_at_the_end(*running):
            eventually(lambda: len(job.results()), before.__lt__)

    end_well([job.start(*store, UNTIL_END="true")])
    assert set(flow_answer(job)) == duckdb_answer(events, job.folder)
    assert job.late() == []


def start(job: Job, size: int, *options: str) -> list[Running]:
    """Start a job in so many processes."""
    return [job.start(*options)] if size == 1 else job.start_cluster(size, *options)


def test_a_bounded_job_resumed_without_new_events_writes_nothing(make_job: MakeJob) -> None:
    job = make_job(2, UNTIL_END="true")
    events = some_events(2_000, 2)
    store = job.store()
    produce(job.bootstrap, job.topics.events, events[:1_000])
    end_well([job.start(*store)])
    results = flow_answer(job)

    end_well([job.start(*store)])

    assert flow_answer(job) == results
