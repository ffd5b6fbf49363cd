"""Of the observer's words and the schedule, how long each result took."""

from collections import Counter
from collections.abc import Iterable, Mapping
from math import ceil
from typing import Any, NamedTuple

from benchmarks.live.errors import LiveRunError
from benchmarks.live.schedule import Schedule

Delays = Counter[int]
"""Milliseconds -> how many results took so long."""


class Seen(NamedTuple):
    """Results of one window that were written in one millisecond and read together."""

    window_end_ms: int
    appended_ms: int
    read_ms: int
    results: int


class Taken(NamedTuple):
    """How long results took from the moment when their window could close.

    Fields:
        append: until the broker had written them.
        readable: until a consumer had read them, which is never sooner: this one counts.
    """

    append: Delays
    readable: Delays


def seen_in(lines: Iterable[Mapping[str, Any]]) -> list[Seen]:
    """Return what an observer has said."""
    return [
        Seen(window_end_ms, appended_ms, line["read_ms"], results)
        for line in lines
        for window_end_ms, appended_ms, results in line["seen"]
    ]


def delays(
    seen: Iterable[Seen], schedule: Schedule, bound_ms: int, from_ms: int, until_ms: int
) -> Taken:
    """Return the delays of all results whose window could close in [from_ms, until_ms).

    A result counts by when its window could close, not by when it came: a slow one cannot fall
    out of the measured time.
    """
    taken = Taken(Counter(), Counter())
    for one in seen:
        closing_ms = schedule.closing_ms(one.window_end_ms, bound_ms)
        if from_ms <= closing_ms < until_ms:
            taken.append[one.appended_ms - closing_ms] += one.results
            taken.readable[max(one.appended_ms, one.read_ms) - closing_ms] += one.results
    return taken


def percentile_s(of: Delays, share: float) -> float:
    """Return the smallest delay in seconds within which so large a share of the results came.

    Nearest rank: 0.99 of 1000 results is the 990th, never a mean of two.

    Raises:
        LiveRunError: there are no results.
    """
    if not of:
        raise LiveRunError("no result came, so there is no delay")
    rank, so_far = ceil(share * of.total()), 0
    for delay_ms in sorted(of):
        so_far += of[delay_ms]
        if so_far >= rank:
            break
    return delay_ms / 1000


def rounded(of: Delays) -> dict[float, int]:
    """Return how many results had each delay in seconds, to 10 ms."""
    tens: Counter[int] = Counter()
    for delay_ms, results in of.items():
        tens[round(delay_ms / 10)] += results
    return {ten / 100: tens[ten] for ten in sorted(tens)}
