"""What Bytewax's command line says about the store and the cluster, and what is in the store."""

import argparse
import sqlite3
from collections.abc import Mapping, Sequence
from pathlib import Path

from windowing.core.errors import WindowingError


class StoreError(WindowingError):
    """There is no recovery store where one should be, or it cannot be used."""


def recovery_directory(argv: Sequence[str], environ: Mapping[str, str]) -> Path | None:
    """Return the directory that `python -m bytewax.run` was given; None: no recovery."""
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("-r", "--recovery-directory", type=Path)
    given, _ = parser.parse_known_args(argv)
    directory: Path | None = given.recovery_directory
    if directory is None and environ.get("BYTEWAX_RECOVERY_DIRECTORY"):
        directory = Path(environ["BYTEWAX_RECOVERY_DIRECTORY"])
    return directory


def process_index(argv: Sequence[str], environ: Mapping[str, str]) -> int:
    """Return this process's number in its cluster, as Bytewax finds it; 0: it is alone."""
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("-i", "--process-id", type=int, default=environ.get("BYTEWAX_PROCESS_ID"))
    given, _ = parser.parse_known_args(argv)
    if given.process_id is not None:
        return int(given.process_id)
    if "BYTEWAX_POD_NAME" in environ and "BYTEWAX_STATEFULSET_NAME" in environ:
        return int(environ["BYTEWAX_POD_NAME"].rpartition("-")[2])
    return 0


def require_directory(directory: Path) -> None:
    """Raise `StoreError` unless there is such a directory."""
    if not directory.is_dir():
        raise StoreError(
            f"no recovery store {directory}: make it with mkdir {directory} and"
            f" python -m bytewax.recovery {directory} 4"
        )


def holds_state(directory: Path) -> bool:
    """Return whether any job has saved state in the part of a store that is seen from here."""
    return any(_holds_snapshots(file) for file in sorted(directory.glob("*.sqlite3")))


def past_executions(directory: Path) -> int:
    """Return how often any job has run on the part of a store that is seen from here."""
    return max((_executions(file) for file in directory.glob("*.sqlite3")), default=0)


def _executions(file: Path) -> int:
    connection = sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True)
    try:
        [last] = connection.execute("SELECT max(ex_num) FROM exs").fetchone()
        return 0 if last is None else int(last) + 1  # Bytewax counts from 0
    except sqlite3.DatabaseError:
        return 0  # Bytewax itself says what is wrong with it
    finally:
        connection.close()


def _holds_snapshots(file: Path) -> bool:
    connection = sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True)
    try:
        return connection.execute("SELECT 1 FROM snaps LIMIT 1").fetchone() is not None
    except sqlite3.DatabaseError:
        return False  # Bytewax itself says what is wrong with it
    finally:
        connection.close()
