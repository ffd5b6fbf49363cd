"""Times in which a flow did not read, as `timed_flow` writes them down."""

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import orjson

PAUSES = "pauses.jsonl"
"""The name of the file, beside the recovery store."""


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


def read_pauses(path: Path) -> list[Pause]:
    """Return the pauses that a flow wrote down."""
    return [Pause(**orjson.loads(line)) for line in path.read_bytes().splitlines()]


def longest_s(pauses: Iterable[Pause], *, epoch_ended: bool) -> float:
    """Return the longest pause with or without the end of an epoch; 0: there was none."""
    return max((p.pause_s for p in pauses if bool(p.epoch_ended) is epoch_ended), default=0.0)
