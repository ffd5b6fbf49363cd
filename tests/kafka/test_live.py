"""The flow on a stream that does not end: idle, empty and waking partitions, and backlog."""

import itertools

from tests.conftest import MakeJob
from tests.kafka.job import Job, event, eventually, killed_at_the_end
from tests.kafka.topics import produce

LIVE = {"WINDOW_LENGTH": "2s", "MAX_OUT_OF_ORDERNESS": "0s", "IDLE_TIMEOUT": "1s"}


def counts(job: Job) -> dict[tuple[object, object], object]:
    """Return the count of each user and window that has a result; no pair may have two."""
    results = job.results()
    found: dict[tuple[object, object], object] = {
        (r["user_id"], str(r["window_start"])[-6:-1]): r["count"] for r in results
    }
    assert len(found) == len(results)
    return found


def see(job: Job, expected: dict[tuple[object, object], object]) -> None:
    """Wait until the results are there, and no others."""
    assert eventually(lambda: counts(job), lambda seen: len(seen) >= len(expected)) == expected


def test_the_last_windows_of_a_stream_that_has_gone_quiet_close_by_themselves(
    make_job: MakeJob,
) -> None:
    job = make_job(3, **LIVE)
    produce(job.bootstrap, job.topics.events, [event("a", 0), event("b", 1, partition=1)])

    with killed_at_the_end(job.start()):
        see(job, {("a", "00:00"): 1, ("b", "00:00"): 1})


def test_after_a_pause_the_stream_goes_on_on_time(make_job: MakeJob) -> None:
    job = make_job(2, **LIVE)
    expected: dict[tuple[object, object], object] = {}

    with killed_at_the_end(job.start("-s", "1")):
        for minute in (0, 1, 2):
            events = [event("a", 60 * minute), event("a", 60 * minute + 1)]
            produce(job.bootstrap, job.topics.events, events)
            expected["a", f"0{minute}:00"] = 2
            see(job, expected)
    assert job.late() == []


def test_an_event_for_a_window_that_the_quiet_closed_is_late(make_job: MakeJob) -> None:
    job = make_job(1, **LIVE)
    produce(job.bootstrap, job.topics.events, [event("a", 0)])

    with killed_at_the_end(job.start()):
        see(job, {("a", "00:00"): 1})
        produce(job.bootstrap, job.topics.events, [event("a", 1)])
        (late,) = eventually(job.late, bool)
    assert dict(late.headers)["window_start"] == b"2026-01-01T00:00:00Z"
    assert counts(job) == {("a", "00:00"): 1}


def test_idle_timeout_zero_is_never(make_job: MakeJob) -> None:
    job = make_job(3, **{**LIVE, "IDLE_TIMEOUT": "0"})
    produce(job.bootstrap, job.topics.events, [event("a", 0), event("b", 0, partition=1)])

    with killed_at_the_end(job.start()):
        # Partition 1 holds the flow at 0 s, whatever comes in partition 0; partition 2 is empty.
        produce(job.bootstrap, job.topics.events, [event("a", 100)])
        produce(job.bootstrap, job.topics.events, [event("b", 2, partition=1)])
        see(job, {("a", "00:00"): 1, ("b", "00:00"): 1})


def test_starting_offset_end_passes_over_what_is_there(make_job: MakeJob) -> None:
    job = make_job(1, STARTING_OFFSET="end", **LIVE)
    produce(job.bootstrap, job.topics.events, [event("old", 0)])

    later = itertools.count(10, 10)

    def results_of_new_events() -> dict[tuple[object, object], object]:
        # Again and again, for nothing says when the flow has looked where the end is.
        produce(job.bootstrap, job.topics.events, [event("new", next(later))])
        return counts(job)

    with killed_at_the_end(job.start()):
        eventually(results_of_new_events, bool)
    assert {user for user, _ in counts(job)} == {"new"}
