"""The oracle of the live runs finds what is planted, and nothing else."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeAlias

import pytest
from benchmarks.live.oracle import Compared, Files, compare

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
LENGTH_MS = 5_000

Fields: TypeAlias = dict[str, object]


def time_text(seconds: float) -> str:
    return (BEGIN + timedelta(seconds=seconds)).isoformat(timespec="milliseconds")[:-6] + "Z"


def event(user: int, seconds: float, amount: float) -> Fields:
    return {
        "user_id": user,
        "event_type": "purchase",
        "timestamp": time_text(seconds),
        "amount": amount,
    }


def result(user: int, window: int, count: int, total: str) -> Fields:
    start = window * LENGTH_MS / 1000
    return {
        "user_id": user,
        "window_start": time_text(start),
        "window_end": time_text(start + LENGTH_MS / 1000),
        "count": count,
        "amount_count": count,
        "total_amount": total,
        "avg_amount": 0,
    }


EVENTS = [event(1, 0.5, 0.1), event(1, 4.999, 0.2), event(2, 1, 12.34), event(1, 5, 100)]
RESULTS = [result(1, 0, 2, "0.3"), result(2, 0, 1, "12.34"), result(1, 1, 1, "100")]
PLACED = [{"place": "0-3", "event": EVENTS[3]}]


@pytest.fixture
def compared(tmp_path: Path) -> Callable[..., Compared]:
    def write_and_compare(
        results: list[Fields], late: list[Fields] | None = None, events: list[Fields] = EVENTS
    ) -> Compared:
        files = Files(*(tmp_path / name for name in Files._fields))
        for path, lines in zip(files, (events, results, late or []), strict=True):
            path.write_text("".join(f"{json.dumps(line)}\n" for line in lines))
        return compare(files, LENGTH_MS)

    return write_and_compare


def test_each_event_once_is_nothing_to_find(compared: Callable[..., Compared]) -> None:
    assert compared(RESULTS) == Compared(0, 0, 0)


def test_a_late_event_is_in_no_result(compared: Callable[..., Compared]) -> None:
    assert compared(RESULTS[:2], PLACED) == Compared(0, 0, 0)
    assert compared(RESULTS, PLACED) == Compared(0, 1, 0)


def test_a_late_event_that_came_twice_is_one_event(compared: Callable[..., Compared]) -> None:
    assert compared(RESULTS[:2], PLACED * 2) == Compared(0, 0, 0)


def test_a_result_that_is_missing_loses_all_its_events(compared: Callable[..., Compared]) -> None:
    assert compared(RESULTS[1:]) == Compared(2, 0, 0)


def test_an_event_that_was_not_counted_is_lost(compared: Callable[..., Compared]) -> None:
    assert compared([result(1, 0, 1, "0.1"), *RESULTS[1:]]) == Compared(1, 0, 0)


def test_an_event_that_was_counted_twice_is_twice(compared: Callable[..., Compared]) -> None:
    assert compared([result(1, 0, 3, "0.5"), *RESULTS[1:]]) == Compared(0, 1, 0)


def test_a_result_that_came_twice_is_twice(compared: Callable[..., Compared]) -> None:
    assert compared([*RESULTS, RESULTS[0]]) == Compared(0, 1, 0)


def test_a_result_of_nobody_is_twice_what_it_counts(compared: Callable[..., Compared]) -> None:
    assert compared([*RESULTS, result(3, 0, 1, "1")]) == Compared(0, 1, 0)


def test_another_total_is_wrong(compared: Callable[..., Compared]) -> None:
    assert compared([result(1, 0, 2, "0.30000000000000004"), *RESULTS[1:]]) == Compared(0, 0, 1)


def test_another_window_end_is_wrong(compared: Callable[..., Compared]) -> None:
    other = RESULTS[0] | {"window_end": time_text(6)}

    assert compared([other, *RESULTS[1:]]) == Compared(0, 0, 1)


def test_nothing_at_all_is_all_lost(compared: Callable[..., Compared]) -> None:
    assert compared([]) == Compared(4, 0, 0)
