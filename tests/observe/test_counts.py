"""What the counters say is what is in the topics: equal, whatever happened."""

import signal
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import pytest
from tests.conftest import MakeJob
from tests.kafka.job import Job, event, eventually, killed_at_the_end
from tests.kafka.topics import Record, produce
from tests.observe.scrape import Samples, ports_in_a_row, samples, summed

from windowing.core.fault import KINDS
from windowing.core.key_group import KEY_GROUPS, key_group

PARTITIONS = 4
LIVE = {"WINDOW_LENGTH": "2s", "MAX_OUT_OF_ORDERNESS": "0s", "IDLE_TIMEOUT": "1s"}
BROKEN: dict[str, Sequence[bytes | None]] = {
    "null": [None],
    "not_utf8": [b'{"user_id":"\xff","event_type":"e","timestamp":"2026-01-01T00:00:00Z"}'],
    "not_json": [b"{", b"]", b""],
    "nested_too_deeply": [b'{"x":' + b"[" * 5_000],
    "amount": [
        b'{"user_id":1,"event_type":"e","timestamp":"2026-01-01T00:00:00Z","amount":"NaN"}',
        b'{"user_id":1,"event_type":"e","timestamp":"2026-01-01T00:00:00Z","amount":1e18}',
    ],
    "future": [b'{"user_id":1,"event_type":"e","timestamp":"2999-01-01T00:00:00Z"}'],
    "timestamp": [b'{"user_id":1,"event_type":"e","timestamp":"1969-12-31T23:59:59Z"}'],
    "schema": [b"7", b'{"user_id":1}', b'{"user_id":1,"event_type":"","timestamp":"2026"}'],
}
"""Values that are no events, by the kind of fault."""


def broken(partition: int, times: int) -> list[Record]:
    """Return every broken value so many times; one pretends to be a dead letter already."""
    values = [value for kind in BROKEN.values() for value in kind]
    records = [Record(value, None, partition) for value in values for _ in range(times)]
    again = replace(records[0], headers=(("error", b"amount of another life"),))
    return [again, *records[1:]]


def first_input() -> list[Record]:
    """Return events of some windows and users in three of the partitions, and what is broken."""
    events = [
        event(f"user-{n % 50}", n / 100, partition=min(n % PARTITIONS, PARTITIONS - 2))
        for n in range(3_000)
    ]
    return [*events, *broken(1, 3)]


def late_input() -> list[Record]:
    """Return events of windows that have closed."""
    return [event(f"user-{n % 7}", n / 100, partition=n % 2) for n in range(200)]


def counted(job: Job) -> int:
    """Return how many input records are in the output: each is counted, late or a dead letter."""
    results = sum(int(str(result["count"])) for result in job.results())
    return results + len(job.late()) + len(job.dead())


def in_the_topics(job: Job, read: Sequence[Record]) -> Samples:
    """Return what the counters must be by what was read and what the output topics hold."""
    truth = Samples()
    for kind in KINDS:
        truth["windowing_dead_letters_total", (("reason", kind),)] = 0
    kinds = {value: kind for kind, values in BROKEN.items() for value in values}
    for kind, count in Counter(kinds[record.value] for record in job.dead()).items():
        truth["windowing_dead_letters_total", (("reason", kind),)] = count
    truth["windowing_results_total", ()] = len(job.results())
    truth["windowing_late_events_total", ()] = len(job.late())
    by_partition = Counter(record.partition for record in read)
    for partition in range(PARTITIONS):
        labels = (("partition", str(partition)),)
        truth["windowing_events_read_total", labels] = by_partition[partition]
    return truth


def only(names: Samples, found: Samples) -> Samples:
    """Return of `found` the metrics that `names` has, with all their labels."""
    wanted = {name for name, _ in names}
    return Samples({key: value for key, value in found.items() if key[0] in wanted})


@pytest.mark.parametrize(("size", "exact"), [(1, True), (1, False), (2, True)])
def test_the_counters_are_what_the_topics_hold(make_job: MakeJob, size: int, exact: bool) -> None:
    job = make_job(PARTITIONS, **LIVE)
    options = job.store() if exact else ("-s", "1")
    ports = ports_in_a_row(size)
    first, late = first_input(), late_input()
    produce(job.bootstrap, job.topics.events, first)

    with killed_at_the_end(*job.start_cluster(size, *options, HTTP_PORT=str(ports[0]))):
        eventually(lambda: counted(job), len(first).__eq__)
        produce(job.bootstrap, job.topics.events, late)
        eventually(lambda: counted(job), len([*first, *late]).__eq__)
        truth = in_the_topics(job, [*first, *late])
        # A process hears of its commit a moment after readers can.
        eventually(lambda: only(truth, summed(ports)), truth.__eq__)
        # Nothing is counted again later.
        epochs = 2.0 + (samples(ports[0]).of("windowing_epoch") or 0)
        eventually(lambda: samples(ports[0]).of("windowing_epoch") or 0.0, epochs.__le__)
        assert only(truth, summed(ports)) == truth
        delays = summed(ports).of("windowing_result_delay_seconds_count") or 0
    # One for each time that a key group closes windows, one of them or several.
    closed = {
        (result["window_start"], key_group(str(result["user_id"]), KEY_GROUPS))
        for result in job.results()
    }
    assert len({group for _, group in closed}) <= delays <= len(closed)
    assert min(len(job.results()), len(job.late())) > 0


def test_a_batch_that_a_killed_process_left_counts_where_it_is_committed(
    make_job: MakeJob, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = make_job(PARTITIONS, **LIVE)
    store = job.store()
    events = first_input()
    produce(job.bootstrap, job.topics.events, events)
    with monkeypatch.context() as patch:
        # A lane's batch is saved with its epoch, and not yet written.
        patch.setenv("CRASH_AT", "barrier:1")
        crashing = replace(job, dataflow="tests.crash.crashing_flow").start(*store)
        assert crashing.end() == -signal.SIGKILL, crashing.said()
    assert counted(job) == 0

    [port] = ports_in_a_row(1)
    with killed_at_the_end(replace(job, started=1).start(*store, HTTP_PORT=str(port))):
        eventually(lambda: counted(job), len(events).__eq__)
        truth = in_the_topics(job, events)
        for partition in range(PARTITIONS):
            # The crashed process had read them, or most.
            del truth["windowing_events_read_total", (("partition", str(partition)),)]
        eventually(lambda: only(truth, samples(port)), truth.__eq__)
        assert samples(port).of("windowing_restarts") == 1
