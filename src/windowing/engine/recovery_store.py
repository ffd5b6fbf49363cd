"""What Bytewax's command line says about the store and the cluster, and what is in the store."""

import argparse
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from windowing.core.errors import WindowingError


class StoreError(WindowingError):
    """There is no recovery store where one should be, or it cannot be used."""


EXECUTIONS = "SELECT ex_num, worker_count, resume_epoch FROM exs"
FRONTIERS = "SELECT ex_num, worker_index, worker_frontier FROM fronts"


class Start(NamedTuple):
    """Where Bytewax goes on: the number of the execution that begins, and its first epoch."""

    execution: int
    epoch: int


class Execution(NamedTuple):
    """A run of the flow on the store: its number from 0, workers, and where it would resume."""

    number: int
    workers: int
    resume_epoch: int


class Cluster(NamedTuple):
    """Which process of how many this is, and its workers."""

    process: int
    processes: int
    workers: int


def recovery_directory(argv: Sequence[str], environ: Mapping[str, str]) -> Path | None:
    """Return the directory that `python -m bytewax.run` was given; None: no recovery."""
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("-r", "--recovery-directory", type=Path)
    given, _ = parser.parse_known_args(argv)
    directory: Path | None = given.recovery_directory
    if directory is None and environ.get("BYTEWAX_RECOVERY_DIRECTORY"):
        directory = Path(environ["BYTEWAX_RECOVERY_DIRECTORY"])
    return directory


def cluster(argv: Sequence[str], environ: Mapping[str, str]) -> Cluster:
    """Return what the command line says about the cluster, as Bytewax reads it."""
    parser = argparse.ArgumentParser(add_help=False)
    workers = environ.get("BYTEWAX_WORKERS_PER_PROCESS", 1)
    parser.add_argument("-i", "--process-id", type=int, default=environ.get("BYTEWAX_PROCESS_ID"))
    parser.add_argument("-w", "--workers-per-process", type=int, default=workers)
    parser.add_argument("-a", "--addresses", default=environ.get("BYTEWAX_ADDRESSES"))
    given, _ = parser.parse_known_args(argv)
    process = given.process_id
    if process is None and is_pod(environ):
        process = int(environ["BYTEWAX_POD_NAME"].rpartition("-")[2])
    if process is None:
        return Cluster(0, 1, given.workers_per_process)
    if given.addresses is not None:
        processes = len(given.addresses.split(";"))
    else:
        processes = len(Path(environ["BYTEWAX_HOSTFILE_PATH"]).read_text().split())
    return Cluster(process, processes, given.workers_per_process)


def is_pod(environ: Mapping[str, str]) -> bool:
    """Return whether the process is a pod of a StatefulSet, which shares its address with none."""
    return "BYTEWAX_POD_NAME" in environ and "BYTEWAX_STATEFULSET_NAME" in environ


def require_directory(directory: Path) -> None:
    """Raise `StoreError` unless there is such a directory."""
    if not directory.is_dir():
        raise StoreError(
            f"no recovery store {directory}: make it with mkdir {directory} and"
            f" python -m bytewax.recovery {directory} 4"
        )


def has_files(directory: Path) -> bool:
    """Return whether this process sees any of the store; all may be with others of its cluster."""
    return any(directory.glob("*.sqlite3"))


def may_hold_state(directory: Path) -> bool:
    """Return whether a job may have saved state in the store of which this is a part.

    A process that sees no file cannot tell.
    """
    return not has_files(directory) or any(map(_holds_snapshots, directory.glob("*.sqlite3")))


def next_start(directory: Path) -> Start | None:
    """Return where the next execution begins, by what is seen of a store; None: at the beginning.

    As Bytewax finds it: at the epoch that the slowest worker of the last execution had come to.
    """
    files = sorted(directory.glob("*.sqlite3"))
    executions, frontiers = (
        [row for file in files for row in _rows(file, query)] for query in (EXECUTIONS, FRONTIERS)
    )
    last = last_execution(executions, frontiers)
    return None if last is None else Start(last.number + 1, last.resume_epoch)


def last_execution(
    executions: Iterable[tuple[int, ...]], frontiers: Iterable[tuple[int, ...]]
) -> Execution | None:
    """Return the last execution by the rows of `EXECUTIONS` and `FRONTIERS`; None: none began."""
    executions = list(executions)
    if not executions:
        return None
    number, workers, began_at = max(executions)
    # A worker that has said nothing yet is where the execution began.
    reached = dict.fromkeys(range(workers), began_at)
    for execution, worker, frontier in frontiers:
        if execution == number:
            reached[worker] = max(reached.get(worker, began_at), frontier)
    return Execution(number, workers, min(reached.values()))


def _holds_snapshots(file: Path) -> bool:
    return bool(_rows(file, "SELECT 1 FROM snaps LIMIT 1"))


def _rows(file: Path, query: str) -> list[tuple[int, ...]]:
    with closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True)) as connection:
        try:
            return connection.execute(query).fetchall()
        except sqlite3.DatabaseError:
            return []  # Bytewax itself says what is wrong with it
