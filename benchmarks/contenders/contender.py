"""What a contender is: a module with three names, `ABOUT`, `prepare` and `commands`."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple, Protocol

from benchmarks.load import Load
from benchmarks.measure import Command


class About(NamedTuple):
    """What is said about a contender.

    Fields:
        name: as in tables.
        tuning: how it is set up, and why.
        writes: it writes results, which are checked; else it says how many records it read.
        exact: its totals are decimals; else doubles, which may be a billionth off.
        ends: it ends by itself at the end of the topic; else when all results are there.
        epoch_s: its time on the clock comes in steps of so much; 0 if it does not.
        slow: it is measured with fewer events.
        peer: it is not this project's, and needs more than this project does.
    """

    name: str
    tuning: str
    writes: bool = True
    exact: bool = True
    ends: bool = True
    epoch_s: float = 0.0
    slow: bool = False
    peer: bool = False


class Job(NamedTuple):
    """One run: what to read and where to write.

    Fields:
        input_topic: ends with a closing event in each partition.
        output_topic: new and empty, like the two others.
        folder: new and empty, for whatever the run needs.
    """

    bootstrap: str
    load: Load
    input_topic: str
    output_topic: str
    late_topic: str
    dead_letter_topic: str
    folder: Path


class Contender(Protocol):
    """The names of a contender's module."""

    @property
    def ABOUT(self) -> About:  # noqa: N802 - a constant of a module
        """What is said about it."""

    def prepare(self) -> None:
        """Make what it needs, on first use.

        Raises:
            NoFigureError: it cannot run here.
        """

    def commands(self, job: Job) -> Sequence[Command]:
        """Return the processes of a run, having made ready what is not to be measured."""
