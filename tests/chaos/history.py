"""What was done to the flow and when, and what its processes said: to be read after a failure."""

import time
from pathlib import Path
from typing import NamedTuple

LINES_SHOWN = 3
LINE_LENGTH = 200


class Entry(NamedTuple):
    """One thing that happened, so many seconds after the beginning."""

    at_s: float
    text: str
    wrong: bool


class History:
    """Things that happened, in order; some of them should not have."""

    def __init__(self, *, aloud: bool = False) -> None:
        """Begin now; `aloud` also prints each entry when it comes."""
        self._begun_s = time.monotonic()
        self._aloud = aloud
        self.entries: list[Entry] = []

    def add(self, text: str, *, wrong: bool = False) -> None:
        """Note what happened."""
        self.entries.append(Entry(time.monotonic() - self._begun_s, text, wrong))
        if self._aloud:
            print(_line(self.entries[-1]), flush=True)  # noqa: T201

    def wrongs(self) -> list[str]:
        """Return what should not have happened."""
        return [_line(entry).strip() for entry in self.entries if entry.wrong]

    def text(self, logs: Path) -> str:
        """Return everything, with the last lines of each log in a folder."""
        lines = [_line(entry) for entry in self.entries]
        for log in sorted(logs.glob("flow-*.log"), key=lambda log: int(log.stem.split("-")[1])):
            lines.append(f"{log.stem}:")
            lines += [f"    {line}" for line in last_lines(log)]
        return "\n".join(lines)


def last_lines(log: Path, count: int = LINES_SHOWN) -> list[str]:
    """Return the last lines of a log that say something, cut to a bearable length."""
    lines = [line for line in log.read_text(errors="replace").splitlines() if line.strip()]
    return [line[:LINE_LENGTH] for line in lines[-count:]]


def _line(entry: Entry) -> str:
    return f"{entry.at_s:8.2f} s {'!!' if entry.wrong else '  '} {entry.text}"
