"""A flow that is replaced while it still runs: what it saves and writes meanwhile counts once."""

import signal
from pathlib import Path

import pytest
from tests.conftest import MakeJob
from tests.kafka.answers import duckdb_answer, flow_answer, some_events
from tests.kafka.job import end_well, eventually, killed_at_the_end
from tests.kafka.topics import produce

EVENTS = some_events(20_000, 4)


def test_the_old_one_writes_nothing_after_the_new_one_has_read_the_store(
    make_job: MakeJob, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = make_job(4, IDLE_TIMEOUT="0")
    store = job.store()
    produce(job.bootstrap, job.topics.events, EVENTS[:10_000])
    old = job.start(*store)
    with killed_at_the_end(old):
        eventually(lambda: len(job.results()), bool)
        monkeypatch.setenv("CRASH_AT", "loaded:1")
        job.dataflow = "tests.crash.crashing_flow"
        new = job.start(*store)
        with killed_at_the_end(new):
            stat = Path(f"/proc/{new.process.pid}/stat")
            eventually(lambda: stat.read_text().split()[2], "T".__eq__)
            produce(job.bootstrap, job.topics.events, EVENTS[10_000:])
            assert old.end() == 1
            assert "has taken over" in old.said()
            new.process.send_signal(signal.SIGCONT)

    job.dataflow = "dataflows.user_aggregates"
    end_well([job.start(*store, UNTIL_END="true")])
    assert sorted(flow_answer(job), key=repr) == sorted(duckdb_answer(EVENTS, job.folder), key=repr)
