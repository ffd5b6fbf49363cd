"""What processes take, measured on real ones."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from benchmarks.measure import LAUNCHER, Command, NoFigureError, measure

BURN = "import time\nwhile time.process_time() < {cpu_s}: pass"
HOLD = "held = bytearray({mib} * 2**20)\nfor at in range(0, len(held), 4096): held[at] = 1"
LIMIT_S = 200.0


def python(code: str, **environ: str) -> Command:
    return Command([sys.executable, "-I", "-S", "-c", code], environ)


class Counter:
    """A watch that has seen all at its third look."""

    def __init__(self) -> None:
        self.looks = 0
        self.first_seen_s: float | None = None
        self.last_seen_s: float | None = 0.0

    def look(self, pace_s: float) -> bool:  # noqa: ARG002
        self.looks += 1
        return self.looks == 3


def test_cpu_and_peaks_of_all_processes_are_added_up(tmp_path: Path) -> None:
    one = python(f"{BURN.format(cpu_s=0.5)}\n{HOLD.format(mib=40)}")

    alone = measure([one], None, tmp_path / "alone.log", LIMIT_S)
    both = measure([one, one], None, tmp_path / "both.log", LIMIT_S)

    assert alone.cpu_s >= 0.5
    assert both.cpu_s >= 1.0
    assert 40 <= alone.peak_mib < 80
    assert 80 <= both.peak_mib < 160


def test_what_a_process_starts_itself_counts_too(tmp_path: Path) -> None:
    child = [sys.executable, "-I", "-S", "-c", BURN.format(cpu_s=0.5)]
    parent = python(f"import subprocess\nsubprocess.run({child!r})")

    assert measure([parent], None, tmp_path / "log", LIMIT_S).cpu_s >= 0.5


def test_the_memory_of_the_benchmark_is_not_the_contenders(tmp_path: Path) -> None:
    held = bytearray(b"1" * (100 * 2**20))

    cost = measure([python("pass")], None, tmp_path / "log", LIMIT_S)

    assert cost.peak_mib < 50 < len(held) / 2**20


def test_variables_and_output_arrive(tmp_path: Path) -> None:
    log = tmp_path / "log"

    measure([python("import os; print(os.environ['WANTED'])", WANTED="this")], None, log, LIMIT_S)

    assert log.read_text() == "this\n"


def test_one_that_fails_gets_the_reason_in_place_of_a_figure(tmp_path: Path) -> None:
    commands = [python("pass"), python("raise ValueError('no disk')")]

    with pytest.raises(NoFigureError, match="ended with status 1: ValueError: no disk"):
        measure(commands, None, tmp_path / "log", LIMIT_S)


def test_one_that_does_not_end_is_killed(tmp_path: Path) -> None:
    with pytest.raises(NoFigureError, match="took too long"):
        measure([python("import time; time.sleep(1000)")], None, tmp_path / "log", 0.5)


def test_one_is_asked_to_end_when_all_has_been_seen(tmp_path: Path) -> None:
    watch = Counter()

    measure([python("import time; time.sleep(1000)")], watch, tmp_path / "log", LIMIT_S)

    assert watch.looks >= 3


def test_processes_end_with_the_benchmark() -> None:
    command = python("print('up', flush=True)\nimport time; time.sleep(1000)")
    launcher = subprocess.Popen(
        [sys.executable, "-I", "-S", str(LAUNCHER)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert launcher.stdin is not None
    assert launcher.stderr is not None
    launcher.stdin.write(json.dumps([command._asdict()]).encode() + b"\n")
    launcher.stdin.flush()
    assert launcher.stderr.readline() == b"up\n"

    said, _ = launcher.communicate()  # closes its input, as when this process ended

    assert json.loads(said)["status"] == -signal.SIGKILL
