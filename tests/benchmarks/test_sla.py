"""A build is held to targets on a real broker, with exit status 0 or 1."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.kafka.broker import BOOTSTRAP_VARIABLE, Broker
from tests.kafka.job import ROOT

IMPOSSIBLE = """
[load]
rate_per_s = 1_000
duration_s = 7
warm_up_s = 2
users = 100
window_length_s = 2
bound_s = 0.5

[targets]
delay_p50_s = 0.001
peak_mib = 4_096
"""


def sla(file: Path, bootstrap: str = "127.0.0.1:1") -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "benchmarks", "sla", str(file)],
        cwd=ROOT,
        env=os.environ | {BOOTSTRAP_VARIABLE: bootstrap, "COLUMNS": "100"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_this_build_meets_generous_targets(broker: Broker) -> None:
    done = sla(ROOT / "benchmarks/sla-ci.toml", broker.bootstrap)

    assert done.returncode == 0, done.stdout + done.stderr
    assert "MISSED" not in done.stdout
    for target in ("delay_p99_s", "lag_max_s", "lost", "twice", "wrong", "late"):
        assert target in done.stdout


def test_a_target_that_is_missed_is_named_and_the_status_is_1(
    broker: Broker, tmp_path: Path
) -> None:
    file = tmp_path / "impossible.toml"
    file.write_text(IMPOSSIBLE)

    done = sla(file, broker.bootstrap)

    assert done.returncode == 1, done.stdout + done.stderr
    verdicts = {line.split()[1]: line for line in done.stdout.splitlines() if line.startswith("│")}
    assert [name for name, line in verdicts.items() if "MISSED" in line] == ["delay_p50_s"]


@pytest.mark.parametrize("name", ["none.toml", "wrong.toml"])
def test_a_file_that_is_no_agreement_is_one_line_and_status_1(tmp_path: Path, name: str) -> None:
    (tmp_path / "wrong.toml").write_text("[load]\n[targets]\nspeed = 3\n")

    done = sla(tmp_path / name)

    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.startswith(f"{tmp_path / name}")
    assert done.stderr.count("\n") == 1
