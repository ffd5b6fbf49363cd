"""When events are due, and with them when windows can close."""

from benchmarks.live.schedule import TICK_MS, Schedule
from hypothesis import given
from hypothesis import strategies as st

BEGIN_MS = 1_800_000_000_000

schedules = st.builds(
    Schedule,
    st.just(BEGIN_MS),
    st.integers(1, 500_000),
    st.integers(1, 8),
)


@given(schedules, st.integers(0, 100_000))
def test_an_event_is_due_in_the_first_tick_that_counts_it(schedule: Schedule, n: int) -> None:
    due_ms = schedule.due_ms(n)

    assert schedule.due_by(due_ms) > n
    assert schedule.due_by(due_ms - 1) <= n
    assert (due_ms - BEGIN_MS) % TICK_MS == 0


@given(schedules, st.integers(0, 1_000))
def test_so_many_events_are_due_as_the_rate_says(schedule: Schedule, seconds: int) -> None:
    assert schedule.due_by(BEGIN_MS + seconds * 1000) == seconds * schedule.rate_per_s


@given(schedules, st.integers(0, 3_000), st.integers(0, 500))
def test_a_window_can_close_when_each_partition_has_an_event_past_its_end_and_the_bound(
    schedule: Schedule, after_ms: int, bound_ms: int
) -> None:
    end_ms = BEGIN_MS + after_ms

    closing_ms = schedule.closing_ms(end_ms, bound_ms)

    first_past: dict[int, int] = {}
    n = schedule.due_by(end_ms + bound_ms - 1)
    while len(first_past) < schedule.partitions:
        assert schedule.due_ms(n) >= end_ms + bound_ms
        first_past.setdefault(n % schedule.partitions, schedule.due_ms(n))
        n += 1
    assert closing_ms == max(first_past.values())


def test_the_bound_and_the_slowest_partition_count() -> None:
    # Four events a second to four partitions: one of each partition in a second.
    schedule = Schedule(BEGIN_MS, 4, 4)

    assert schedule.closing_ms(BEGIN_MS + 5_000, 0) == BEGIN_MS + 5_750
    assert schedule.closing_ms(BEGIN_MS + 5_000, 2_000) == BEGIN_MS + 7_750


def test_an_event_at_the_very_end_of_the_bound_closes_the_window() -> None:
    schedule = Schedule(BEGIN_MS, 1_000, 1)

    assert schedule.closing_ms(BEGIN_MS + 1_000, 500) == BEGIN_MS + 1_500
