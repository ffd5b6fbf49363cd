"""All files of a recovery store are with process 0; the others have a directory without any."""

import subprocess
import sys
from pathlib import Path

from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewPartitions
from tests.conftest import MakeJob
from tests.kafka.answers import has_each_result_once
from tests.kafka.job import ROOT, Job, Running, end_well, event, free_ports
from tests.kafka.topics import produce

USERS = 10
MINUTES_BETWEEN = 10


def start_two(job: Job) -> list[Running]:
    addresses = ";".join(f"127.0.0.1:{port}" for port in free_ports(2))
    return [
        job.start("-i", str(n), "-a", addresses, "-r", str(part), "-s", "1", "-b", "0")
        for n, part in enumerate(parts_of_store(job.folder))
    ]


def parts_of_store(folder: Path) -> list[Path]:
    with_files, without = folder / "store-0", folder / "store-1"
    if not with_files.exists():
        with_files.mkdir()
        without.mkdir()
        make = [sys.executable, "-m", "bytewax.recovery", str(with_files), "2"]
        subprocess.run(make, check=True, cwd=ROOT)
    return [with_files, without]


def test_events_of_partitions_that_an_old_job_gained_are_late_for_windows_that_have_closed(
    make_job: MakeJob,
) -> None:
    job = make_job(1, UNTIL_END="true")
    before = [event(n, n * MINUTES_BETWEEN * 60) for n in range(USERS)]
    produce(job.bootstrap, job.topics.events, before)
    end_well(start_two(job))
    admin = AdminClient({"bootstrap.servers": job.bootstrap})
    gained = NewPartitions(job.topics.events, 4)
    admin.create_partitions([gained])[job.topics.events].result()
    # Some of the new partitions are process 1's, which cannot see that the job is an old one.
    for_closed_windows = [
        event(n, n * MINUTES_BETWEEN * 60 + 1, partition=partition)
        for partition in (1, 2, 3)
        for n in range(USERS)
    ]
    produce(job.bootstrap, job.topics.events, for_closed_windows)

    end_well(start_two(job))

    assert has_each_result_once(job, before)
    assert len(job.late()) == len(for_closed_windows)
