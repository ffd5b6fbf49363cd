"""What a lane of the output owes: a write-ahead ledger of records, batch by batch.

A batch is what a lane was given in one epoch. It is numbered when the epoch ends, saved with the
epoch, due when the epoch is known to be saved in every worker, and then written in one
transaction together with its number. That number, the marker, tells a restart whether the batch
that it finds in the saved state is out already.

Source: the write-ahead sink of Carbone et al., State Management in Apache Flink, VLDB 2017,
with the marker of its transactional sink.
"""

from typing import NamedTuple

from windowing.core.messages import Output


class Due(NamedTuple):
    """A batch that is to be written, as a whole or not at all."""

    number: int
    outputs: list[Output]


class LaneLedger:
    """The records of a lane that are not out yet, and how many batches there have been.

    The life of a batch: `add` any number of times, `seal` at the end of the epoch, `due` once the
    epoch is saved everywhere, `settle` when it is written.

    Attributes:
        number: of the last batch that was sealed.
    """

    def __init__(self, saved: Due | None = None) -> None:
        """Begin, or go on with what `seal` returned."""
        self.number, sealed = saved or (0, [])
        self._sealed = list(sealed)
        self._open: list[Output] = []

    def add(self, outputs: list[Output]) -> None:
        """Take in records of the running epoch."""
        self._open += outputs

    def seal(self) -> Due:
        """End the epoch and return what is to be saved with it: the last number and its batch.

        A batch that is not written by then becomes part of the next.
        """
        if self._open:
            self.number += 1
            self._sealed += self._open
            self._open = []
        return Due(self.number, list(self._sealed))

    def due(self) -> Due | None:
        """Return the sealed batch, to be called when its epoch is saved; None: nothing is due."""
        return Due(self.number, self._sealed) if self._sealed else None

    def settle(self, marker: int) -> None:
        """Hear the number of the last batch that is out: forget it if it is the sealed one."""
        if marker >= self.number:
            self._sealed = []
