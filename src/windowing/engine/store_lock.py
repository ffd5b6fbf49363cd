"""Who is at work on a recovery store: two locks on a file in it, which end with their process.

The kernel frees them however a process ends, and SQLite needs locks of the same kind, so they work
wherever the store does. A cluster holds one through its process 0, for as long as it lives, and
the other processes share the second: from when the cluster has met, which is before any of them
writes to the store, and after process 0 has found both free.
"""

import fcntl
import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple
from uuid import uuid4

from windowing.engine.failure import end_process, stop_requested
from windowing.engine.recovery_store import StoreError

NAME = "lock"
FIRST, MEMBERS, CLAIM = 0, 1, 2
"""The bytes of the file that stand for the two locks, and for whose turn it is to claim lanes."""
LOOK_EVERY_S = 0.1
MOST_BYTES = 4_096
"""Of what is said about the holder."""


class Holder(NamedTuple):
    """Who holds a store, for a reader, for which job, and as which start of it."""

    who: str
    job: str
    owner: str

    @classmethod
    def signed(cls, signature: bytes) -> "Holder":
        """Return the holder who has written this into the file."""
        who, job, owner = [*signature.decode().split("\n"), "", "", ""][:3]
        return cls(who or "another process", job, owner)


class StoreLock:
    """This process's locks on a recovery store.

    Args:
        job: whatever tells those apart that one may replace from all others; a line.
        owner: names this start of the job, if this is process 0 of it.
    """

    def __init__(self, directory: Path, job: str, owner: str) -> None:
        self._path = directory / NAME
        self._job = job
        self._owner = owner
        self._file: int | None = None

    def enter(self, timeout_s: float, *, first: bool) -> bool:
        """Wait until nobody else is at work on the store; return whether it came to that.

        A process that is asked to stop meanwhile ends: it has nothing to save.

        Args:
            first: whether this is process 0 of its cluster, which then holds the store.
        """
        deadline_s = time.monotonic() + timeout_s
        while not self._try_to_enter(first=first):
            if time.monotonic() > deadline_s:
                return False
            if stop_requested():
                end_process(0)
            time.sleep(LOOK_EVERY_S)
        return True

    def seize(self) -> None:
        """Hold the store though another does, who keeps a lock that nobody asks for any more."""
        fresh = self._path.with_name(f"{NAME}.{uuid4().hex}")
        self._open(fresh)
        with _refused(fresh):
            self._lock(FIRST, fcntl.LOCK_EX)
            self._sign()
            fresh.replace(self._path)

    def is_in_place(self) -> bool:
        """Return whether the store still has the file that was locked: else it was seized."""
        assert self._file is not None
        with _refused(self._path):
            return os.path.samestat(os.fstat(self._file), self._path.stat())

    @contextmanager
    def turn_to_claim(self, timeout_s: float) -> Iterator[None]:
        """Wait until no other process claims; not for ever, as that may stand still."""
        deadline_s = time.monotonic() + timeout_s
        with _refused(self._path):
            while not self._try_to_lock(CLAIM) and time.monotonic() < deadline_s:
                time.sleep(LOOK_EVERY_S)
        try:
            yield
        finally:
            self._lock(CLAIM, fcntl.LOCK_UN)

    def join(self) -> str:
        """Share the store with process 0 of this cluster, and return its owner.

        Empty: process 0 is at work on another store, or on another host.
        """
        self._open(self._path)
        with _refused(self._path):
            self._lock(MEMBERS, fcntl.LOCK_SH)
            if self._try_to_lock(FIRST):
                self._lock(FIRST, fcntl.LOCK_UN)
                return ""
        return self.holder().owner

    def holder(self) -> Holder:
        """Return who holds the store; to be called when `enter` has said that somebody does."""
        assert self._file is not None
        # Through the same descriptor: to close another would free this process's locks.
        return Holder.signed(os.pread(self._file, MOST_BYTES, 0))

    def _try_to_enter(self, *, first: bool) -> bool:
        self._open(self._path)  # anew each time: it may have been replaced
        assert self._file is not None
        with _refused(self._path):
            if first and not self._try_to_lock(FIRST):
                return False
            if not self._try_to_lock(MEMBERS):
                return False
            self._lock(MEMBERS, fcntl.LOCK_UN)
            if not self.is_in_place():
                return False
            if first:
                self._sign()
        return True

    def _open(self, path: Path) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None
        with _refused(path):
            self._file = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)

    def _try_to_lock(self, byte: int) -> bool:
        try:
            self._lock(byte, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except (BlockingIOError, PermissionError):  # either, says POSIX
            return False
        return True

    def _lock(self, byte: int, how: int) -> None:
        assert self._file is not None
        fcntl.lockf(self._file, how, 1, byte)

    def _sign(self) -> None:
        assert self._file is not None
        since = datetime.now(UTC).isoformat(" ", "seconds")
        host = socket.gethostname()
        who = f"process {os.getpid()} on {host} (or one of its cluster), since {since}"
        signature = f"{who}\n{self._job}\n{self._owner}".encode()
        os.pwrite(self._file, signature, 0)
        os.ftruncate(self._file, len(signature))


@contextmanager
def _refused(path: Path) -> Iterator[None]:
    """Say which file a system call failed on, and what it takes."""
    try:
        yield
    except OSError as error:
        raise StoreError(
            f"cannot lock the recovery store: {path}: {error.strerror}; the service must be"
            " allowed to write there, on a file system with locks"
        ) from None
