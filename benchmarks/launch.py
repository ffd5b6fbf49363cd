"""Starts processes from a small one and says what they took.

Linux counts the memory of whoever starts a process into that one's peak. This file knows only the
standard library, so that the peak is the contender's own.

Its input is a line of JSON: a list of commands, each {"command": [...], "environ": {...}}. A second
line asks them to end (SIGTERM); the end of the input, as when the benchmark is killed, kills them.
Its output is a line of JSON for each process when all have ended: see `Took` in measure.py.
"""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress


def main() -> None:
    """Run what the input names, to its end."""
    started_s = time.monotonic()
    processes = [
        subprocess.Popen(
            one["command"],
            env=os.environ | one["environ"],
            stdin=subprocess.DEVNULL,
            stdout=sys.stderr,
        )
        for one in json.loads(sys.stdin.readline())
    ]
    pids = [process.pid for process in processes]
    threading.Thread(target=_obey, args=(pids,), daemon=True).start()
    for _ in processes:
        _, status, usage = os.wait3(0)
        took = {
            "status": os.waitstatus_to_exitcode(status),
            "started_s": started_s,
            "ended_s": time.monotonic(),
            # Those that it had started itself and waited for included.
            "cpu_s": usage.ru_utime + usage.ru_stime,
            "peak_mib": usage.ru_maxrss / 1024,
        }
        print(json.dumps(took), flush=True)


def _obey(pids: list[int]) -> None:
    asked = sys.stdin.readline()
    if asked:
        _send(pids, signal.SIGTERM)
        sys.stdin.readline()
    _send(pids, signal.SIGKILL)


def _send(pids: list[int], number: signal.Signals) -> None:
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, number)


if __name__ == "__main__":
    main()
