"""One run: events come in, the monkey plays, the flow comes to its end, the oracle judges."""

import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from tests.chaos.events import PARTITIONS, records
from tests.chaos.feeder import Feeder
from tests.chaos.history import History
from tests.chaos.monkey import Monkey
from tests.chaos.oracle import Outcome, Outputs, judge
from tests.kafka.broker import OwnBroker
from tests.kafka.job import Job, make_topics
from tests.kafka.topics import read_all

LENGTH_S = 60
BOUND_S = 10
SETTINGS = {
    "WINDOW_LENGTH": f"{LENGTH_S}s",
    "MAX_OUT_OF_ORDERNESS": f"{BOUND_S}s",
    # Without idleness no flow is ahead of a partition, which bounds what can be late.
    "IDLE_TIMEOUT": "0s",
}


@dataclass(frozen=True)
class Report:
    """What became of a run.

    Fields:
        wrong: each thing that should not be, in a line or more.
        counts: records read and written.
        deeds: what the monkey did, and how often.
        history: everything that happened.
    """

    seed: int
    wrong: list[str]
    counts: dict[str, int]
    deeds: dict[str, int]
    history: str

    def summary(self) -> str:
        """Return what was done and found in a few lines."""
        counts = ", ".join(f"{number} {kind}" for kind, number in self.counts.items())
        deeds = ", ".join(f"{number} {deed}" for deed, number in self.deeds.items())
        found = "\n".join(self.wrong) or "every record once"
        return f"seed {self.seed}\n{deeds}\n{counts}\n{found}"


def judge_job(job: Job) -> Outcome:
    """Hold the three output topics of a job with `SETTINGS` against its input."""
    topics = job.topics
    return judge(
        read_all(job.bootstrap, topics.events),
        Outputs(*(read_all(job.bootstrap, t) for t in (topics.results, topics.late, topics.dead))),
        length_us=LENGTH_S * 1_000_000,
        bound_us=BOUND_S * 1_000_000,
    )


def run(
    seed: int,
    seconds: float,
    broker: OwnBroker,
    folder: Path,
    *,
    kills: int | None = None,
    dataflow: str | None = None,
    aloud: bool = False,
) -> Report:
    """Play for so many seconds or so many deeds, and return what became of it.

    Args:
        folder: empty, for logs and the recovery store.
        dataflow: another than the real one, to see that what it breaks is found.
    """
    history = History(aloud=aloud)
    job = Job(broker.bootstrap, make_topics(broker.bootstrap, PARTITIONS), folder, SETTINGS)
    job.dataflow = dataflow or job.dataflow
    monkey = Monkey(job, job.store(), broker, seed, history, kills=kills)
    with ExitStack() as at_the_end:
        at_the_end.callback(monkey.kill_the_rest)
        feeder = at_the_end.enter_context(
            Feeder(broker.bootstrap, job.topics.events, records(seed))
        )
        monkey.play(time.monotonic() + seconds)
        feeder.finish()
        history.add(f"fed {feeder.written} events; to the end now")
        monkey.finish()
    outcome = judge_job(job)
    wrong = [*outcome.differences, *history.wrongs()]
    return Report(seed, wrong, outcome.counts, monkey.deeds, history.text(folder))
