"""What the lanes tell of the output, once it can be read."""

import time
from collections import Counter as Tally

from prometheus_client import Counter, Histogram

from windowing.core.encode import reason_of
from windowing.core.fault import fault_kind
from windowing.core.messages import Output, Results
from windowing.observe.meters import LastCommit


class OutputMeter:
    """Of one lane: what can be read, and how long it took since it was given to the lane.

    A lane that saves what it is given tells `given`, `sealed` and `released`; one that sends it at
    once `sent` and `flushed`.

    Args:
        results, late, dead_letters: counters for all lanes; the last has the label `reason`.
        delay: one observation for each list with results that comes to the lane: of a key group,
            for all windows that closed at once.
        last_commit: of this process.
        late_topic: by which late events are told from dead letters.
    """

    def __init__(
        self,
        *,
        results: Counter,
        late: Counter,
        dead_letters: Counter,
        delay: Histogram,
        last_commit: LastCommit,
        late_topic: str,
    ) -> None:
        self._results = results
        self._late = late
        self._dead_letters = dead_letters
        self._delay = delay
        self._last_commit = last_commit
        self._late_topic = late_topic
        self._open: list[float] = []
        self._sealed: list[float] = []
        self._sent = _Counts()

    def given(self, outputs: list[Output]) -> None:
        """Hear what has just come to the lane."""
        if Results in map(type, outputs):
            self._open.append(time.monotonic())

    def sealed(self) -> None:
        """Hear that what has come so far is the batch that will be readable next."""
        self._sealed += self._open
        self._open = []

    def durable(self) -> None:
        """Hear that an epoch is saved in every worker."""
        self._last_commit.now()

    def released(self, outputs: list[Output]) -> None:
        """Hear that a batch can be read."""
        counts = _Counts()
        counts.add(outputs, self._late_topic)
        self._publish(counts)

    def sent(self, outputs: list[Output]) -> None:
        """Hear that this has just come to the lane and was sent."""
        self.given(outputs)
        self._sent.add(outputs, self._late_topic)

    def flushed(self) -> None:
        """Hear that all that was sent is acknowledged, and so can be read."""
        self.sealed()
        counts, self._sent = self._sent, _Counts()
        self._publish(counts)

    def _publish(self, counts: "_Counts") -> None:
        now_s = time.monotonic()
        for since_s in self._sealed:
            self._delay.observe(now_s - since_s)
        self._sealed = []
        self._results.inc(counts.results)
        self._late.inc(counts.late)
        for kind, count in counts.dead_letters.items():
            self._dead_letters.labels(kind).inc(count)
        self._last_commit.now()


class _Counts:
    """How many records there are of each sort."""

    def __init__(self) -> None:
        self.results = 0
        self.late = 0
        self.dead_letters: Tally[str] = Tally()

    def add(self, outputs: list[Output], late_topic: str) -> None:
        results = [len(output.keys) for output in outputs if isinstance(output, Results)]
        dead = [
            output
            for output in outputs
            if not isinstance(output, Results) and output.topic != late_topic
        ]
        self.results += sum(results)
        self.late += len(outputs) - len(results) - len(dead)
        # Most of the reasons are the same.
        for reason, count in Tally(map(reason_of, dead)).items():
            self.dead_letters[fault_kind(reason)] += count
