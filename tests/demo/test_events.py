"""The shop's events are the same for a seed, and hold every kind that they promise."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest

from windowing.core.decode import NotAnEventError, decode
from windowing.core.event import UserEvent, identity
from windowing.core.window import as_utc
from windowing.demo.events import USERS, WINDOWS_LATE, Arrival, Habits, arrivals

START = datetime(2026, 1, 1, tzinfo=UTC)
WINDOW = timedelta(minutes=1)
BOUND = timedelta(seconds=10)
LATE_FROM = START + timedelta(minutes=30)
QUIET_FROM = START + timedelta(minutes=20)
TIMES = [START + timedelta(seconds=s) for s in range(3600)]
HABITS = Habits(WINDOW, BOUND, LATE_FROM, quiet_partition=1, quiet_from=QUIET_FROM)
STREAM = list(arrivals(TIMES, seed=1, habits=HABITS))
LATEST_ALLOWED = START + timedelta(days=1)


def event_or_fault(arrival: Arrival) -> UserEvent | str:
    try:
        return decode(arrival.value, LATEST_ALLOWED)
    except NotAnEventError as error:
        return str(error)


DECODED = [(arrival, event_or_fault(arrival)) for arrival in STREAM]
EVENTS = [(arrival, event) for arrival, event in DECODED if not isinstance(event, str)]
FAULTS = [event for _, event in DECODED if isinstance(event, str)]
DELAYS = [(arrival.at, arrival.at - as_utc(event.timestamp)) for arrival, event in EVENTS]


def test_a_seed_gives_the_same_stream_again():
    assert list(arrivals(TIMES, seed=1, habits=HABITS)) == STREAM


def test_another_seed_gives_another_stream():
    assert list(arrivals(TIMES, seed=2, habits=HABITS)) != STREAM


def test_a_record_comes_at_each_of_the_times():
    assert [arrival.at for arrival in STREAM] == TIMES


def test_events_are_out_of_order():
    times = [as_utc(event.timestamp) for _, event in EVENTS]
    assert any(later < earlier for earlier, later in pairwise(times))


def test_what_is_not_late_keeps_within_the_bound():
    # Times are written in whole milliseconds.
    in_time = [delay for _, delay in DELAYS if delay < WINDOWS_LATE[0] * WINDOW]
    assert max(in_time) <= BOUND + timedelta(milliseconds=1)
    assert min(in_time) >= timedelta(0)


def test_some_events_are_windows_late_but_not_from_the_start():
    late = [(at, delay) for at, delay in DELAYS if delay >= WINDOWS_LATE[0] * WINDOW]
    assert len(late) > 10
    assert min(at for at, _ in late) >= LATE_FROM


@pytest.mark.parametrize(
    "fault",
    [
        "Input data was truncated",
        "Object missing required field `user_id`",
        "amount NaN is not a finite number",
        "timestamp 2099-12-31T23:59:59Z is in the future",
    ],
)
def test_some_records_are_broken_in_this_way(fault):
    assert any(found.startswith(fault) for found in FAULTS)


def test_few_records_are_broken():
    assert 0 < len(FAULTS) < len(STREAM) / 20


def test_every_partition_has_events_of_its_users_and_their_keys():
    for partition, users in enumerate(USERS):
        here = [(arrival, event) for arrival, event in EVENTS if arrival.partition == partition]
        assert {identity(event.user_id) for _, event in here} == set(map(str, users))
        assert all(arrival.key.decode() == identity(event.user_id) for arrival, event in here)


def test_one_partition_falls_silent():
    assert max(a.at for a in STREAM if a.partition == 1) < QUIET_FROM
    assert max(a.at for a in STREAM if a.partition != 1) == TIMES[-1]


def test_one_user_is_written_as_a_number_and_as_text():
    assert {event.user_id for _, event in EVENTS} >= {42, "42"}


def test_some_amounts_are_null_some_absent_and_the_others_have_cents():
    values = [arrival.value for arrival, _ in EVENTS]
    assert any(b'"amount":null' in value for value in values)
    assert any(b'"amount"' not in value for value in values)
    amounts = [event.amount for _, event in EVENTS if event.amount is not None]
    assert all(amount == round(amount, 2) for amount in amounts)
    assert any(amount % 1 for amount in amounts)
    assert min(amounts) < Decimal(0) < max(amounts)
