"""What is read of a store is what a restart would load: of one moment, and nothing but ours."""

import pickle
import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from bytewax.recovery import init_db_dir

from windowing.engine import store_reader
from windowing.engine.recovery_store import Execution, StoreError
from windowing.engine.store_reader import Saved, read_store


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """A store of two files, made by Bytewax, of a job in epoch 7 of its second execution."""
    init_db_dir(tmp_path, 2)  # type: ignore[no-untyped-call]
    execute(tmp_path, 0, "INSERT INTO exs (ex_num, worker_count, resume_epoch) VALUES (0, 3, 1)")
    execute(tmp_path, 1, "INSERT INTO exs (ex_num, worker_count, resume_epoch) VALUES (1, 2, 5)")
    for worker, frontier in (0, 7), (1, 8):
        values = f"({1}, {worker}, {frontier})"
        columns = "(ex_num, worker_index, worker_frontier)"
        execute(tmp_path, worker, f"INSERT INTO fronts {columns} VALUES {values}")
    return tmp_path


def execute(store: Path, part: int, statement: str, *values: object) -> None:
    with closing(sqlite3.connect(store / f"part-{part}.sqlite3")) as connection, connection:
        connection.execute(statement, values)


def save(
    store: Path, part: int, key: str, epoch: int, value: object, *, step: str = "flow.step"
) -> None:
    statement = "INSERT INTO snaps (step_id, state_key, snap_epoch, ser_change) VALUES (?, ?, ?, ?)"
    execute(store, part, statement, step, key, epoch, pickle.dumps(value))


def commit(store: Path, part: int, epoch: int) -> None:
    execute(store, part, f"INSERT INTO commits (part_index, commit_epoch) VALUES ({part}, {epoch})")


def test_the_latest_of_each_key_before_the_epoch_to_resume_is_read(store: Path) -> None:
    for epoch in 5, 6, 7:
        save(store, 0, "a", epoch, b"\x01g%d" % epoch)
    save(store, 1, "a", 4, b"\x01g4")
    save(store, 1, "b", 3, b"\x01p3")
    save(store, 1, "a", 2, b"\x01l2", step="flow.other")

    contents = read_store(store)

    assert contents.execution == Execution(1, 2, 7)
    assert (contents.parts, contents.part_count) == ([0, 1], 2)
    assert sorted(contents.saved) == [
        Saved("a", 2, b"\x01l2"),
        Saved("a", 6, b"\x01g6"),
        Saved("b", 3, b"\x01p3"),
    ]


def test_a_worker_that_has_said_nothing_is_where_the_execution_began(store: Path) -> None:
    execute(store, 0, "INSERT INTO exs (ex_num, worker_count, resume_epoch) VALUES (2, 2, 8)")
    execute(store, 0, "INSERT INTO fronts (ex_num, worker_index, worker_frontier) VALUES (2, 1, 9)")

    assert read_store(store).execution == Execution(2, 2, 8)


def test_a_store_that_has_deleted_what_would_be_read_is_not_believed(
    store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store_reader, "PAUSE_S", timedelta.resolution.total_seconds())
    commit(store, 1, 6)
    assert read_store(store).execution is not None
    commit(store, 0, 7)

    with pytest.raises(StoreError, match="changes faster than it can be read"):
        read_store(store)


def test_a_part_that_is_seen_nowhere_is_counted(store: Path) -> None:
    (store / "part-1.sqlite3").unlink()

    contents = read_store(store)

    assert (contents.parts, contents.part_count) == ([0], 2)


@pytest.mark.parametrize("value", [timedelta(1), "text", 7])
def test_state_of_another_program_is_not_unpickled(store: Path, value: object) -> None:
    save(store, 0, "a", 1, value)

    with pytest.raises(StoreError, match="of another program"):
        read_store(store)


def test_damaged_state_is_named(store: Path) -> None:
    statement = "INSERT INTO snaps (step_id, state_key, snap_epoch, ser_change) VALUES (?, ?, ?, ?)"
    execute(store, 0, statement, "flow.step", "a", 1, b"\x80")

    with pytest.raises(StoreError, match="is damaged"):
        read_store(store)
