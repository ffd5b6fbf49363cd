"""Bytewax as it comes: its Kafka connectors, event clock and windows."""

from benchmarks.contenders.contender import About, Job
from benchmarks.dependencies import PEERS, python_of
from benchmarks.measure import Command

PEER = "stock_bytewax"
ABOUT = About(
    name="stock Bytewax",
    tuning="0.21.1, one worker: KafkaSource (1,000 records at a time, its default), EventClock"
    " waiting 10 s, TumblingWindower, collect_window, KafkaSink; no recovery store",
    exact=False,
    slow=True,
    peer=True,
)


def prepare() -> None:
    """Install it."""
    python_of(PEER)


def commands(job: Job) -> list[Command]:
    """Return the one process."""
    program = [str(python_of(PEER)), "-m", "bytewax.run", str(PEERS / PEER / "flow.py")]
    environ = {
        "BOOTSTRAP": job.bootstrap,
        "INPUT_TOPIC": job.input_topic,
        "OUTPUT_TOPIC": job.output_topic,
    }
    return [Command(program, environ)]
