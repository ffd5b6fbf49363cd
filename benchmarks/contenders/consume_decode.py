"""The baseline of all ratios: consume the topic and decode each event, in one Python loop."""

import sys

from benchmarks.contenders.contender import About, Job
from benchmarks.measure import Command

ABOUT = About(
    name="consume and decode",
    tuning="as bare consume; msgspec decodes into a typed struct, as in the flow",
    writes=False,
)


def prepare() -> None:
    """Need nothing."""


def commands(job: Job) -> list[Command]:
    """Return the one process."""
    program = [sys.executable, "-m", "benchmarks.contenders.consume"]
    return [Command([*program, job.bootstrap, job.input_topic, "decode"], {})]
