"""What Bytewax's command line says about the recovery store, and what is in there."""

import argparse
import sqlite3
from collections.abc import Mapping, Sequence
from pathlib import Path

from windowing.core.errors import WindowingError


class StoreError(WindowingError):
    """There is no recovery store where one should be."""


def recovery_directory(argv: Sequence[str], environ: Mapping[str, str]) -> Path | None:
    """Return the directory that `python -m bytewax.run` was given; None: no recovery."""
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("-r", "--recovery-directory", type=Path)
    given, _ = parser.parse_known_args(argv)
    directory: Path | None = given.recovery_directory
    if directory is None and environ.get("BYTEWAX_RECOVERY_DIRECTORY"):
        directory = Path(environ["BYTEWAX_RECOVERY_DIRECTORY"])
    return directory


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


def _holds_snapshots(file: Path) -> bool:
    connection = sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True)
    try:
        return connection.execute("SELECT 1 FROM snaps LIMIT 1").fetchone() is not None
    except sqlite3.OperationalError:
        return False  # Bytewax itself says what is wrong with it
    finally:
        connection.close()
