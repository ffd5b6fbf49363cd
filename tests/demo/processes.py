"""Runs of the demo as a user has them, and what they leave behind."""

import os
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

TIMEOUT_S = 60.0
END_TIMEOUT_S = 10.0


@contextmanager
def run_module(name: str, *arguments: str, cwd: Path) -> Iterator[subprocess.Popen[str]]:
    """Start `python -m name` with its output in pipes; it is gone afterwards."""
    # What whoever runs the tests has set for themselves.
    foreign = {"FORCE_COLOR", "WINDOWING_KAFKA_CONFIG"}
    plain = {n: v for n, v in os.environ.items() if n not in foreign}
    with subprocess.Popen(
        [sys.executable, "-m", name, *arguments],
        cwd=cwd,
        env=plain,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        preexec_fn=_hear_ctrl_c,  # noqa: PLW1509 - runs before any thread
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def _hear_ctrl_c() -> None:
    """A shell that starts the tests in the background makes all their processes deaf to Ctrl-C."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


class Descendants:
    """All processes that one has started, each watched by its descriptor: ids can be reused."""

    def __init__(self, pid: int) -> None:
        self._watched: dict[int, int] = {}
        children = _children()
        unseen = [*children.get(pid, [])]
        while unseen:
            child = unseen.pop()
            unseen += children.get(child, [])
            with suppress(ProcessLookupError):
                self._watched[child] = os.pidfd_open(child)

    def __len__(self) -> int:
        return len(self._watched)

    def all_end(self) -> bool:
        """Wait for all of them; return whether they have ended in time."""
        ended = []
        for descriptor in self._watched.values():
            ended.append(bool(select.select([descriptor], [], [], END_TIMEOUT_S)[0]))
            os.close(descriptor)
        return all(ended)


def _children() -> dict[int, list[int]]:
    children: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            # The name before it is in parentheses and may hold anything.
            parent = int(stat.read_text().rpartition(")")[2].split()[1])
            children.setdefault(parent, []).append(int(stat.parent.name))
    return children
