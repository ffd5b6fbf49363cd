"""SIGTERM: processes end soon and in order, and the next start goes on where they were."""

import signal

import pytest
from tests.conftest import MakeJob
from tests.kafka.answers import has_each_result_once, some_events
from tests.kafka.job import end_well, eventually, killed_at_the_end
from tests.kafka.topics import produce

KUBERNETES_WAITS_S = 10.0


@pytest.mark.parametrize("size", [1, 2], ids=["one process", "a cluster of two"])
def test_a_job_that_is_asked_to_stop_ends_well_and_goes_on_without_a_second_result(
    make_job: MakeJob, size: int
) -> None:
    job = make_job(2, IDLE_TIMEOUT="0")
    events = some_events(4_000, 2)
    store = job.store()
    produce(job.bootstrap, job.topics.events, events[:2_000])
    running = job.start_cluster(size, *store)
    with killed_at_the_end(*running):
        eventually(job.results, bool)
        for one in running:
            one.signal(signal.SIGTERM)
        assert [one.end(KUBERNETES_WAITS_S) for one in running] == [0] * size
    for one in running:
        assert one.said().splitlines()[-1] == "WARNING asked to stop"

    produce(job.bootstrap, job.topics.events, events[2_000:])
    end_well([job.start(*store, UNTIL_END="true")])
    assert has_each_result_once(job, events)
    assert job.late() == []


def test_one_of_two_that_is_asked_to_stop_ends_soon_and_nothing_is_lost(make_job: MakeJob) -> None:
    job = make_job(2, IDLE_TIMEOUT="0")
    events = some_events(4_000, 2)
    store = job.store()
    produce(job.bootstrap, job.topics.events, events[:2_000])
    first, second = job.start_cluster(2, *store)
    with killed_at_the_end(first, second):
        eventually(job.results, bool)
        first.signal(signal.SIGTERM)
        assert first.end(KUBERNETES_WAITS_S) == 143
        assert "stopped without the rest of the cluster" in first.said().splitlines()[-1]
        assert second.end() == 1

    produce(job.bootstrap, job.topics.events, events[2_000:])
    end_well([job.start(*store, UNTIL_END="true")])
    assert has_each_result_once(job, events)
