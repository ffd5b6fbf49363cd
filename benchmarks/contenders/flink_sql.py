"""Flink SQL: the tumbling window function."""

from benchmarks.contenders.contender import About, Job
from benchmarks.dependencies import java_of
from benchmarks.measure import Command

PEER = "flink_sql"
ABOUT = About(
    name="Flink SQL",
    tuning="2.2, a local cluster in one JVM with its default heap, parallelism 1: TUMBLE over the"
    " Kafka connector, watermarks per partition 10 s behind, state on the heap, object reuse, no"
    " checkpoints; writes with linger of 100 ms and batches of 200 kB",
    exact=False,
    peer=True,
)
# What Flink's own start scripts pass to a Java of 17 or newer.
OPENS = ("java.lang", "java.net", "java.io", "java.nio", "java.text", "java.time", "java.util")
JAVA = [
    "java",
    "-Dorg.slf4j.simpleLogger.defaultLogLevel=error",
    *(f"--add-opens=java.base/{package}=ALL-UNNAMED" for package in OPENS),
]


def prepare() -> None:
    """Build it."""
    java_of(PEER)


def commands(job: Job) -> list[Command]:
    """Return the one process."""
    environ = {
        "BOOTSTRAP": job.bootstrap,
        "INPUT_TOPIC": job.input_topic,
        "OUTPUT_TOPIC": job.output_topic,
    }
    return [Command([*JAVA, "-cp", java_of(PEER), "UserAggregates"], environ)]
