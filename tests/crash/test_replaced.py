"""A flow that is replaced, at work or standing still: what it does from then on counts nowhere."""

import signal
import time
from dataclasses import replace
from pathlib import Path

import pytest
from tests.chaos.events import PARTITIONS, records
from tests.chaos.feeder import Feeder
from tests.chaos.run import SETTINGS, judge_job
from tests.conftest import MakeJob
from tests.crash.test_stale_rows import ask
from tests.kafka.answers import has_each_result_once
from tests.kafka.job import Job, Running, end_well, event, eventually, killed_at_the_end
from tests.kafka.topics import produce

from windowing.engine.lane_sink import LANES

EARLY = [event("a", at_s, partition=n) for n in range(2) for at_s in (0, 400)]
LATER = [event(f"user-{n % 100}", 401, partition=n % 2) for n in range(200)]
"""Events of the window that `EARLY` leaves open."""


def start_crashing(job: Job, crash_at: str, by: str, *options: str) -> Running:
    """Start a process that comes to an end or a halt at a point, see `crashing_flow`."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CRASH_AT", crash_at)
        patch.setenv("CRASH_BY", by)
        crashing = replace(job, dataflow="tests.crash.crashing_flow").start(*options)
    job.started += 1
    return crashing


def stops(running: Running) -> None:
    """Wait until a process is stopped."""
    stat = Path(f"/proc/{running.process.pid}/stat")
    eventually(lambda: stat.read_text().rpartition(")")[2].split()[0], "T".__eq__)


@pytest.mark.parametrize(("size", "successors"), [(1, 2), (2, 1)])
def test_a_flow_at_work_is_replaced_and_every_record_is_there_once(
    make_job: MakeJob, size: int, successors: int
) -> None:
    job = make_job(PARTITIONS, **SETTINGS)
    store = job.store()
    with Feeder(job.bootstrap, job.topics.events, records(seed=size)) as feeder:
        old = job.start_cluster(size, *store)
        with killed_at_the_end(*old):
            eventually(job.results, bool)
            new = job.start_cluster(successors, *store)
            with killed_at_the_end(*new):
                assert [one.end() for one in old] == [1] * size
                assert any("has taken over windowing." in one.said() for one in old)
                before = len(job.results())
                eventually(lambda: len(job.results()), before.__lt__)
                assert [one.process.poll() for one in new] == [None] * successors
        feeder.finish()

    end_well([job.start(*store, UNTIL_END="true")])
    outcome = judge_job(job)
    assert outcome.differences == []
    assert min(outcome.counts.values()) > 0


def test_a_process_that_takes_long_to_save_ends_when_it_is_replaced_and_saves_nothing(
    make_job: MakeJob,
) -> None:
    job = make_job(2, IDLE_TIMEOUT="0")
    store = job.store()
    events = [event(f"user-{n % 100}", 2 * n, partition=n % 2) for n in range(400)]
    produce(job.bootstrap, job.topics.events, events)
    old = start_crashing(job, f"any-snapshot:{LANES}", "hanging", *store)
    with killed_at_the_end(old):
        eventually(old.said, lambda said: "hanging" in said)

        end_well([job.start(*store, UNTIL_END="true")])

        assert old.end() == 1
        assert "CRITICAL another process has taken over windowing." in old.said()
    assert has_each_result_once(job, events)


def test_what_a_stopped_process_was_about_to_save_is_not_in_the_store_of_its_successor(
    make_job: MakeJob,
) -> None:
    job = make_job(2, IDLE_TIMEOUT="0")
    store = job.store()
    produce(job.bootstrap, job.topics.events, EARLY)
    # All lanes have asked who owns them and given their snapshots: nothing is written.
    old = start_crashing(job, f"any-snapshot:{LANES}", "SIGSTOP", *store)
    with killed_at_the_end(old):
        stops(old)
        produce(job.bootstrap, job.topics.events, LATER)
        new = start_crashing(job, "barrier:1", "SIGKILL", *store)
        with killed_at_the_end(new):
            assert new.end() == -signal.SIGKILL, new.said()
        snapshots = ask(job.folder / "store", "SELECT * FROM snaps")
        old.signal(signal.SIGCONT)
        assert old.end() == 1
        assert "CRITICAL another process has taken over windowing." in old.said()
    assert ask(job.folder / "store", "SELECT * FROM snaps") == snapshots

    end_well([job.start(*store, UNTIL_END="true")])
    assert has_each_result_once(job, EARLY + LATER)


def test_a_process_that_stands_still_while_it_loads_does_not_take_the_job_back(
    make_job: MakeJob,
) -> None:
    job = make_job(2, IDLE_TIMEOUT="0")
    store = job.store()
    last = [event("a", at_s, partition=n) for n in range(2) for at_s in (800, 1200)]
    produce(job.bootstrap, job.topics.events, EARLY)
    first = job.start(*store)
    with killed_at_the_end(first):
        eventually(job.results, bool)
    old = start_crashing(job, "building:1", "SIGSTOP", *store)
    with killed_at_the_end(old):
        stops(old)
        new = job.start(*store)
        with killed_at_the_end(new):
            assert "going on with copies" in eventually(new.said, lambda said: "copies" in said)
            produce(job.bootstrap, job.topics.events, [*LATER, *last[::2]])
            before = len(job.results())
            eventually(lambda: len(job.results()), before.__lt__)
            old.signal(signal.SIGCONT)
            assert old.end() == 1
            assert "CRITICAL another process has taken over windowing." in old.said()
            assert new.process.poll() is None
    produce(job.bootstrap, job.topics.events, last[1::2])

    end_well([job.start(*store, UNTIL_END="true")])
    assert has_each_result_once(job, EARLY + LATER + last)


def test_a_process_that_waits_for_another_to_end_can_be_stopped(make_job: MakeJob) -> None:
    job = make_job(1)
    store = job.store()
    old = job.start(*store)
    with killed_at_the_end(old):
        eventually(lambda: ask(job.folder / "store", "SELECT 1 FROM exs"), bool)
        old.signal(signal.SIGSTOP)
        stops(old)
        new = job.start(*store)
        with killed_at_the_end(new):
            eventually(new.said, lambda said: "waiting for it to end" in said)
            new.signal(signal.SIGTERM)
            assert new.end() == 0
            assert "copies" not in new.said()


@pytest.mark.parametrize("apart_s", [0, 0.1, 0.2])
def test_of_two_that_start_together_one_goes_on(make_job: MakeJob, apart_s: float) -> None:
    job = make_job(1)
    store = job.store()
    one = job.start(*store)
    time.sleep(apart_s)  # the distance itself
    other = job.start(*store)
    with killed_at_the_end(one, other):
        eventually(lambda: [one.process.poll(), other.process.poll()], {None, 1}.issuperset)
        eventually(lambda: (one.process.poll(), other.process.poll()), lambda ends: 1 in ends)
        left = other if one.process.poll() else one
        events = [event("a", at_s) for at_s in (0, 400)]
        produce(job.bootstrap, job.topics.events, events)
        eventually(job.results, bool)
        assert left.process.poll() is None


def test_a_process_that_held_the_store_and_was_taken_for_dead_waits_for_its_successor(
    make_job: MakeJob,
) -> None:
    job = make_job(2, IDLE_TIMEOUT="0")
    store = job.store()
    events = [event(f"user-{n % 100}", 2 * n, partition=n % 2) for n in range(400)]
    old = start_crashing(job, "claiming:1", "SIGSTOP", *store)
    with killed_at_the_end(old):
        stops(old)
        new = job.start(*store)
        with killed_at_the_end(new):
            eventually(new.said, lambda said: "going on with copies" in said)
            produce(job.bootstrap, job.topics.events, events)
            eventually(job.results, bool)
            new.signal(signal.SIGSTOP)
            stops(new)
            old.signal(signal.SIGCONT)
            eventually(old.said, lambda said: "going on with copies" in said)
            new.signal(signal.SIGCONT)
            assert new.end() == 1
        old.signal(signal.SIGTERM)
        assert old.end() == 0

    end_well([job.start(*store, UNTIL_END="true")])
    assert has_each_result_once(job, events)
