"""What the gauges say of a flow whose state is known."""

import time
from dataclasses import replace
from functools import partial
from itertools import count

import pytest
from tests.conftest import MakeJob
from tests.kafka.job import FIRST, Job, Running, event, eventually, killed_at_the_end
from tests.kafka.topics import produce
from tests.observe.scrape import Samples, ports_in_a_row, samples

from windowing.core.key_group import KEY_GROUPS, key_group

START_S = FIRST.timestamp()
BOUND_S = 10
BESIDE_A = next(
    user for n in count() if key_group(user := f"b-{n}", KEY_GROUPS) == key_group("a", KEY_GROUPS)
)
"""A user of the same key group."""
RULES = {"WINDOW_LENGTH": "60s", "MAX_OUT_OF_ORDERNESS": f"{BOUND_S}s", "IDLE_TIMEOUT": "0"}


def start(job: Job, *options: str) -> tuple[Running, int]:
    [port] = ports_in_a_row(1)
    return job.start(*options, HTTP_PORT=str(port)), port


def eventually_reads(port: int, records: int) -> Samples:
    """Wait until so many records are read and in the windows, and return what is served then."""

    def has_come(seen: Samples) -> bool:
        read = sum(seen.by("windowing_events_read_total", "partition").values())
        return read == records and bool(seen.of("windowing_open_pairs"))

    return eventually(lambda: samples(port), has_come)


def test_watermarks_lags_windows_and_pairs_are_those_of_the_events(make_job: MakeJob) -> None:
    job = make_job(3, **RULES)
    # Partition 2 has had nothing, holds the flow, and so leaves all windows open.
    events = [
        *(event(user, 0) for user in ("a", BESIDE_A, "c")),
        *(event(user, 70) for user in ("a", BESIDE_A)),
        event("z", 200, partition=1),
        event("z", 0, partition=1),
    ]
    produce(job.bootstrap, job.topics.events, events)
    # An epoch without an end: nothing but the first position is ever saved.
    running, port = start(job, "-s", "1000")
    with killed_at_the_end(running):
        seen = eventually_reads(port, len(events))
        now_s = time.time()
        marks = {"0": START_S + 70 - BOUND_S, "1": START_S + 200 - BOUND_S}
        assert seen.by("windowing_partition_watermark_timestamp_seconds", "partition") == marks
        lags = seen.by("windowing_partition_watermark_lag_seconds", "partition")
        assert lags.keys() == marks.keys()
        for partition, lag_s in lags.items():
            assert lag_s == pytest.approx(now_s - marks[partition], abs=60)
        eventually(
            lambda: samples(port).by("windowing_partition_consumer_lag_records", "partition"),
            {"0": 0, "1": 0, "2": 0}.__eq__,
        )
        # Empty, and so idle as soon as the broker has said that; the others never are.
        idle = eventually(
            lambda: samples(port).by("windowing_partition_idle", "partition"),
            {"0": 0, "1": 0, "2": 1}.__eq__,
        )
        assert idle["2"] == 1
        seen = eventually(
            lambda: samples(port),
            lambda s: s.of("windowing_watermark_timestamp_seconds") is not None,
        )
        # Window 0 has closed then: partition 0 is at 60 s.
        assert seen.of("windowing_watermark_timestamp_seconds") == marks["0"]
        seen = eventually(lambda: samples(port), lambda s: s.of("windowing_open_windows") == 2)
        assert seen.of("windowing_open_pairs") == 3
        assert seen.of("windowing_restarts") is None


def has_ended_two_epochs(seen: Samples) -> bool:
    """Return whether that is so, and one more is at work: between two barriers, that is."""
    saved = seen.of("windowing_snapshot_duration_seconds_count") or 0
    return saved >= 2 and seen.of("windowing_epoch") == saved + 1


def test_epochs_go_on_commits_are_recent_and_bytes_are_saved(make_job: MakeJob) -> None:
    job = make_job(1, **RULES)
    store = job.store()
    for restarts in range(3):
        produce(job.bootstrap, job.topics.events, [event("a", 0)])
        running, port = start(job, *store)
        with killed_at_the_end(running):
            seen = eventually(partial(samples, port), has_ended_two_epochs)
            assert seen.of("windowing_restarts") == restarts
            # Of 64 key groups, 4 lanes and a partition, each some bytes.
            assert (seen.of("windowing_snapshot_bytes_total") or 0) > 69 * 5
            committed_at_s = seen.of("windowing_last_commit_timestamp_seconds") or 0
            assert committed_at_s == pytest.approx(time.time(), abs=60)


def test_consumer_lag_is_what_the_broker_has_beyond_what_was_read(
    make_job: MakeJob, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = make_job(2, **RULES)
    store = job.store()
    produce(job.bootstrap, job.topics.events, [event("a", 0), event("b", 0, partition=1)])
    with monkeypatch.context() as patch:
        # The worker stands still before it saves, and reads no more; other threads go on.
        patch.setenv("CRASH_AT", "any-snapshot:6")
        patch.setenv("CRASH_BY", "hanging")
        hanging, port = start(replace(job, dataflow="tests.crash.crashing_flow"), *store)
    with killed_at_the_end(hanging):
        eventually(hanging.said, lambda said: "hanging" in said)
        before = samples(port).by("windowing_partition_consumer_lag_records", "partition")
        assert before == {"0": 0, "1": 0}
        produce(job.bootstrap, job.topics.events, [event("a", 1) for _ in range(345)])
        eventually(
            lambda: samples(port).by("windowing_partition_consumer_lag_records", "partition"),
            {"0": 345, "1": 0}.__eq__,
        )
        assert samples(port).by("windowing_events_read_total", "partition") == {"0": 1, "1": 1}
