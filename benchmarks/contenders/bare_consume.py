"""The floor: consume the topic in Python, and nothing else."""

import sys

from benchmarks.contenders.contender import About, Job
from benchmarks.measure import Command

ABOUT = About(
    name="bare consume",
    tuning="lists of 1,000 messages; the consumer's settings are the flow's",
    writes=False,
)


def prepare() -> None:
    """Need nothing."""


def commands(job: Job) -> list[Command]:
    """Return the one process."""
    program = [sys.executable, "-m", "benchmarks.contenders.consume"]
    return [Command([*program, job.bootstrap, job.input_topic], {})]
