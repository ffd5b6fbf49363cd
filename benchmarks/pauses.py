"""Times in which a flow did not read: written down by the clock in it, and read back."""

import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import orjson

PAUSES = "pauses.jsonl"
"""The name of the file, beside the recovery store."""
SHORTEST_S = 0.1


class Pause(NamedTuple):
    """A time in which the flow did not read.

    Fields:
        at_s: when it ended, by the clock that never jumps.
        pause_s: how long it was.
        cpu_s: how long the processor worked for the flow in it.
        epoch_ended: whether an epoch ended in it, so that state was saved.
        windows_s: adding to windows and closing them.
        save_windows_s: making the saved form of the key groups.
        save_output_s: the same of the lanes.
        ask_owner_s: asking the broker whether another process has taken over.
        write_s: writing to Kafka.
    """

    at_s: float
    pause_s: float
    cpu_s: float
    epoch_ended: bool
    windows_s: float
    save_windows_s: float
    save_output_s: float
    ask_owner_s: float
    write_s: float

    @property
    def rest_s(self) -> float:
        """What passed in Bytewax and its recovery store."""
        saving_s = self.save_windows_s + self.save_output_s + self.ask_owner_s
        return self.pause_s - self.windows_s - saving_s - self.write_s


PARTS = ("windows_s", "save_windows_s", "save_output_s", "ask_owner_s", "write_s")


class PauseClock:
    """Writes each pause of a flow into a file when it ends.

    Args:
        path: of the file; what is in it stays.
        now_s: a clock that never jumps.
        cpu_s: the CPU time of the thread so far.
    """

    def __init__(
        self,
        path: Path,
        *,
        now_s: Callable[[], float] = time.monotonic,
        cpu_s: Callable[[], float] = time.thread_time,
    ) -> None:
        self._path = path
        path.touch()
        self._now_s, self._cpu_s = now_s, cpu_s
        self.end_read()

    def begin_read(self) -> None:
        """Hear that the flow looks for records."""
        now_s = self._now_s()
        if now_s - self._since_s < SHORTEST_S:
            return
        parts = [self._parts[part] for part in PARTS]
        cpu_s = self._cpu_s() - self._cpu_since_s
        pause = Pause(now_s, now_s - self._since_s, cpu_s, self._epoch_ended, *parts)
        with self._path.open("ab") as lines:
            lines.write(orjson.dumps(pause._asdict()) + b"\n")

    def end_read(self) -> None:
        """Hear that it has looked: a pause begins, if only a short one."""
        self._since_s, self._cpu_since_s = self._now_s(), self._cpu_s()
        self._parts: dict[str, float] = defaultdict(float)
        self._epoch_ended = False

    def end_epoch(self) -> None:
        """Hear that a position is being saved."""
        self._epoch_ended = True

    @contextmanager
    def within(self, part: str) -> Iterator[None]:
        """Count the time in a part of the flow, without that in the parts that it calls."""
        began_s, counted_s = self._now_s(), sum(self._parts.values())
        yield
        inner_s = sum(self._parts.values()) - counted_s
        self._parts[part] += self._now_s() - began_s - inner_s


def read_pauses(path: Path) -> list[Pause]:
    """Return the pauses that a flow wrote down."""
    return [Pause(**orjson.loads(line)) for line in path.read_bytes().splitlines()]


def longest_s(pauses: Iterable[Pause], *, epoch_ended: bool) -> float:
    """Return the longest pause with or without the end of an epoch; 0: there was none."""
    return max((p.pause_s for p in pauses if bool(p.epoch_ended) is epoch_ended), default=0.0)
