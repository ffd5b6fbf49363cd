"""What the processes of a contender take: CPU, time, memory, time to the first result."""

import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple, Protocol

import msgspec

LAUNCHER = Path(__file__).with_name("launch.py")
ROOT = Path(__file__).parent.parent
NO_WORD = "it said nothing"
LINE_CHARACTERS = 300
PACE_S = 0.1
LAST_LOOK_S = 10.0
END_LIMIT_S = 60.0


class NoFigureError(Exception):
    """A contender gets no figure; the text is the reason, in one line."""


class Command(NamedTuple):
    """A process to start, with variables beside those of this one."""

    command: Sequence[str]
    environ: Mapping[str, str]


class Cost(NamedTuple):
    """What the processes of one run took together.

    Fields:
        cpu_s: user and system, of all of them.
        wall_s: from the start to the last end, or until all results were there.
        peak_mib: of resident memory: each process at its own peak, added up.
        first_result_s: from the start until it could be read; None without any.
    """

    cpu_s: float
    wall_s: float
    peak_mib: float
    first_result_s: float | None


class Took(msgspec.Struct):
    """What one process took, as launch.py says it; times of the monotonic clock."""

    status: int
    started_s: float
    ended_s: float
    cpu_s: float
    peak_mib: float


class Watch(Protocol):
    """Looks from outside at what a contender does; called again and again while it runs."""

    first_seen_s: float | None
    last_seen_s: float | None

    def look(self, pace_s: float) -> bool:
        """Look for at most so long and return whether all has been seen that there will be."""


def measure(commands: Sequence[Command], watch: Watch | None, log: Path, limit_s: float) -> Cost:
    """Run the commands at once, to their end or until the watch has seen all.

    Args:
        watch: None for a contender without results, which ends by itself.
        log: where their output goes.
        limit_s: after so long they are killed.

    Raises:
        NoFigureError: one failed, or the limit was reached.
    """
    with log.open("wb") as output:
        launcher = subprocess.Popen(
            [sys.executable, "-I", "-S", str(LAUNCHER)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=output,
        )
    with launcher:
        _order(launcher, msgspec.json.encode([command._asdict() for command in commands]))
        try:
            all_seen_s = _watch_out(launcher, watch, time.monotonic() + limit_s)
        finally:
            said, _ = launcher.communicate()
    took = [msgspec.json.decode(line, type=Took) for line in said.splitlines()]
    if all_seen_s is None and any(one.status for one in took):
        status = next(one.status for one in took if one.status)
        raise NoFigureError(f"ended with status {status}: {last_word(log)}")
    deadline_s = time.monotonic() + LAST_LOOK_S
    while watch is not None and watch.first_seen_s is None and time.monotonic() < deadline_s:
        watch.look(PACE_S)
    first_seen_s = None if watch is None else watch.first_seen_s
    started_s = min(one.started_s for one in took)
    return Cost(
        sum(one.cpu_s for one in took),
        (all_seen_s or max(one.ended_s for one in took)) - started_s,
        sum(one.peak_mib for one in took),
        None if first_seen_s is None else first_seen_s - started_s,
    )


def _watch_out(
    launcher: "subprocess.Popen[bytes]", watch: Watch | None, limit_s: float
) -> float | None:
    """Ask them to end when all has been seen, and return when; None if they ended by themselves.

    Whoever has not ended when this returns or raises is killed when the pipe is closed.
    """
    while launcher.poll() is None:
        if time.monotonic() > limit_s:
            raise NoFigureError("took too long and was killed")
        if watch is None:
            with suppress(subprocess.TimeoutExpired):
                launcher.wait(PACE_S)
        elif watch.look(PACE_S):
            _order(launcher, b"end")
            with suppress(subprocess.TimeoutExpired):
                launcher.wait(END_LIMIT_S)
            return watch.last_seen_s
    return None


def _order(launcher: "subprocess.Popen[bytes]", line: bytes) -> None:
    assert launcher.stdin is not None  # as it was asked for
    launcher.stdin.write(line + b"\n")
    launcher.stdin.flush()


def last_word(log: Path) -> str:
    """Return the last line of what a contender said, of its errors if it named some."""
    lines = [line.strip() for line in log.read_text(errors="replace").splitlines() if line.strip()]
    errors = [line for line in lines if "Error" in line or "Exception" in line]
    return ([NO_WORD, *lines, *errors])[-1][:LINE_CHARACTERS]
