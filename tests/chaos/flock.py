"""The processes of the flow that make one cluster: started together, ended together."""

import signal
import subprocess
import time
from collections.abc import Sequence

from tests.chaos.history import History, last_lines
from tests.kafka.job import Job, Running

LOOK_S = 0.02
"""The pace of looking."""


class Flock:
    """So many processes that were started as one cluster.

    Attributes:
        name: for the history.
    """

    def __init__(
        self, job: Job, size: int, options: Sequence[str], history: History, **environ: str
    ) -> None:
        """Start them."""
        self._history = history
        self.members = job.start_cluster(size, *options, **environ)
        self.name = ", ".join(one.log.stem for one in self.members)
        history.add(f"started {self.name}")

    def signal(self, number: signal.Signals, members: Sequence[Running] | None = None) -> None:
        """Send a signal to some of them; None: to all."""
        chosen = self.members if members is None else members
        names = ", ".join(one.log.stem for one in chosen)
        self._history.add(f"{number.name} to {names}")
        for one in chosen:
            one.process.send_signal(number)  # does nothing when it has ended

    def some_ended(self) -> bool:
        """Return whether any of them has ended."""
        return any(one.process.poll() is not None for one in self.members)

    def all_ended(self) -> bool:
        """Return whether none runs any more."""
        return all(one.process.poll() is not None for one in self.members)

    def wait_all_ended(self, timeout_s: float) -> bool:
        """Wait until none runs any more; return whether it came to that in time."""
        deadline_s = time.monotonic() + timeout_s
        for one in self.members:
            try:
                one.process.wait(max(0.0, deadline_s - time.monotonic()))
            except subprocess.TimeoutExpired:
                return False
        return True

    def watch(self, seconds: float) -> bool:
        """Let them run for a while, until one ends; return whether all still run."""
        deadline_s = time.monotonic() + seconds
        while not self.some_ended():
            if time.monotonic() >= deadline_s:
                return True
            time.sleep(LOOK_S)
        return False

    def kill(self) -> None:
        """Kill those that are left, and wait until all are gone."""
        for one in self.members:
            one.kill()

    def statuses(self) -> list[int | None]:
        """Return the exit statuses, None for one that runs."""
        return [one.process.poll() for one in self.members]

    def ends(self) -> str:
        """Return how each ended, with its last words."""
        return "; ".join(
            f"{one.log.stem} {one.process.poll()} {''.join(last_lines(one.log, 1))!r:.150}"
            for one in self.members
        )

    def faults(self) -> list[str]:
        """Return the names of those that met a fault of the service: an error nobody foresaw."""
        return [
            one.log.stem for one in self.members if "this is a fault of the service" in one.said()
        ]
