"""A warning that comes again and again is said once a minute, with how often it has come since."""

import logging
import threading
import time
from collections.abc import Callable
from typing import Any, NamedTuple, TypeAlias

INTERVAL_S = 60.0
APART = ("partition", "lane", "client")
"""Lines that differ in one of these fields are not of one kind."""

Kind: TypeAlias = tuple[Any, ...]


class _Said(NamedTuple):
    """When a line of some kind was said last, and what was held back since."""

    at_s: float
    held: int = 0
    last: logging.LogRecord | None = None


class RepetitionFilter(logging.Filter):
    """Lets one warning or error of a kind pass every `INTERVAL_S`, and counts the others.

    A kind is one place in the code: a logger, a level, a text before values are filled in; so there
    are few. Lines below a warning are said when something happens, a critical one when the process
    ends: none of those is held back.

    Args:
        now_s: a clock that never jumps.
    """

    def __init__(self, now_s: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._now_s = now_s
        self._said: dict[Kind, _Said] = {}
        self._lock = threading.Lock()

    def filter(self, record: logging.LogRecord) -> bool:
        """Return whether a line is to be said; if so it names the number held back before."""
        if not logging.WARNING <= record.levelno < logging.CRITICAL:
            return True
        kind = (record.name, record.levelno, str(record.msg), *_apart(record))
        with self._lock:
            now_s = self._now_s()
            said = self._said.get(kind)
            if said is not None and now_s - said.at_s < INTERVAL_S:
                self._said[kind] = _Said(said.at_s, said.held + 1, record)
                return False
            self._said[kind] = _Said(now_s)
        if said is not None:
            _count(record, said.held, now_s - said.at_s)
        return True

    def rest(self) -> list[logging.LogRecord]:
        """Return the last line of each kind that was held back, with its number; then none is."""
        with self._lock:
            now_s = self._now_s()
            held_back = list(self._said.values())
            self._said.clear()
        lines = []
        for said in held_back:
            if said.last is not None:
                # The line stands for itself too.
                _count(said.last, said.held - 1, now_s - said.at_s)
                lines.append(said.last)
        return lines


def _apart(record: logging.LogRecord) -> tuple[Any, ...]:
    return tuple(getattr(record, field, None) for field in APART)


def _count(record: logging.LogRecord, held: int, interval_s: float) -> None:
    if held:
        record.msg = f"{record.getMessage()} (and {held} more in {interval_s:.0f} s)"
        record.args = None
        record.repeated = held
