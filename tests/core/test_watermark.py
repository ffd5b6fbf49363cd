"""The watermark of one partition: the largest event time minus the bound, and never back."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from windowing.core.watermark import NEVER, Watermark
from windowing.core.window import BEGINNING_US, EPOCH, MICROSECOND

times = st.integers(0, 10**15)
bounds = st.integers(0, 10**9)


def seen(bound_us: int, *times_us: int, floor_us: int = BEGINNING_US) -> Watermark:
    """Return the watermark after events at these times."""
    watermark = Watermark(bound_us, floor_us=floor_us)
    for time_us in times_us:
        watermark.latest = max(watermark.latest, EPOCH + time_us * MICROSECOND)
    return watermark


@given(bounds, st.lists(times, min_size=1))
def test_it_is_the_largest_event_time_minus_the_bound(bound_us, times_us):
    assert seen(bound_us, *times_us).us == max(times_us) - bound_us


def test_without_any_event_it_stands_at_the_beginning_of_time():
    watermark = Watermark(10)
    watermark.elapse(10**12)
    watermark.end(60)
    assert watermark.us == BEGINNING_US
    assert not watermark.has_begun


def test_no_event_is_as_early_as_never():
    assert EPOCH - timedelta(microseconds=1) == NEVER
    assert seen(0, 0).us == 0
    assert seen(0, 0).has_begun


@given(bounds, times, times)
def test_what_was_reached_before_a_restart_is_not_given_up(bound_us, time_us, floor_us):
    watermark = seen(bound_us, time_us, floor_us=floor_us)
    assert watermark.us == max(floor_us, time_us - bound_us)
    assert seen(bound_us, floor_us=floor_us).has_begun


@given(bounds, times, st.lists(st.integers(0, 10**9)))
def test_a_clock_moves_it_from_where_the_last_event_left_it(bound_us, time_us, durations_us):
    watermark = seen(bound_us, time_us)
    for duration_us in durations_us:
        watermark.elapse(duration_us)
    assert watermark.us == time_us - bound_us + sum(durations_us)


@given(bounds, times, st.integers(0, 10**9), times)
def test_an_event_after_idle_time_moves_it_only_if_it_is_further(
    bound_us, time_us, duration_us, later_us
):
    watermark = seen(bound_us, time_us)
    watermark.elapse(duration_us)
    before_us = watermark.us
    watermark.latest = max(watermark.latest, EPOCH + later_us * MICROSECOND)
    assert watermark.us == max(before_us, later_us - bound_us)


@given(bounds, times, st.integers(1, 10**9), times)
def test_at_the_end_it_passes_the_end_of_the_last_window_and_no_other(
    bound_us, time_us, length_us, floor_us
):
    watermark = seen(bound_us, time_us, floor_us=floor_us)
    before_us = watermark.us
    watermark.end(length_us)
    assert watermark.us == max(before_us, (time_us // length_us + 1) * length_us)
