"""What a recovery store promises between runs, and what it refuses to be used for."""

import signal
from dataclasses import replace

from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewPartitions
from tests.conftest import MakeJob
from tests.kafka.answers import has_each_result_once, some_events
from tests.kafka.job import Job, end_well, event, eventually, killed_at_the_end
from tests.kafka.topics import Record, create_topic, produce


def refusal(job: Job, *options: str, **environ: str) -> str:
    """Start a job that must not run; return the one line that it says."""
    running = job.start(*options, **environ)
    with killed_at_the_end(running):
        assert running.end() == 1
    (line,) = running.said().splitlines()
    assert line.startswith("CRITICAL ")
    return line


def test_all_is_readable_when_a_bounded_run_has_ended(make_job: MakeJob) -> None:
    job = make_job(1, UNTIL_END="true")
    events = [event(n, 1_000 + n) for n in range(100)]
    late = [event(n, n) for n in range(10)]
    produce(job.bootstrap, job.topics.events, [*events, Record(b"{"), *late, Record(b"}")])

    end_well([job.start(*job.store())])

    assert has_each_result_once(job, events)
    assert sorted(r.key or b"" for r in job.late()) == [b"%d" % n for n in range(10)]
    assert sorted(r.value or b"" for r in job.dead()) == [b"{", b"}"]


def test_a_bounded_job_that_is_run_again_without_new_events_writes_nothing(
    make_job: MakeJob,
) -> None:
    job = make_job(2, UNTIL_END="true")
    events = some_events(2_000, 2)
    store = job.store()
    produce(job.bootstrap, job.topics.events, events)
    end_well([job.start(*store)])

    end_well([job.start(*store)])

    assert has_each_result_once(job, events)


def test_partitions_that_a_topic_gained_are_read_from_their_beginning_after_a_restart(
    make_job: MakeJob,
) -> None:
    job = make_job(1, UNTIL_END="true", STARTING_OFFSET="beginning")
    store = job.store()
    before = [event(n, n) for n in range(10)]
    produce(job.bootstrap, job.topics.events, before)
    end_well([job.start(*store)])
    admin = AdminClient({"bootstrap.servers": job.bootstrap})
    gained = NewPartitions(job.topics.events, 2)
    admin.create_partitions([gained])[job.topics.events].result()
    after = [event(n, 1_000 + n, partition=n % 2) for n in range(10)]
    produce(job.bootstrap, job.topics.events, after)

    end_well([job.start(*store)])

    assert has_each_result_once(job, before + after)
    assert job.late() == []


def test_a_store_of_a_job_on_other_topics_is_refused_with_both(make_job: MakeJob) -> None:
    job = make_job(1, UNTIL_END="true")
    store = job.store()
    produce(job.bootstrap, job.topics.events, [event(1, 1)])
    end_well([job.start(*store)])
    other = replace(job, topics=replace(job.topics, results=create_topic(job.bootstrap)))

    line = refusal(other, *store)

    assert job.topics.results in line
    assert other.topics.results in line
    assert other.results() == []


def test_a_store_on_which_another_job_is_at_work_is_refused_with_its_process(
    make_job: MakeJob,
) -> None:
    job = make_job(1, IDLE_TIMEOUT="0")
    store = job.store()
    produce(job.bootstrap, job.topics.events, [event(n, n * 300) for n in range(3)])
    running = job.start(*store)
    with killed_at_the_end(running):
        eventually(job.results, bool)
        before = sorted((job.folder / "store").iterdir())

        other = replace(job, started=1).start(*store, GROUP_ID="other")
        with killed_at_the_end(other):
            assert other.end() == 1

        (line,) = other.said().splitlines()
        assert f"is in use by process {running.process.pid} on " in line
        assert sorted((job.folder / "store").iterdir()) == before
        assert running.process.poll() is None


def test_a_store_of_windows_of_another_length_is_refused_with_both(make_job: MakeJob) -> None:
    job = make_job(1, IDLE_TIMEOUT="0")
    store = job.store()
    produce(job.bootstrap, job.topics.events, [event(n, n * 300) for n in range(3)])
    running = job.start(*store)
    with killed_at_the_end(running):
        eventually(job.results, bool)
        running.signal(signal.SIGTERM)
        assert running.end() == 0

    line = refusal(job, *store, WINDOW_LENGTH="1m")

    assert "0:05:00" in line
    assert "0:01:00" in line


def test_a_store_is_refused_after_another_was_used_for_the_same_topics(make_job: MakeJob) -> None:
    job = make_job(1, UNTIL_END="true")
    first, second = job.store("first"), job.store("second")
    produce(job.bootstrap, job.topics.events, [event(1, 1)])
    end_well([job.start(*first)])
    end_well([job.start(*second)])

    line = refusal(job, *first)

    assert "another recovery store has been used for these topics since" in line
    end_well([job.start(*second)])
    assert len(job.results()) == 2
