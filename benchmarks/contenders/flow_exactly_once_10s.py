"""The flow with a recovery store and epochs of 10 s."""

from benchmarks.contenders.contender import About, Job
from benchmarks.contenders.flow_command import flow_command, store_options
from benchmarks.measure import Command

ABOUT = About(
    name="flow, exactly once, -s 10",
    tuning="its defaults; a recovery store of one file, a transaction per lane and epoch",
    epoch_s=10,
)


def prepare() -> None:
    """Need nothing."""


def commands(job: Job) -> list[Command]:
    """Return the one process, with a new store."""
    return [flow_command(job, *store_options(job.folder, epoch_s=10, partitions=1))]
