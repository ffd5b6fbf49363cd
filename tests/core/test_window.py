"""Every time is in exactly one window, aligned to the epoch."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from windowing.core.window import (
    BEGINNING_US,
    END_US,
    EPOCH,
    as_utc,
    microseconds,
    microseconds_since_epoch,
    window_at,
)

times = st.integers(0, 253_402_300_799_999_999)
lengths = st.integers(1, 3650 * 86_400_000_000)


@given(times, lengths)
def test_a_window_holds_its_time(time_us, length_us):
    window = window_at(time_us, length_us)
    assert window * length_us <= time_us < (window + 1) * length_us


@given(times, lengths)
def test_a_time_on_a_boundary_opens_the_next_window(time_us, length_us):
    start_us = window_at(time_us, length_us) * length_us
    assert window_at(start_us, length_us) == window_at(start_us + length_us - 1, length_us)
    assert window_at(start_us + length_us, length_us) == window_at(start_us, length_us) + 1


@given(times, times, lengths)
def test_a_window_has_closed_when_the_watermark_is_at_or_past_its_end(time_us, mark_us, length_us):
    window = window_at(time_us, length_us)
    assert (window < window_at(mark_us, length_us)) == ((window + 1) * length_us <= mark_us)


@given(lengths)
def test_no_window_has_closed_at_the_beginning_of_time_and_all_at_its_end(length_us):
    assert window_at(BEGINNING_US, length_us) < 0
    assert window_at(END_US, length_us) > window_at(253_402_300_799_999_999, length_us)


def test_windows_of_five_minutes_are_those_of_the_clock():
    noon = datetime(2026, 1, 1, 12, 4, 59, 999_999, tzinfo=UTC)
    window = window_at(microseconds_since_epoch(noon), 300_000_000)
    assert EPOCH + window * timedelta(minutes=5) == datetime(2026, 1, 1, 12, tzinfo=UTC)


@given(st.datetimes(timezones=st.just(UTC)))
def test_microseconds_since_the_epoch_lead_back_to_the_time(time):
    assert EPOCH + timedelta(microseconds=microseconds_since_epoch(time)) == time


@pytest.mark.parametrize("microsecond", [0, 1, 999_999])
def test_microseconds_are_exact_even_where_a_float_of_seconds_is_not(microsecond):
    time = datetime(9999, 12, 31, 23, 59, 59, microsecond, tzinfo=UTC)
    assert microseconds_since_epoch(time) == 253_402_300_799_000_000 + microsecond
    assert microseconds(timedelta(seconds=1, microseconds=microsecond)) == 1_000_000 + microsecond


def test_a_naive_time_is_utc_and_an_offset_is_taken_off():
    noon = datetime(2026, 1, 1, 12, tzinfo=UTC)
    east = datetime(2026, 1, 1, 17, 30, tzinfo=timezone(timedelta(hours=5, minutes=30)))
    assert as_utc(noon.replace(tzinfo=None)) == as_utc(noon) == as_utc(east) == noon
    assert all(as_utc(time).tzinfo is UTC for time in (noon.replace(tzinfo=None), noon, east))
