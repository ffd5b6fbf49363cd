"""Wrong or incomplete results are found, whatever is wrong with them."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from benchmarks.measure import NoFigureError
from benchmarks.truth import Sums, Truth
from benchmarks.verify import Found, add_up, check_aside, check_results, check_said

WINDOW = 5_364_864  # that of 2021-01-01T00:00Z
RIGHT: list[dict[str, Any]] = [
    {"user_id": 1, "window_start": "2021-01-01T00:00:00Z", "count": 3, "total_amount": 12.5},
    {"user_id": "1", "window_start": "2021-01-01T00:05:00", "count": 1, "total_amount": 0},
    {"user_id": 2, "window_start": "2021-01-01T00:05:00+00:00", "count": 2, "total_amount": 7},
    {"user_id": 9, "window_start": "2021-01-01T01:00:00Z", "count": 1, "total_amount": 1},
]
SUMS = Sums(pairs=3, events=6, cents=1950, windows=6 * WINDOW + 3)
TRUTH = Truth(records=6, broken=0, least=SUMS, most=SUMS)


def found(results: list[dict[str, Any]]) -> Found:
    """What is found in results; users from 9 on are those of closing events."""
    return add_up((json.dumps(result).encode() for result in results), users=9)


def test_right_results_pass_however_they_write_users_and_times() -> None:
    check_results(found(RIGHT), TRUTH, exact=True)


def test_a_missing_result_is_found() -> None:
    with pytest.raises(NoFigureError, match="2 pairs of user and window, 3 is right"):
        check_results(found(RIGHT[1:]), TRUTH, exact=True)


def test_a_result_that_is_there_twice_is_found() -> None:
    with pytest.raises(NoFigureError, match="4 results for 3 pairs"):
        check_results(found([*RIGHT, RIGHT[0]]), TRUTH, exact=True)


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("count", 2, "5 events counted, 6 is right"),
        ("window_start", "2021-01-01T00:10:00Z", "sum of window numbers"),
        ("total_amount", 12.51, "total of 19.51, 19.5 is right"),
    ],
)
def test_a_wrong_field_is_found(field: str, value: object, said: str) -> None:
    wrong = [{**RIGHT[0], field: value}, *RIGHT[1:]]

    with pytest.raises(NoFigureError, match=said):
        check_results(found(wrong), TRUTH, exact=True)


def test_only_totals_in_doubles_may_be_a_billionth_off() -> None:
    near = found([{**RIGHT[0], "total_amount": 12.50000001}, *RIGHT[1:]])
    far = found([{**RIGHT[0], "total_amount": 12.5000001}, *RIGHT[1:]])

    check_results(near, TRUTH, exact=False)
    for wrong, exact in ((near, True), (far, False)):
        with pytest.raises(NoFigureError, match="total of"):
            check_results(wrong, TRUTH, exact=exact)


def test_late_events_may_be_counted_or_not() -> None:
    most = Sums(pairs=4, events=8, cents=2950, windows=8 * WINDOW)
    truth = TRUTH._replace(most=most)

    check_results(Found(3, 3, 6, Decimal("19.5"), SUMS.windows), truth, exact=True)
    check_results(Found(4, 4, 7, Decimal("20.5"), 7 * WINDOW), truth, exact=True)
    with pytest.raises(NoFigureError, match="9 events counted, 6 to 8 is right"):
        check_results(Found(4, 4, 9, Decimal("20.5"), 7 * WINDOW), truth, exact=True)


def test_what_is_no_result_is_found() -> None:
    with pytest.raises(NoFigureError, match="no result"):
        add_up(iter([b'{"user_id":1}']), users=9)


@pytest.mark.parametrize(("late", "dead"), [(1, 1), (3, 1), (2, 2), (2, 0)])
def test_a_record_of_the_flow_that_is_lost_or_there_twice_is_found(late: int, dead: int) -> None:
    truth = TRUTH._replace(records=9, broken=1)
    check_aside(found(RIGHT), late=2, dead=1, truth=truth)

    with pytest.raises(NoFigureError, match="wrong: "):
        check_aside(found(RIGHT), late, dead, truth)


def test_a_baseline_that_has_not_read_all_is_found(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text("starting\n10\n")

    check_said(log, 10)
    with pytest.raises(NoFigureError, match="read 10 of 11 records"):
        check_said(log, 11)
