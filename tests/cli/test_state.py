"""`windowing state` against what was fed: while the flow runs, after a kill, after a stop."""

import json
from collections import defaultdict
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from tests.cli.command import complaint, run, said, said_json
from tests.conftest import MakeJob
from tests.kafka.job import Job, Running, event, eventually, killed_at_the_end
from tests.kafka.topics import Record, produce

from windowing.core.encode import time_text

EVENTS = [
    event(user, 60 * minute, f"{user}.{minute:02}", partition=user % 2)
    for minute in range(30)
    for user in range(40)
    if minute >= 20 or user % 3
]
"""Ten minutes and ten seconds before the last, a window has closed."""


def open_windows(events: list[Record]) -> dict[str, tuple[int, int, Decimal]]:
    """Return of each window that is open when all is read its users, events and total."""
    windows: dict[str, list[tuple[int, Decimal]]] = defaultdict(list)
    for one in events:
        fields = json.loads(one.value or b"", parse_float=Decimal)
        minute = int(fields["timestamp"][14:16])
        if minute >= 25:  # the watermark stands at 28:50
            start = f"2026-01-01T00:{minute // 5 * 5:02}:00Z"
            windows[start].append((fields["user_id"], Decimal(fields["amount"])))
    return {
        start: (len({user for user, _ in of}), len(of), sum((a for _, a in of), Decimal(0)))
        for start, of in windows.items()
    }


def as_truth(said: dict[str, Any]) -> dict[str, tuple[int, int, Decimal]]:
    """Return the windows that the command shows, in the form of `open_windows`."""
    return {
        window["window_start"]: (window["users"], window["events"], Decimal(window["total_amount"]))
        for window in said["windows"]
    }


def state(job: Job, store: Path, *words: str) -> Any:
    """Return what the command says of a store."""
    return said_json(job, "state", "-r", str(store), *words)


@pytest.fixture
def job(make_job: MakeJob) -> Job:
    """A job whose input partitions never become idle."""
    made = make_job(2, IDLE_TIMEOUT="0")
    produce(made.bootstrap, made.topics.events, EVENTS)
    return made


def run_to_the_end(job: Job, store: Path, running: Running) -> Any:
    """Return the state when all has been read and its epoch is complete."""

    def offsets(said: Any) -> list[int]:
        return [one["offset"] for one in said["partitions"]]

    ends = [sum(one.partition == p for one in EVENTS) for p in range(2)]
    with killed_at_the_end(running):
        seen = eventually(lambda: state(job, store), lambda said: offsets(said) == ends)
        # The lanes write the last batch in the next epoch.
        running.kill()
    return seen


def test_what_is_open_is_shown_while_the_flow_runs_and_after_it_was_killed(job: Job) -> None:
    options = job.store()
    store = Path(options[1])
    running = job.start(*options)

    seen = run_to_the_end(job, store, running)

    assert as_truth(seen) == open_windows(EVENTS)
    assert seen["open_pairs"] == sum(users for users, _, _ in open_windows(EVENTS).values())
    assert seen["watermark"] == "2026-01-01T00:28:50Z"
    assert [one["watermark"] for one in seen["partitions"]] == ["2026-01-01T00:28:50Z"] * 2
    assert [one["idle"] for one in seen["partitions"]] == [False, False]
    assert seen["in_use_by"].startswith(f"process {running.process.pid} on ")
    assert seen["format"] == 1
    assert seen["topics"][0] == job.topics.events
    killed = state(job, store)
    assert killed["in_use_by"] is None
    assert as_truth(killed) == as_truth(seen)
    assert [lane["lane"] for lane in killed["lanes"]] == [0, 1, 2, 3]

    [window] = state(job, store, "--user", "17")["windows"]
    of_17 = [one for one in EVENTS if one.key == b"17"]
    [(users, events, total)] = open_windows(of_17).values()
    assert (window["users"], window["events"]) == (users, events)
    assert Decimal(window["total_amount"]) == total
    assert state(job, store, "--user", "nobody")["windows"] == []
    shown = said(job, "state", "-r", str(store))
    assert "1 open window, 40 pairs of user and window" in shown
    assert "in use by  nobody" in shown


def test_a_store_at_rest_is_read_without_a_trace(job: Job) -> None:
    options = job.store()
    store = Path(options[1])
    running = job.start(*options, UNTIL_END="true")
    with killed_at_the_end(running):
        assert running.end() == 0, running.said()
    before = {file.name: file.read_bytes() for file in store.iterdir()}

    seen = state(job, store)

    assert {file.name: file.read_bytes() for file in store.iterdir()} == before
    assert (seen["open_windows"], seen["windows"]) == (0, [])
    # The end of the input closed the last window.
    assert seen["watermark"] == time_text(1_767_225_600_000_000 + 30 * 60_000_000)
    assert sum(one["offset"] for one in seen["partitions"]) == len(EVENTS)


def test_a_new_store_holds_nothing(make_job: MakeJob) -> None:
    job = make_job(1)
    _, store, *_ = job.store()

    seen = state(job, Path(store))

    assert (seen["execution"], seen["partitions"], seen["open_windows"]) == (None, [], 0)
    assert "new, nothing is saved" in said(job, "state", "-r", store)


def test_what_is_no_store_is_refused_in_a_line(make_job: MakeJob, tmp_path: Path) -> None:
    job = make_job(1)
    junk = tmp_path / "junk"
    junk.mkdir()

    assert "name it with -r" in complaint(job, "state")
    assert complaint(job, "state", "-r", "no-store").startswith("no recovery store no-store: ")
    assert "is empty: make it with" in complaint(job, "state", "-r", str(junk))
    (junk / "part-0.sqlite3").write_bytes(b"no database" * 100)
    assert "cannot be read (file is not a database)" in complaint(job, "state", "-r", str(junk))
    assert run(job, "state", "-r", str(junk)).stdout == ""
