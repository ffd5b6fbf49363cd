"""Who is at work on a recovery store, asked without taking a lock or leaving a file."""

import fcntl
import struct
from pathlib import Path

from windowing.engine.store_lock import FIRST, MEMBERS, MOST_BYTES, NAME, Holder

FLOCK = "hhqqi4x"
"""struct flock of Linux on 64 bits: type, whence, start, length, process."""


def holder_of(directory: Path) -> Holder | None:
    """Return who holds a store; None: nobody does."""
    path = directory / NAME
    try:
        with path.open("rb") as file:
            if not (_locked(file.fileno(), FIRST) or _locked(file.fileno(), MEMBERS)):
                return None
            return Holder.signed(file.read(MOST_BYTES))
    except FileNotFoundError:
        return None


def _locked(file: int, byte: int) -> bool:
    wanted = struct.pack(FLOCK, fcntl.F_WRLCK, 0, byte, 1, 0)
    answer = fcntl.fcntl(file, fcntl.F_GETLK, wanted)
    return bool(struct.unpack(FLOCK, answer)[0] != fcntl.F_UNLCK)
