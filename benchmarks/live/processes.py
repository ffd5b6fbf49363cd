"""Processes of a live run: started from the outside, watched, and never left behind."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

import psutil
from tests.kafka.job import ROOT

from benchmarks.live.errors import LiveRunError

T = TypeVar("T")

PACE_S = 0.1


class LoggedProcess:
    """A module of the benchmarks in a process of its own, whose output is lines of JSON."""

    def __init__(self, folder: Path, module: str, *arguments: str) -> None:
        name = module.rpartition(".")[2]
        self.name = name
        self._log, self._errors = folder / f"{name}.jsonl", folder / f"{name}.log"
        with self._log.open("wb") as output, self._errors.open("wb") as errors:
            self.process = subprocess.Popen(
                [sys.executable, "-m", module, *arguments], cwd=ROOT, stdout=output, stderr=errors
            )

    def said(self) -> list[dict[str, Any]]:
        """Return all whole lines so far."""
        lines = self._log.read_bytes().split(b"\n")[:-1]
        return [json.loads(line) for line in lines]

    def check(self) -> None:
        """Make sure that it runs, or has ended well.

        Raises:
            LiveRunError: it has failed.
        """
        if self.process.poll():
            last = (self._errors.read_text(errors="replace").splitlines() or ["no words"])[-1]
            raise LiveRunError(f"the {self.name} ended with {self.process.returncode}: {last}")

    def stop(self, timeout_s: float = 90.0) -> None:
        """Ask it to come to its end, and wait for that."""
        self.process.send_signal(signal.SIGTERM)
        self.wait(timeout_s)

    def wait(self, timeout_s: float) -> None:
        """Wait for its end."""
        try:
            self.process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            raise LiveRunError(f"the {self.name} did not end within {timeout_s:.0f} s") from None
        self.check()


@contextmanager
def running(process: LoggedProcess) -> Iterator[LoggedProcess]:
    """Leave no process behind."""
    try:
        yield process
    finally:
        process.process.kill()
        process.process.wait()


def wait_for(
    look: Callable[[], T | None], timeout_s: float, what: str, check: Callable[[], None]
) -> T:
    """Look again and again until something is there, and return it.

    Args:
        what: is waited for, for the error.
        check: raises when it can never come.

    Raises:
        LiveRunError: it did not come.
    """
    deadline_s = time.monotonic() + timeout_s
    while (seen := look()) is None:
        check()
        if time.monotonic() > deadline_s:
            raise LiveRunError(f"{what} did not come within {timeout_s:.0f} s")
        time.sleep(PACE_S)  # the pace of looking
    return seen


def cpu_s(processes: Iterable[psutil.Process]) -> float:
    """Return the CPU time that processes have taken, user and system."""
    times = [process.cpu_times() for process in processes]
    return sum(one.user + one.system for one in times)


def machine_cpu_s() -> float:
    """Return the CPU time that all cores have been busy, for whomever, or were taken by a host."""
    times: dict[str, float] = psutil.cpu_times()._asdict()
    # Guests are in user and nice already.
    return sum(times.values()) - sum(
        times.get(name, 0.0) for name in ("idle", "iowait", "guest", "guest_nice")
    )


def peak_mib(pid: int) -> float:
    """Return the largest resident memory that a process has had; needs Linux."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    raise LiveRunError(f"process {pid} has ended, so its memory is not known")


def broker_process(bootstrap: str) -> psutil.Process | None:
    """Return the process of a broker on this machine; None: it runs elsewhere, or is not ours."""
    port = urlsplit(f"//{bootstrap.split(',', maxsplit=1)[0]}").port
    try:
        connections = psutil.net_connections(kind="tcp")
    except psutil.AccessDenied:
        return None
    for one in connections:
        if one.status == psutil.CONN_LISTEN and one.laddr[1:] == (port,) and one.pid:
            return psutil.Process(one.pid)
    return None


def as_options(values: Mapping[str, object]) -> list[str]:
    """Return options of a command line."""
    return [text for name, value in values.items() for text in (f"--{name}", str(value))]
