"""How the flow is started for a run, for those contenders that are the flow."""

import subprocess
import sys
from pathlib import Path

from benchmarks.contenders.contender import Job
from benchmarks.measure import Command

FLOW = "dataflows.user_aggregates"


def flow_command(job: Job, *options: str, dataflow: str = FLOW) -> Command:
    """Return a process of the flow that reads to the end; at least once without options."""
    environ = {
        "WINDOWING_BOOTSTRAP_SERVERS": job.bootstrap,
        "WINDOWING_INPUT_TOPIC": job.input_topic,
        "WINDOWING_OUTPUT_TOPIC": job.output_topic,
        "WINDOWING_LATE_TOPIC": job.late_topic,
        "WINDOWING_DEAD_LETTER_TOPIC": job.dead_letter_topic,
        "WINDOWING_UNTIL_END": "true",
        "WINDOWING_HTTP_PORT": "0",
        "WINDOWING_LOG_FORMAT": "text",
    }
    program = [sys.executable, "-m", "bytewax.run", dataflow]
    return Command([*program, *options], environ)


def store_options(folder: Path, epoch_s: int, partitions: int) -> list[str]:
    """Make a recovery store and return the options of a flow that uses it."""
    store = folder / "store"
    store.mkdir()
    command = [sys.executable, "-m", "bytewax.recovery", str(store), str(partitions)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return ["-r", str(store), "-s", str(epoch_s), "-b", "0"]
