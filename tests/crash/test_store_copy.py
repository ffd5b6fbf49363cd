"""Copies in the place of a store's files hold what was saved, and nothing that comes later."""

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from windowing.engine.recovery_store import StoreError
from windowing.engine.store_copy import FOLDERS, part_from_others, tidy
from windowing.kafka.transaction import FencedError

PARTS = ("part-0.sqlite3", "part-1.sqlite3")


@pytest.fixture
def writers(tmp_path: Path) -> Iterator[list[sqlite3.Connection]]:
    """A connection to each part, as a process keeps them that is at work: one row is saved."""
    opened = [sqlite3.connect(tmp_path / part, isolation_level=None) for part in PARTS]
    for writer in opened:
        writer.execute("PRAGMA journal_mode=WAL")
        writer.execute("CREATE TABLE rows (name)")
        writer.execute("INSERT INTO rows VALUES ('saved')")
    yield opened
    for writer in opened:
        writer.close()


def part(store: Path) -> None:
    """Part from others where nobody objects."""
    part_from_others(store, lambda: None)


def rows(store: Path) -> list[list[str]]:
    """Return what is in each part."""
    found = []
    for part in PARTS:
        with closing(sqlite3.connect(store / part)) as reader:
            found.append([name for (name,) in reader.execute("SELECT name FROM rows")])
    return found


def test_what_an_open_file_is_given_later_is_not_in_the_store(
    tmp_path: Path, writers: list[sqlite3.Connection]
) -> None:
    part(tmp_path)
    for writer in writers:
        writer.execute("INSERT INTO rows VALUES ('late')")
        writer.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    assert rows(tmp_path) == [["saved"], ["saved"]]


def test_a_write_that_was_under_way_is_not_in_the_store(
    tmp_path: Path, writers: list[sqlite3.Connection]
) -> None:
    writers[0].execute("BEGIN IMMEDIATE")
    writers[0].execute("INSERT INTO rows VALUES ('under way')")
    part(tmp_path)
    writers[0].execute("COMMIT")

    assert rows(tmp_path) == [["saved"], ["saved"]]


def test_what_closes_an_old_file_leaves_the_log_of_the_new_one(
    tmp_path: Path, writers: list[sqlite3.Connection]
) -> None:
    part(tmp_path)
    with closing(sqlite3.connect(tmp_path / PARTS[0], isolation_level=None)) as successor:
        successor.execute("INSERT INTO rows VALUES ('new')")
        writers[0].close()
        log = Path(f"{(tmp_path / PARTS[0]).resolve()}-wal")
        assert log.stat().st_size > 0

        assert rows(tmp_path)[0] == ["saved", "new"]


def test_the_store_can_be_written_and_copied_again_and_keeps_one_copy(
    tmp_path: Path, writers: list[sqlite3.Connection]
) -> None:
    part(tmp_path)
    with closing(sqlite3.connect(tmp_path / PARTS[1], isolation_level=None)) as successor:
        successor.execute("INSERT INTO rows VALUES ('new')")
        part(tmp_path)

    assert rows(tmp_path) == [["saved"], ["saved", "new"]]
    [folder] = tmp_path.glob(FOLDERS)
    assert sorted(path.name for path in folder.glob("*.sqlite3")) == list(PARTS)


def test_nobody_writes_between_the_copies_and_their_coming_into_place(
    tmp_path: Path, writers: list[sqlite3.Connection]
) -> None:
    def write() -> None:
        with (
            closing(sqlite3.connect(tmp_path / PARTS[1], 0)) as other,
            pytest.raises(sqlite3.OperationalError, match="locked"),
        ):
            other.execute("INSERT INTO rows VALUES ('between')")

    part_from_others(tmp_path, write)


def test_who_was_replaced_while_copying_leaves_the_store_as_it_was(
    tmp_path: Path, writers: list[sqlite3.Connection]
) -> None:
    def replaced() -> None:
        raise FencedError("replaced")

    with pytest.raises(FencedError):
        part_from_others(tmp_path, replaced)

    writers[0].execute("INSERT INTO rows VALUES ('on')")
    assert rows(tmp_path) == [["saved", "on"], ["saved"]]
    assert list(tmp_path.glob(FOLDERS)) == []


def test_who_follows_the_links_finds_no_log_of_the_old_files(
    tmp_path: Path, writers: list[sqlite3.Connection]
) -> None:
    assert list(tmp_path.glob("*-wal")) != []
    part(tmp_path)
    assert list(tmp_path.glob("*-wal")) == []
    (tmp_path / f"{PARTS[0]}-wal").write_bytes(b"left by a process that was killed in between")
    tidy(tmp_path)

    shutil.copytree(tmp_path, tmp_path / "elsewhere", ignore=shutil.ignore_patterns("elsewhere"))
    assert rows(tmp_path / "elsewhere") == [["saved"], ["saved"]]


def test_who_fails_while_copying_leaves_the_copies_of_others(
    tmp_path: Path, writers: list[sqlite3.Connection]
) -> None:
    others = tmp_path / FOLDERS.replace("*", "others")

    def replaced() -> None:
        others.mkdir()
        raise FencedError("replaced")

    with pytest.raises(FencedError):
        part_from_others(tmp_path, replaced)

    assert list(tmp_path.glob(FOLDERS)) == [others]


def test_what_a_killed_process_had_copied_is_removed(
    tmp_path: Path, writers: list[sqlite3.Connection]
) -> None:
    part(tmp_path)
    left = tmp_path / FOLDERS.replace("*", "left")
    left.mkdir()
    (left / PARTS[0]).write_bytes(b"half")
    tidy(tmp_path)

    assert rows(tmp_path) == [["saved"], ["saved"]]
    assert not left.exists()


def test_a_file_that_cannot_be_read_is_left_and_named(
    tmp_path: Path, writers: list[sqlite3.Connection]
) -> None:
    (tmp_path / "part-2.sqlite3").write_bytes(b"no database" * 1000)

    with pytest.raises(StoreError, match=f"cannot copy the recovery store {tmp_path}, .*; end"):
        part(tmp_path)

    writers[0].execute("INSERT INTO rows VALUES ('on')")
    assert rows(tmp_path)[0] == ["saved", "on"]
    assert list(tmp_path.glob(FOLDERS)) == []
