"""A replay killed at a point chosen for its danger: run again, every record is there once."""

import signal
from collections import Counter

import pytest
from tests.cli.command import run, said
from tests.cli.conftest import Played
from tests.kafka.topics import read_all

POINTS = {
    "taken-over": 1,
    "sent": 2,
    "before-commit": 2,
    "committed": 2,
}
"""And at which of the transactions."""


@pytest.mark.parametrize("point", POINTS)
def test_killed_at_a_point_and_run_again_every_record_is_there_once(
    played: Played, target: str, point: str
) -> None:
    words = "dead-letters", "replay", "--to", target, "--yes"

    crash = {"CRASH_AT": f"{point}:{POINTS[point]}"}
    ended = run(played.job, *words, module="tests.cli.crashing_replay", environ=crash)
    assert ended.returncode == -signal.SIGKILL, ended.stderr
    partly = len(read_all(played.job.bootstrap, target, isolation="read_uncommitted"))
    said(played.job, *words)

    written = Counter(record.value for record in read_all(played.job.bootstrap, target))
    fed = Counter(record.value for record in played.broken + played.future)
    assert written == fed
    assert 0 < partly < fed.total() or point == "taken-over"
