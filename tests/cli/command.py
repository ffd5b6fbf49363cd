"""The command line as a process of its own, with the settings of a job."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from typing import Any

from tests.kafka.job import ROOT, Job

TIMEOUT_S = 60


def settings_of(job: Job) -> dict[str, str]:
    """Return the environment of a job's processes, without that of this one's settings."""
    names = {
        "BOOTSTRAP_SERVERS": job.bootstrap,
        "INPUT_TOPIC": job.topics.events,
        "OUTPUT_TOPIC": job.topics.results,
        "LATE_TOPIC": job.topics.late,
        "DEAD_LETTER_TOPIC": job.topics.dead,
        **job.environ,
    }
    return {f"WINDOWING_{name}": value for name, value in names.items()}


def run(
    job: Job, *words: str, module: str = "windowing", environ: Mapping[str, str] | None = None
) -> "subprocess.CompletedProcess[str]":
    """Run a command to its end; nobody is there to be asked."""
    return subprocess.run(
        [sys.executable, "-m", module, *words],
        cwd=ROOT,
        env={**os.environ, **settings_of(job), **(environ or {})},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        check=False,
    )


def said(job: Job, *words: str) -> str:
    """Run a command that goes well and return what it says."""
    ended = run(job, *words)
    assert ended.returncode == 0, ended.stderr + ended.stdout
    return ended.stdout


def said_json(job: Job, *words: str) -> Any:
    """Run a command that goes well and return its JSON."""
    return json.loads(said(job, *words, "--json"))


def said_lines(job: Job, *words: str) -> list[dict[str, Any]]:
    """Run a command that goes well and return its lines of JSON."""
    return [json.loads(line) for line in said(job, *words, "--json").splitlines()]


def complaint(job: Job, *words: str) -> str:
    """Run a command that cannot be done; return the line that says why."""
    ended = run(job, *words)
    assert ended.returncode == 1, ended.stdout
    [line] = ended.stderr.splitlines()
    return line
