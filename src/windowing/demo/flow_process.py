"""The real flow in a process of its own, which never outlives the demo."""

import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from bytewax.recovery import init_db_dir

from windowing.demo.errors import DemoError

FLOW = Path("dataflows", "user_aggregates.py")
LINES_SHOWN = 20

# The reader of the pipe sees its end when the demo is gone, even by SIGKILL. `exec` keeps the
# process id, so that the demo sees the flow itself end.
TIED = 'exec 3<&0; (read -r _ <&3; kill -KILL $$) & exec "$@" 3<&- </dev/null'


def project_root(here: Path, code: Path = Path(__file__)) -> Path:
    """Return the folder that holds `dataflows`: `here` or one above it, or one above `code`.

    Raises:
        DemoError: there is none.
    """
    for folder in (here, *here.parents, *code.resolve().parents):
        if (folder / FLOW).is_file():
            return folder
    raise DemoError(f"{FLOW} is not at {here} or above: go to the project's root and run make demo")


class FlowProcess:
    """`python -m bytewax.run dataflows.user_aggregates`, with a recovery store.

    Args:
        root: the project's folder.
        settings: of the flow; what the environment says about it otherwise does not count.
        folder: for its recovery store and what it says.
    """

    def __init__(self, root: Path, settings: Mapping[str, str], folder: Path) -> None:
        store = folder / "recovery"
        store.mkdir()
        init_db_dir(store, 1)  # type: ignore[no-untyped-call]
        self._said = folder / "flow.log"
        foreign = ("WINDOWING_", "BYTEWAX_", "RUST_")
        inherited = {n: v for n, v in os.environ.items() if not n.startswith(foreign)}
        flow = [sys.executable, "-m", "bytewax.run", "dataflows.user_aggregates"]
        # An epoch of a second: what comes out is shown that soon.
        recovery = ["-r", str(store), "-s", "1", "-b", "0"]
        with self._said.open("wb") as said:
            self._process = subprocess.Popen(
                ["sh", "-c", TIED, "flow", *flow, *recovery],
                cwd=root,
                env=inherited | dict(settings),
                stdin=subprocess.PIPE,
                stdout=said,
                stderr=subprocess.STDOUT,
                # Ctrl-C in the terminal is for the demo, which ends the flow.
                start_new_session=True,
            )

    def __enter__(self) -> Self:
        """Do nothing: it runs already."""
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        """End the flow and its watcher at once."""
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        if self._process.stdin is not None:
            self._process.stdin.close()

    def check(self) -> None:
        """Look whether it runs.

        Raises:
            DemoError: it does not; the text ends with its last lines.
        """
        status = self._process.poll()
        if status is not None:
            lines = self.last_lines() or ["(it said nothing)"]
            raise DemoError("\n".join([f"the flow ended with status {status}:", *lines]))

    def last_lines(self) -> list[str]:
        """Return the end of what the flow has said."""
        return self._said.read_text(errors="replace").splitlines()[-LINES_SHOWN:]
