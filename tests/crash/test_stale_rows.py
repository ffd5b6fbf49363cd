"""What a killed process has saved of an epoch that it did not complete is never taken for state."""

import sqlite3
from pathlib import Path
from typing import Any

from tests.conftest import MakeJob
from tests.kafka.answers import some_events
from tests.kafka.job import eventually, killed_at_the_end
from tests.kafka.topics import produce

from windowing.core.key_group import KEY_GROUPS
from windowing.engine.lane_sink import LANES


def ask(store: Path, question: str) -> list[tuple[Any, ...]]:
    """Return the rows of all parts of a recovery store."""
    rows = []
    for part in sorted(store.glob("*.sqlite3")):
        connection = sqlite3.connect(f"{part.as_uri()}?mode=ro", uri=True)
        rows += connection.execute(question).fetchall()
        connection.close()
    return rows


def last_saved(store: Path) -> dict[tuple[str, str], int]:
    """Return of each lane and key group the epoch in which it was last saved."""
    rows = ask(
        store,
        "SELECT step_id, state_key, max(snap_epoch) FROM snaps"
        " WHERE step_id NOT LIKE '%.read' GROUP BY 1, 2",
    )
    return {(step, key): epoch for step, key, epoch in rows}


def test_a_start_saves_every_lane_and_key_group_anew(make_job: MakeJob) -> None:
    # Bytewax repeats the epoch that was not complete under the same number, and leaves what was
    # saved of it: each row must be written over, or it is loaded one start later.
    job = make_job(2, IDLE_TIMEOUT="0")
    options = job.store()
    store = job.folder / "store"
    produce(job.bootstrap, job.topics.events, some_events(2_000, 3))  # in both
    first = job.start(*options)
    with killed_at_the_end(first):
        eventually(lambda: len(job.results()), bool)

    again = job.start(*options)
    with killed_at_the_end(again):
        eventually(lambda: len(ask(store, "SELECT 1 FROM exs")), lambda starts: starts == 2)
        resumed_at = max(ask(store, "SELECT ex_num, resume_epoch FROM exs"))[1]
        saved = eventually(
            lambda: [epoch for epoch in last_saved(store).values() if epoch >= resumed_at],
            lambda epochs: len(epochs) == LANES + KEY_GROUPS,
        )
    assert saved
