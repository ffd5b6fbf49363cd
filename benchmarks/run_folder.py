"""The folder that a run of a benchmark leaves behind.

machine.json    what it ran on, with which options, when
samples.jsonl   what was measured, a line each, written at once
report.html     the same for people
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

import orjson

from benchmarks.machine import describe_machine

RUNS = Path(__file__).parent / "runs"
MACHINE, SAMPLES, REPORT = "machine.json", "samples.jsonl", "report.html"
AS_JSON = orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_NON_STR_KEYS

Sample = dict[str, Any]
"""The fields of a sample, among them its kind."""


class NoRunError(Exception):
    """A folder is not that of a run; the text is one line."""


class RunFolder:
    """A run that is being made, or that has been made.

    Attributes:
        path: the folder.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    @classmethod
    def create(
        cls, benchmark: str, options: Mapping[str, object], *, runs: Path = RUNS
    ) -> "RunFolder":
        """Make the folder of a run that begins now, and describe the machine in it.

        Args:
            benchmark: the name of the sub-command.
            options: as they were given or by default; what JSON cannot say is written as text.
            runs: the folder of all runs.
        """
        started = datetime.now(UTC)
        path = _new_folder(runs, f"{benchmark}-{started:%Y%m%d-%H%M%S}")
        about = {
            "benchmark": benchmark,
            "started": started.isoformat(timespec="seconds"),
            "options": dict(options),
            **describe_machine()._asdict(),
        }
        (path / MACHINE).write_bytes(
            orjson.dumps(about, option=orjson.OPT_INDENT_2 | AS_JSON, default=str) + b"\n"
        )
        (path / SAMPLES).touch()
        return cls(path)

    @classmethod
    def open(cls, path: Path) -> "RunFolder":
        """Return the run in a folder.

        Raises:
            NoRunError: there is none.
        """
        for name in (MACHINE, SAMPLES):
            if not (path / name).is_file():
                raise NoRunError(f"{path} is not the folder of a run: it has no {name}")
        return cls(path)

    def sample(self, kind: str, **fields: object) -> None:
        """Add what was measured: a line, on disk when this returns, whatever happens next."""
        line = orjson.dumps({"kind": kind, **fields}, option=AS_JSON, default=str)
        with (self.path / SAMPLES).open("ab") as samples:
            samples.write(line + b"\n")

    def samples(self, kind: str | None = None) -> list[Sample]:
        """Return what was measured, in order; of one kind, or all."""
        lines = (self.path / SAMPLES).read_bytes().splitlines()
        samples: list[Sample] = [orjson.loads(line) for line in lines]
        return [sample for sample in samples if kind in (None, sample["kind"])]

    def about(self) -> dict[str, Any]:
        """Return the machine, the options and the time of the start."""
        about: dict[str, Any] = orjson.loads((self.path / MACHINE).read_bytes())
        return about

    def finish(self) -> Path:
        """Write the report and return its path."""
        from benchmarks.report import write_report  # noqa: PLC0415 - it reads run folders

        return write_report(self)


def _new_folder(runs: Path, name: str) -> Path:
    for attempt in count(1):
        path = runs / (name if attempt == 1 else f"{name}-{attempt}")
        try:
            path.mkdir(parents=True)
        except FileExistsError:  # two runs that began in one second
            continue
        return path
    raise AssertionError("count() does not end")
