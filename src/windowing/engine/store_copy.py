"""Copies take the place of a recovery store's files; who has the old ones open keeps those.

What it still writes is not in the store any more: that keeps out a process that stands still in the
middle of saving, which no lock and no question before it could.
"""

import os
import sqlite3
from contextlib import ExitStack, closing
from pathlib import Path

from windowing.engine.recovery_store import StoreError

BUSY_TIMEOUT_S = 1.0


def part_from_others(directory: Path) -> None:
    """Put a copy, as of now, in the place of each file.

    Raises:
        StoreError: the files cannot be read, or there is no room for copies.
    """
    files = sorted(directory.glob("*.sqlite3"))
    try:
        with ExitStack() as unwritten:
            for file in files:
                _keep_from_writing(file, unwritten)
            copies = [_copy(file) for file in files]
            for file, copy in zip(files, copies, strict=True):
                copy.replace(file)
            _sync(directory)
            for file in files:  # the log belongs to the old file
                for suffix in ("-wal", "-shm"):
                    file.with_name(file.name + suffix).unlink(missing_ok=True)
    except sqlite3.Error as error:
        raise StoreError(
            f"cannot copy the recovery store {directory}, which a process has open that does not"
            f" end: {error}; end that one"
        ) from None


def _keep_from_writing(file: Path, until: ExitStack) -> None:
    """Let nobody write, so that the copies are of one moment, as after a kill of all at once."""
    connection = until.enter_context(closing(sqlite3.connect(file, BUSY_TIMEOUT_S, 0, None)))
    try:
        connection.execute("BEGIN IMMEDIATE")
    except sqlite3.OperationalError:
        return  # somebody stands still in the middle of a write, of which the copy holds nothing


def _copy(file: Path) -> Path:
    copy = file.with_name(f"{file.name}.copy")
    copy.unlink(missing_ok=True)
    with closing(sqlite3.connect(file)) as old, closing(sqlite3.connect(copy)) as new:
        old.backup(new)
    return copy


def _sync(directory: Path) -> None:
    folder = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
