"""The flow without a recovery store."""

from benchmarks.contenders.contender import About, Job
from benchmarks.contenders.flow_command import flow_command
from benchmarks.measure import Command

ABOUT = About(name="flow, at least once", tuning="its defaults, no recovery store")


def prepare() -> None:
    """Need nothing."""


def commands(job: Job) -> list[Command]:
    """Return the one process."""
    return [flow_command(job)]
