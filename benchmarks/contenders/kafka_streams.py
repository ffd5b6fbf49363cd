"""Kafka Streams: time windows, results held back until a window closes."""

from benchmarks.contenders.contender import About, Job
from benchmarks.dependencies import java_of
from benchmarks.measure import Command

PEER = "kafka_streams"
ABOUT = About(
    name="Kafka Streams",
    tuning="4.1, one thread, default JVM: in-memory window store, suppress with an unbounded"
    " buffer, 10 s of grace; no changelog topics; a cache of 100 MB in front of the store, commits"
    " every second (they also empty the cache), polls of 10,000 records, batches of 200 kB",
    exact=False,
    ends=False,
    peer=True,
)


def prepare() -> None:
    """Build it."""
    java_of(PEER)


def commands(job: Job) -> list[Command]:
    """Return the one process."""
    quiet = "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn"
    environ = {
        "BOOTSTRAP": job.bootstrap,
        "INPUT_TOPIC": job.input_topic,
        "OUTPUT_TOPIC": job.output_topic,
        "FOLDER": str(job.folder),
    }
    return [Command(["java", quiet, "-cp", java_of(PEER), "UserAggregates"], environ)]
