"""What a recovery store holds, read beside a flow at work, and without a trace.

Bytewax keeps of each key the state at the end of every epoch until a later one is committed. What
a restart would load is, of each key, the latest that is older than the epoch at which it would
resume; the query is Bytewax 0.21's own.
"""

import io
import pickle
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from windowing.engine.recovery_store import (
    EXECUTIONS,
    FRONTIERS,
    Execution,
    StoreError,
    last_execution,
)

ATTEMPTS = 20
PAUSE_S = 0.1
"""Between attempts: a fraction of the shortest sensible epoch."""

PARTS = "SELECT part_index, part_count FROM parts"
COMMITS = "SELECT commit_epoch FROM commits"
SNAPS = """
    SELECT state_key, MAX(snap_epoch), ser_change FROM snaps
    WHERE snap_epoch < ? GROUP BY step_id, state_key
"""


class Saved(NamedTuple):
    """The saved form of one key of one step, and the epoch in which it was saved."""

    key: str
    epoch: int
    form: bytes


class StoreContents(NamedTuple):
    """What a restart would load.

    Fields:
        parts: the numbers of the store's files that are seen from here.
        part_count: how many it has.
        execution: the last; None: the store is new.
        saved: of each key of each step.
    """

    parts: list[int]
    part_count: int
    execution: Execution | None
    saved: list[Saved]


class _Torn(Exception):  # noqa: N818 - a fact to act on, not an error
    """The store went on while it was looked at."""


def read_store(directory: Path, on_part: Callable[[], None] = lambda: None) -> StoreContents:
    """Return what the store holds, all of one moment.

    Args:
        directory: of the store, see `require_directory`.
        on_part: called after each file.

    Raises:
        StoreError: these are no files of a store, or they cannot be read.
    """
    files = sorted(directory.glob("*.sqlite3"))
    if not files:
        raise StoreError(
            f"the recovery store {directory} is empty: make it with"
            f" python -m bytewax.recovery {directory} 4"
        )
    for _ in range(ATTEMPTS):
        try:
            with ExitStack() as open_files:
                parts = [open_files.enter_context(_opened(file)) for file in files]
                return _read(parts, on_part)
        except _Torn:
            time.sleep(PAUSE_S)
        except sqlite3.Error as error:
            raise StoreError(
                f"the recovery store {directory} cannot be read ({error}): it must hold what"
                " python -m bytewax.recovery made, and be readable"
            ) from None
    raise StoreError(
        f"the recovery store {directory} changes faster than it can be read: try again, or look at"
        " it when the flow has stopped"
    )


@contextmanager
def _opened(file: Path) -> Iterator[sqlite3.Connection]:
    """Open a file, and hold on to the moment in which this was."""
    target = file.resolve()  # it may be a link to a copy, see `store_copy`
    log = target.with_name(f"{target.name}-wal")
    at_rest = not log.exists()
    # A file that nobody has open is taken as it is: SQLite would leave others beside it.
    mode = "mode=ro&immutable=1" if at_rest else "mode=ro"
    connection = sqlite3.connect(f"{target.as_uri()}?{mode}", uri=True)
    connection.isolation_level = None
    try:
        connection.execute("BEGIN")
        connection.execute(PARTS).fetchall()
        yield connection
        if file.resolve() != target or (at_rest and log.exists()):
            raise _Torn
    finally:
        connection.close()


def _read(parts: list[sqlite3.Connection], on_part: Callable[[], None]) -> StoreContents:
    def rows(query: str) -> list[Any]:
        return [row for part in parts for row in part.execute(query)]

    part_rows = rows(PARTS)
    execution = last_execution(rows(EXECUTIONS), rows(FRONTIERS))
    resume = execution.resume_epoch if execution is not None else 0
    # What a commit makes superfluous is deleted: it must not be ahead of where we stand.
    if any(epoch >= resume for (epoch,) in rows(COMMITS)):
        raise _Torn
    latest: dict[tuple[int, str], Saved] = {}
    for part in parts:
        for key, epoch, change in part.execute(SNAPS, (resume,)):
            form = None if change is None else _unpickled(change)
            if form is not None:
                saved = Saved(key, epoch, form)
                # Two steps may have keys of one name; the second byte of the form tells them apart.
                at = form[1] if len(form) > 1 else -1, key
                latest[at] = max(latest.get(at, saved), saved, key=lambda one: one.epoch)
        on_part()
    numbers = sorted(number for number, _ in part_rows)
    return StoreContents(
        numbers, max(count for _, count in part_rows), execution, list(latest.values())
    )


class _BytesOnly(pickle.Unpickler):
    """Bytewax pickles what a step gives it; ours give bytes, and nothing else is let in."""

    def find_class(self, module: str, name: str) -> Any:
        raise StoreError(
            f"the recovery store holds state of another program ({module}.{name}): give the store"
            " of this job"
        )


def _unpickled(change: bytes) -> bytes | None:
    try:
        form = _BytesOnly(io.BytesIO(change)).load()
    except (pickle.UnpicklingError, EOFError, ValueError) as error:
        raise StoreError(f"the recovery store is damaged ({error}): use a copy of it") from None
    if form is not None and not isinstance(form, bytes):
        raise StoreError("the recovery store holds state of another program: give that of this job")
    return form
