"""Repeated warnings: one of a kind a minute, and every one that is held back is counted."""

import logging
from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from windowing.observe.repetition import INTERVAL_S, RepetitionFilter

TEXTS = ["reading %s", "trying again %s"]


def line(
    text: str = "reading %s", level: int = logging.WARNING, logger: str = "kafka", **fields: Any
) -> logging.LogRecord:
    record = logging.LogRecord(logger, level, "file.py", 1, text, ("x",), None)
    vars(record).update(fields)
    return record


class Clock:
    """A clock that stands still until it is set."""

    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


def heard(
    lines: list[tuple[float, logging.LogRecord]], end_s: float = 100
) -> list[tuple[float, str]]:
    """Return what is said of lines that come at these times, and at the end, and when."""
    clock = Clock()
    repetition = RepetitionFilter(clock)
    said = []
    for clock.now_s, record in lines:
        if repetition.filter(record):
            said.append((clock.now_s, record.getMessage()))
    clock.now_s = end_s
    return said + [(end_s, record.getMessage()) for record in repetition.rest()]


def test_a_line_that_comes_again_is_held_back_and_counted_when_it_is_said_next():
    assert heard([(0, line()), (1, line()), (59.9, line()), (60, line())]) == [
        (0, "reading x"),
        (60, "reading x (and 2 more in 60 s)"),
    ]


def test_what_is_still_held_back_at_the_end_is_said_then():
    assert heard([(0, line()), (10, line()), (12, line())], end_s=15) == [
        (0, "reading x"),
        (15, "reading x (and 1 more in 15 s)"),
    ]


@pytest.mark.parametrize(
    "other",
    [
        line("trying again %s"),
        line(level=logging.ERROR),
        line(logger="other"),
        line(partition=1),
        line(lane="lane-1"),
        line(client="windowing.0.reader#consumer-1"),
    ],
)
def test_lines_that_differ_in_more_than_their_values_do_not_hold_each_other_back(
    other: logging.LogRecord,
):
    assert [at_s for at_s, _ in heard([(0, line()), (0, other)])] == [0, 0]


@pytest.mark.parametrize("level", [logging.DEBUG, logging.INFO, logging.CRITICAL])
def test_other_than_warnings_and_errors_are_never_held_back(level: int):
    assert heard([(0, line(level=level))] * 3) == [(0, "reading x")] * 3


@given(st.lists(st.tuples(st.integers(0, 100), st.sampled_from(TEXTS), st.integers(0, 2))))
def test_every_line_is_said_or_counted_and_none_twice_within_the_interval(
    steps: list[tuple[int, str, int]],
):
    clock = Clock()
    repetition = RepetitionFilter(clock)
    came: Counter[tuple[str, int]] = Counter()
    accounted: Counter[tuple[str, int]] = Counter()
    last_said_s: dict[tuple[str, int], float] = {}
    for pause_s, text, partition in steps:
        clock.now_s += pause_s
        kind = text, partition
        came[kind] += 1
        record = line(text, partition=partition)
        if repetition.filter(record):
            assert clock.now_s - last_said_s.get(kind, -INTERVAL_S) >= INTERVAL_S
            last_said_s[kind] = clock.now_s
            accounted[kind] += 1 + getattr(record, "repeated", 0)
    for record in repetition.rest():
        kind = next(text for text in TEXTS if record.msg.startswith(text[:7])), record.partition  # type: ignore[attr-defined]
        accounted[kind] += 1 + getattr(record, "repeated", 0)
    assert accounted == came
    assert repetition.rest() == []
