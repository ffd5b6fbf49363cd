"""The flow on two processes of one host, exactly once."""

from tests.kafka.server_properties import free_port

from benchmarks.contenders.contender import About, Job
from benchmarks.contenders.flow_command import flow_command, store_options
from benchmarks.measure import Command

ABOUT = About(
    name="flow, two processes, -s 10",
    tuning="as one process exactly once with -s 10; a store of two files, events cross by TCP",
    epoch_s=10,
)


def prepare() -> None:
    """Need nothing."""


def commands(job: Job) -> list[Command]:
    """Return both processes, with a new store."""
    store = store_options(job.folder, epoch_s=10, partitions=2)
    first = free_port()
    addresses = f"127.0.0.1:{first};127.0.0.1:{free_port(besides=first)}"
    return [flow_command(job, *store, "-i", index, "-a", addresses) for index in ("0", "1")]
