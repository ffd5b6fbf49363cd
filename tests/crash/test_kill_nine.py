"""Real processes killed or stopped in their midst: every result is there, and once."""

import signal

import pytest
from tests.conftest import MakeJob
from tests.kafka.answers import has_each_result_once, some_events
from tests.kafka.job import end_well, eventually, killed_at_the_end
from tests.kafka.topics import produce


@pytest.mark.parametrize(
    "processes", [[1, 1, 1, 1], [2, 3, 1, 2]], ids=["one process", "clusters of changing size"]
)
def test_a_job_that_is_killed_again_and_again_writes_each_result_once(
    make_job: MakeJob, processes: list[int]
) -> None:
    job = make_job(4, IDLE_TIMEOUT="0")
    events = some_events(20_000, 4)
    store = job.store()
    part = len(events) // len(processes)

    for n, size in enumerate(processes):
        before = len(job.results())
        produce(job.bootstrap, job.topics.events, events[n * part : (n + 1) * part])
        running = job.start_cluster(size, *store)
        with killed_at_the_end(*running):
            eventually(lambda: len(job.results()), before.__lt__)

    end_well([job.start(*store, UNTIL_END="true")])
    assert has_each_result_once(job, events)
    assert job.late() == []


def test_a_process_that_wakes_up_after_it_was_replaced_ends_and_writes_nothing(
    make_job: MakeJob,
) -> None:
    job = make_job(2, IDLE_TIMEOUT="0")
    events = some_events(4_000, 2)
    store = job.store()
    produce(job.bootstrap, job.topics.events, events[:2_000])
    stale = job.start(*store)
    with killed_at_the_end(stale):
        before = len(eventually(job.results, bool))
        stale.signal(signal.SIGSTOP)
        produce(job.bootstrap, job.topics.events, events[2_000:])
        replacement = job.start(*store)
        with killed_at_the_end(replacement):
            eventually(lambda: len(job.results()), before.__lt__)
            stale.signal(signal.SIGCONT)

            assert stale.end() == 1
            last = stale.said().splitlines()[-1]
            assert last.startswith("CRITICAL another process has taken over windowing.")
            assert replacement.process.poll() is None

    end_well([job.start(*store, UNTIL_END="true")])
    assert has_each_result_once(job, events)
