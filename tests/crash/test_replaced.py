"""A flow that is replaced while it runs or stands still: what it does from then on counts nowhere."""

import signal
from dataclasses import replace
from itertools import islice
from pathlib import Path

import pytest
from tests.chaos.events import PARTITIONS, records
from tests.chaos.feeder import Feeder
from tests.chaos.run import SETTINGS
from tests.conftest import MakeJob
from tests.crash.test_stale_rows import ask
from tests.kafka.answers import has_each_result_once
from tests.kafka.job import Job, Running, end_well, event, eventually, killed_at_the_end
from tests.kafka.topics import produce

from windowing.engine.lane_sink import LANES


def start_crashing(job: Job, crash_at: str, by: signal.Signals, *options: str) -> Running:
    """Start a process that kills or stops itself at a point, see `crashing_flow`."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CRASH_AT", crash_at)
        patch.setenv("CRASH_BY", by.name)
        crashing = replace(job, dataflow="tests.crash.crashing_flow").start(*options)
    job.started += 1
    return crashing


def stops(running: Running) -> None:
    """Wait until a process is stopped."""
    stat = Path(f"/proc/{running.process.pid}/stat")
    eventually(lambda: stat.read_text().rpartition(")")[2].split()[0], "T".__eq__)


def test_what_a_stopped_process_was_about_to_save_is_not_in_the_store_of_its_successor(
    make_job: MakeJob,
) -> None:
    job = make_job(2, IDLE_TIMEOUT="0")
    store = job.store()
    early = [event("a", at_s, partition=n) for n in range(2) for at_s in (0, 400)]
    later = [event(f"user-{n % 100}", 401, partition=n % 2) for n in range(200)]
    produce(job.bootstrap, job.topics.events, early)
    # All lanes have asked who owns them and given their snapshots: nothing is written.
    old = start_crashing(job, f"any-snapshot:{LANES}", signal.SIGSTOP, *store)
    with killed_at_the_end(old):
        stops(old)
        produce(job.bootstrap, job.topics.events, later)
        new = start_crashing(job, "barrier:1", signal.SIGKILL, *store)
        with killed_at_the_end(new):
            assert new.end() == -signal.SIGKILL, new.said()
        snapshots = ask(job.folder / "store", "SELECT * FROM snaps")
        old.signal(signal.SIGCONT)
        assert old.end() == 1
        assert "CRITICAL another process has taken over windowing." in old.said()
    assert ask(job.folder / "store", "SELECT * FROM snaps") == snapshots

    end_well([job.start(*store, UNTIL_END="true")])
    assert has_each_result_once(job, early + later)
