"""The command line as a whole: help, completion, wrong use, errors in a line."""

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from tests.cli.command import complaint, run
from tests.kafka.job import Job, Topics
from typer.testing import CliRunner

from windowing.cli.app import app
from windowing.cli.dead_letters import Reason
from windowing.core.fault import KINDS

COMMANDS = ["check", "topics", "dead-letters", "late", "state"]


@pytest.fixture
def nowhere(tmp_path: Path) -> Job:
    """A job on a port where nobody listens."""
    return Job("127.0.0.1:1", Topics("events", "results", "late", "dead"), tmp_path)


def test_the_help_names_every_command() -> None:
    shown = CliRunner().invoke(app, ["--help"])

    assert shown.exit_code == 0
    for command in COMMANDS:
        assert f" {command} " in shown.output


@pytest.mark.parametrize(
    "words",
    [
        ["no-such-command"],
        ["topics", "--partitions", "0"],
        ["topics", "--retention", "30x"],
        ["dead-letters", "show", "--reason", "bad-mood"],
        ["dead-letters", "replay", "--limit", "0"],
        ["late", "count", "--by", "weekday"],
    ],
)
def test_wrong_use_is_refused_before_anything_is_done(words: list[str]) -> None:
    assert CliRunner().invoke(app, words).exit_code == 2


def test_every_kind_of_fault_can_be_chosen() -> None:
    assert set(Reason) == {*KINDS, "foreign"}


NEED_A_BROKER = [
    ["topics"],
    ["dead-letters", "count"],
    ["late", "replay", "--to", "elsewhere", "--yes"],
]


def test_a_broker_that_does_not_answer_is_one_line_and_the_store_looked_at_even_so(
    nowhere: Job,
) -> None:
    _, store, *_ = nowhere.store()
    with ThreadPoolExecutor(len(NEED_A_BROKER) + 1) as threads:
        checking = threads.submit(run, nowhere, "check", "--json", "-r", store)
        lines = list(threads.map(lambda words: complaint(nowhere, *words), NEED_A_BROKER))
    checked = checking.result()

    found = json.loads(checked.stdout)
    lines += [one["what"] + ": " + one["fix"] for one in found if one["verdict"] == "wrong"]
    assert len(lines) == len(NEED_A_BROKER) + 1
    for line in lines:
        assert line.startswith(f"no Kafka broker answers at {nowhere.bootstrap}")
        assert "WINDOWING_BOOTSTRAP_SERVERS" in line
    assert checked.returncode == 1
    assert "2 of 2 files; new, nothing is saved yet" in [one["what"] for one in found]


def test_wrong_settings_are_a_line_each(nowhere: Job) -> None:
    nowhere.environ = {"IDLE_TIMEOUT": "30sec", "WINDOW_LENGTH": "0s"}
    ended = run(nowhere, "dead-letters", "count")

    assert ended.returncode == 1
    assert [line.split("=")[0] for line in ended.stderr.splitlines()] == [
        "WINDOWING_WINDOW_LENGTH",
        "WINDOWING_IDLE_TIMEOUT",
    ]


def test_the_console_script_completes_commands() -> None:
    script = Path(sys.executable).with_name("windowing")
    completed = subprocess.run(
        [script],
        env={
            "_WINDOWING_COMPLETE": "complete_bash",
            "COMP_WORDS": "windowing de",
            "COMP_CWORD": "1",
        },
        capture_output=True,
        text=True,
        check=False,
    )

    assert completed.stdout.split() == ["dead-letters"]
