"""Quix Streams: tumbling windows, final results only."""

from benchmarks.contenders.contender import About, Job
from benchmarks.dependencies import PEERS, python_of
from benchmarks.measure import Command

PEER = "quix_streams"
ABOUT = About(
    name="Quix Streams",
    tuning="3.28, one process: windows close by partition, 10 s of grace, state in RocksDB as it"
    " always is, no changelog topics, commits every 5 s (its default)",
    exact=False,
    ends=False,
    slow=True,
    peer=True,
)


def prepare() -> None:
    """Install it."""
    python_of(PEER)


def commands(job: Job) -> list[Command]:
    """Return the one process."""
    environ = {
        "BOOTSTRAP": job.bootstrap,
        "INPUT_TOPIC": job.input_topic,
        "OUTPUT_TOPIC": job.output_topic,
        "FOLDER": str(job.folder),
    }
    return [Command([str(python_of(PEER)), str(PEERS / PEER / "program.py")], environ)]
