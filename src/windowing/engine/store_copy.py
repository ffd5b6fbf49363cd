"""Copies take the place of a recovery store's files; who has the old ones open keeps those.

What it still writes is not in the store any more: that keeps out a process that stands still in the
middle of saving, which no lock and no question before it could.

A file of the store becomes a link to its copy, in a folder of its own. SQLite finds the log of a
file by the path that it has resolved: under one path, old and new would share one.
"""

import os
import shutil
import sqlite3
from collections.abc import Callable, Iterable
from contextlib import ExitStack, closing
from pathlib import Path
from uuid import uuid4

from windowing.engine.recovery_store import StoreError

FOLDERS = "copies-*"
BUSY_TIMEOUT_S = 1.0


def part_from_others(directory: Path, require: Callable[[], None]) -> None:
    """Put a link to a copy, as of now, in the place of each file.

    Args:
        directory: of the store.
        require: called when the copies are made; raises if they are not to be put in place.

    Raises:
        StoreError: the files cannot be read, or there is no room for copies.
    """
    files = sorted(directory.glob("*.sqlite3"))
    folder = directory / FOLDERS.replace("*", uuid4().hex)
    try:
        with ExitStack() as unwritten:
            folder.mkdir()
            for file in files:
                _keep_from_writing(file, unwritten)
            for file in files:
                _copy(file, folder / file.name)
            _sync(folder)
            require()
            for file in files:
                link = folder / f"{file.name}.link"
                link.symlink_to(Path(folder.name, file.name))
                link.replace(file)
                _remove_log(file)
            _sync(directory)
    except (sqlite3.Error, OSError) as error:
        raise StoreError(
            f"cannot copy the recovery store {directory}, which a process has open that does not"
            f" end: {error}; end that one"
        ) from None
    finally:
        _remove_unused([folder], directory)
    tidy(directory)


def tidy(directory: Path) -> None:
    """Remove copies that no file of the store is any more, for the owner of the lanes."""
    # Listed first: what another process begins to copy meanwhile is not for this one to remove.
    folders = list(directory.glob(FOLDERS))
    _remove_unused(folders, directory)
    for file in directory.glob("*.sqlite3"):
        if file.is_symlink():
            _remove_log(file)


def _remove_unused(folders: Iterable[Path], directory: Path) -> None:
    used = {file.resolve().parent.name for file in directory.glob("*.sqlite3")}
    for folder in folders:
        if folder.name not in used:
            shutil.rmtree(folder, ignore_errors=True)


def _remove_log(file: Path) -> None:
    """Remove the log of the file in whose place there is a link: who follows it would take both."""
    for suffix in ("-wal", "-shm"):
        file.with_name(file.name + suffix).unlink(missing_ok=True)


def _keep_from_writing(file: Path, until: ExitStack) -> None:
    """Let nobody write, so that the copies are of one moment, as after a kill of all at once."""
    connection = until.enter_context(closing(sqlite3.connect(file, BUSY_TIMEOUT_S, 0, None)))
    try:
        connection.execute("BEGIN IMMEDIATE")
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode != sqlite3.SQLITE_BUSY:
            raise
        # Somebody stands still in the middle of a write, of which the copy holds nothing.


def _copy(file: Path, copy: Path) -> None:
    with closing(sqlite3.connect(file)) as old, closing(sqlite3.connect(copy)) as new:
        old.backup(new)


def _sync(directory: Path) -> None:
    folder = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
