"""How long results took."""

from collections import Counter

import pytest
from benchmarks.live.delays import Delays, Seen, delays, percentile_s, rounded, seen_in
from benchmarks.live.errors import LiveRunError
from benchmarks.live.schedule import Schedule
from hypothesis import given
from hypothesis import strategies as st

BEGIN_MS = 1_800_000_000_000
EVERY_TICK = Schedule(BEGIN_MS, 1_000, 2)
BOUND_MS = 500


@given(
    st.lists(st.tuples(st.integers(0, 5_000), st.integers(1, 5)), min_size=1),
    st.sampled_from([0.5, 0.9, 0.99, 1.0]),
)
def test_a_percentile_is_the_nearest_rank(parts: list[tuple[int, int]], share: float) -> None:
    of: Delays = Counter()
    for delay_ms, results in parts:
        of[delay_ms] += results
    every = sorted(of.elements())

    found = round(percentile_s(of, share) * 1000)

    within = sum(delay <= found for delay in every)
    less = sum(delay < found for delay in every)
    assert found in every
    assert within >= share * len(every) - 1e-9
    assert less < share * len(every)


def test_one_slow_result_in_a_hundred_is_the_maximum_and_not_the_99th() -> None:
    of = Counter({100: 99, 9_000: 1})

    assert percentile_s(of, 0.99) == 0.1
    assert percentile_s(of, 1) == 9.0


def test_two_slow_results_in_a_hundred_are_the_99th() -> None:
    assert percentile_s(Counter({100: 98, 9_000: 2}), 0.99) == 9.0


def test_without_results_there_is_no_percentile() -> None:
    with pytest.raises(LiveRunError, match="no result came"):
        percentile_s(Counter(), 0.5)


def test_a_delay_counts_from_when_the_window_could_close_and_to_when_it_was_read() -> None:
    end_ms = BEGIN_MS + 5_000
    line = {"read_ms": end_ms + 1_900, "seen": [[end_ms, end_ms + 1_200, 7]]}

    taken = delays(seen_in([line]), EVERY_TICK, BOUND_MS, BEGIN_MS, BEGIN_MS + 60_000)

    assert taken.append == {700: 7}
    assert taken.readable == {1_400: 7}


def test_a_slow_result_of_the_measured_time_counts_however_late_it_comes() -> None:
    from_ms, until_ms = BEGIN_MS + 10_000, BEGIN_MS + 20_000
    slow = Seen(BEGIN_MS + 15_000, until_ms + 70_000, until_ms + 71_000, 1)

    taken = delays([slow], EVERY_TICK, BOUND_MS, from_ms, until_ms)

    assert taken.readable == {75_500: 1}


def test_windows_of_the_warm_up_and_after_the_end_do_not_count() -> None:
    from_ms, until_ms = BEGIN_MS + 10_000, BEGIN_MS + 20_000

    def at(closing_ms: int) -> Seen:
        return Seen(closing_ms - BOUND_MS, closing_ms + 100, closing_ms + 100, 1)

    seen = [at(from_ms - 10), at(from_ms), at(until_ms - 10), at(until_ms)]
    taken = delays(seen, EVERY_TICK, BOUND_MS, from_ms, until_ms)

    assert taken.readable == {100: 2}


def test_delays_are_rounded_to_ten_milliseconds_and_none_is_lost() -> None:
    assert rounded(Counter({101: 2, 99: 3, 1_234: 1})) == {0.1: 5, 1.23: 1}
