"""A start that is refused leaves the flow that is at work alone; an empty store is warned of."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from tests.conftest import MakeJob
from tests.kafka.answers import has_each_result_once
from tests.kafka.job import Job, Running, end_well, event, eventually, killed_at_the_end
from tests.kafka.topics import create_topic, produce

EVENTS = [event(f"user-{n % 20}", 2 * n, partition=n % 2) for n in range(400)]


@contextmanager
def at_work(job: Job, store: tuple[str, ...]) -> Iterator[Running]:
    """A flow that has written results."""
    before = len(job.results())
    running = job.start(*store)
    with killed_at_the_end(running):
        eventually(lambda: len(job.results()), before.__lt__)
        yield running


@pytest.fixture
def job(make_job: MakeJob) -> Job:
    """A job with events."""
    made = make_job(2, IDLE_TIMEOUT="0")
    produce(made.bootstrap, made.topics.events, EVENTS)
    return made


@pytest.mark.parametrize("wrong", ["window length", "topic", "no files", "old store"])
def test_a_start_that_is_refused_does_not_end_the_flow_at_work(job: Job, wrong: str) -> None:
    old = job.store("old")
    if wrong == "old store":
        with at_work(job, old):
            pass
    store = job.store("new")
    (job.folder / "empty").mkdir()
    settings, options = {
        "window length": ({"WINDOW_LENGTH": "1m"}, store),
        "topic": ({"LATE_TOPIC": create_topic(job.bootstrap)}, store),
        "no files": ({}, ("-r", str(job.folder / "empty"), *store[2:])),
        "old store": ({}, old),
    }[wrong]
    with at_work(job, store) as running:
        assert job.start(*options, **settings).end() == 1
        more = [event("later", 5_000 + at_s, partition=n) for n in range(2) for at_s in (0, 400)]
        before = len(job.results())
        produce(job.bootstrap, job.topics.events, more)
        eventually(lambda: len(job.results()), before.__lt__)
        assert running.process.poll() is None


def test_a_new_store_for_a_job_that_has_written_is_warned_of(job: Job) -> None:
    store = job.store("first")
    with at_work(job, store):
        pass
    end_well([job.start(*store, UNTIL_END="true")])
    assert has_each_result_once(job, EVENTS)

    again = job.start(*job.store("second"), UNTIL_END="true")
    end_well([again])

    assert "is new, and this job has written from another: it begins anew" in again.said()
