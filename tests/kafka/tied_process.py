"""Processes that never outlive the one that started them, however that one ends."""

import os
import signal
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

# The reader of the pipe sees its end when the parent is gone, even by SIGKILL. `exec` keeps the
# process id, so that the caller sees the command itself end.
TIED = '(read -r _ <&3; kill -KILL $$) & exec "$@" 3<&- </dev/null'


def start_tied(command: Sequence[str], *, log: Path) -> subprocess.Popen[bytes]:
    """Start `command` in a process group of its own, output appended to `log`."""
    with log.open("ab") as output:
        return subprocess.Popen(
            ["sh", "-c", f"exec 3<&0; {TIED}", "tied", *command],
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def kill_tied(process: subprocess.Popen[bytes]) -> None:
    """End the process and its watcher by SIGKILL; one that has ended already is fine."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    if process.stdin is not None:
        process.stdin.close()
