"""Folding says of each event what the model says, however the records were cut up."""

from collections.abc import Iterable, Sequence
from datetime import timedelta, timezone
from decimal import getcontext
from fractions import Fraction
from itertools import cycle
from random import Random
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.models import Answer, Event, batch_answer, one_partition, window_end_us
from tests.simulation.fake_record import FakeRecord
from tests.strategies import (
    BOUND_US,
    BROKEN,
    LENGTH_US,
    START,
    START_US,
    USERS,
    Arrival,
    arrival,
    arrivals,
    cuts,
)

from windowing.core.aggregate import Aggregate
from windowing.core.decode import NotAnEventError, decode
from windowing.core.fold import Fold
from windowing.core.key_group import key_group
from windowing.core.messages import Unfolded
from windowing.core.watermark import Watermark
from windowing.core.window import BEGINNING_US

HOUR = timedelta(hours=1)


class Folded(NamedTuple):
    """All that came out of a fold."""

    counted: Answer
    unfolded: list[Unfolded]
    dead: list[tuple[int, str]]
    watermark_us: int


def new_fold(unfold_until_us: int = BEGINNING_US) -> Fold:
    fold = Fold(0, LENGTH_US, HOUR, Watermark(BOUND_US))
    fold.unfold_until_us = unfold_until_us
    return fold


def folded(
    values: Sequence[bytes | None],
    reads: Iterable[int] = (1_000_000,),
    *,
    take_every: int = 0,
    groups: int = 64,
    fold: Fold | None = None,
) -> Folded:
    """Fold values, so many at a time; sum up what was taken in between and at the end."""
    fold = fold or new_fold()
    answer: Answer = {}
    unfolded = []
    records = [FakeRecord(value, offset) for offset, value in enumerate(values)]
    done = 0
    for turn, most in enumerate(cycle(reads)):
        fold.read(records[done : done + most], START)
        done += most
        if done >= len(records) or (take_every and turn % take_every == 0):
            partials, odd = fold.take(groups)
            unfolded += odd
            for group, windows in partials.items():
                for window, users in windows.items():
                    for user, aggregate in users.items():
                        assert key_group(user, groups) == group
                        before = answer.get((user, window), (0, 0, Fraction(0)))
                        answer[user, window] = (
                            before[0] + aggregate.count,
                            before[1] + aggregate.amount_count,
                            before[2] + Fraction(aggregate.total),
                        )
        if done >= len(records):
            break
    dead = [(letter.record.offset, letter.reason) for letter in fold.take_dead_letters()]
    return Folded(answer, unfolded, dead, fold.watermark.us)


def a_long_run(seed: int, odd_every: int, length: int = 300) -> list[Arrival]:
    """Return many records of few windows, with something odd now and then."""
    random = Random(seed)
    run, window = [], 0
    for _ in range(length):
        if random.randrange(odd_every) == 0:
            window = random.randrange(4)
        if random.randrange(odd_every) == 0:
            run.append(Arrival(random.choice(BROKEN), None))
            continue
        time_us = START_US + window * LENGTH_US + random.randrange(LENGTH_US)
        amount = random.choice([None, "0", "-12.50", "1e-18", "99999.99", "-0.1", "0e400"])
        event = Event(random.choice(USERS), time_us, amount)
        run.append(arrival(event, random.randrange(210) if random.randrange(3) == 0 else 0))
    return run


long_runs = st.builds(a_long_run, st.integers(0, 2**32), st.sampled_from([2, 20, 100, 1_000]))


def check_against_the_model(records: list[Arrival], outcome: Folded) -> None:
    judged = one_partition([record.event for record in records], LENGTH_US, BOUND_US)
    counted = [records[offset].event for _, offset in judged.counted]
    assert outcome.counted == batch_answer((e for e in counted if e is not None), LENGTH_US)
    assert [odd.record.offset for odd in outcome.unfolded] == [o for _, o in judged.late]
    assert [offset for offset, _ in outcome.dead] == [o for _, o in judged.dead]
    times = [record.event.time_us for record in records if record.event is not None]
    assert outcome.watermark_us == max(times, default=BEGINNING_US + BOUND_US) - BOUND_US


@given(records=long_runs, reads=st.lists(st.integers(1, 400), min_size=1), take=st.integers(0, 3))
def test_long_runs_are_folded_as_the_model_says(records, reads, take):
    values = [record.value for record in records]
    check_against_the_model(records, folded(values, reads, take_every=take))


@given(records=st.lists(arrivals(), max_size=40), reads=cuts(), groups=st.integers(1, 128))
def test_anything_is_folded_as_the_model_says(records, reads, groups):
    values = [record.value for record in records]
    check_against_the_model(records, folded(values, reads, groups=groups))


@given(records=long_runs, reads=st.lists(st.integers(1, 400), min_size=1))
def test_no_cut_changes_anything_not_even_a_reason(records, reads):
    values = [record.value for record in records]
    assert folded(values, reads) == folded(values, [1])


@given(records=st.lists(arrivals(), max_size=40), windows=st.integers(-1, 6))
def test_events_of_windows_that_may_have_closed_elsewhere_stay_unfolded(records, windows):
    until_us = START_US + windows * LENGTH_US
    outcome = folded([r.value for r in records], [3], fold=new_fold(until_us))
    watermark_us, expected = float("-inf"), []
    for offset, (_, event) in enumerate(records):
        if event is not None:
            watermark_us = max(watermark_us, event.time_us - BOUND_US)
            if window_end_us(event, LENGTH_US) <= max(until_us, watermark_us):
                expected.append((offset, watermark_us))
    assert [(u.record.offset, u.watermark_us) for u in outcome.unfolded] == expected
    counted = sum(count for count, _, _ in outcome.counted.values())
    assert counted + len(expected) + len(outcome.dead) == len(records)


def test_an_unfolded_event_travels_with_its_bytes_and_the_watermark_of_that_moment():
    early = arrival(Event("ada", START_US + 5, "12.50"))
    values = [
        arrival(Event("bob", START_US + 2 * LENGTH_US)).value,
        early.value,
        arrival(Event("bob", START_US + 3 * LENGTH_US)).value,
    ]
    [event] = folded(values).unfolded
    assert (event.user, event.window) == ("ada", START_US // LENGTH_US)
    assert event.watermark_us == START_US + 2 * LENGTH_US - BOUND_US
    assert event.aggregate == Aggregate(1, 1, "12.5")
    original = FakeRecord(early.value, 1)
    assert event.record == (original.value(), original.key(), original.headers(), 1_000, 0, 1)


def test_a_window_whose_end_the_watermark_has_just_reached_is_not_folded():
    end_us = START_US + LENGTH_US
    for past_us, unfolded in [(-1, 0), (0, 1), (1, 1)]:
        ahead = arrival(Event(1, end_us + BOUND_US + past_us)).value
        last = arrival(Event(1, end_us - 1)).value
        assert len(folded([ahead, last]).unfolded) == unfolded


def test_a_number_and_its_text_are_one_user():
    values = [arrival(Event(user, START_US, "1")).value for user in (42, "42", 42, "42", "042")]
    assert folded(values).counted == {
        ("42", START_US // LENGTH_US): (4, 4, Fraction(4)),
        ("042", START_US // LENGTH_US): (1, 1, Fraction(1)),
    }


@pytest.mark.parametrize("style", [0, 1, 2])
def test_how_far_ahead_an_event_may_be_is_exact_also_within_an_open_window(style):
    latest_us = START_US + 3_600_000_000
    times_us = [latest_us - 1, latest_us, latest_us + 1, latest_us - 2]
    values = [arrival(Event(1, us), style).value for us in times_us]
    fold = Fold(0, 4 * 3_600_000_000, HOUR, Watermark(BOUND_US))
    outcome = folded(values, fold=fold)
    assert [offset for offset, _ in outcome.dead] == [2]
    assert outcome.watermark_us == latest_us - BOUND_US


def test_the_time_of_day_may_be_told_in_any_time_zone():
    fold = Fold(0, 4 * 3_600_000_000, HOUR, Watermark(BOUND_US))
    latest_us = START_US + 3_600_000_000
    for us in (-1, 1):
        record = FakeRecord(arrival(Event(1, latest_us + us), 1).value)
        fold.read([record], START.astimezone(timezone(HOUR)))
    assert len(fold.take_dead_letters()) == 1


@pytest.mark.parametrize(
    "odd",
    [
        *['"NaN"', '"sNaN"', '"-sNaN12"', '"Infinity"', "1e18", "1e400", "1e999999999999999999"],
        *["1" + "0" * 18, "0." + "1" * 19, "1e-400"],
    ],
)
def test_an_odd_amount_in_a_long_run_is_one_dead_letter_and_counts_nowhere(odd):
    good = [arrival(Event(user, START_US, "2.5")).value for user in USERS * 20]
    fields = '{"user_id": "new", "event_type": "a", "timestamp": "2026-01-01T12:00:00Z", '
    values = [*good[:77], f'{fields}"amount": {odd}}}'.encode(), *good[77:]]
    outcome = folded(values)
    assert [offset for offset, _ in outcome.dead] == [77]
    assert outcome.counted == folded(good).counted
    assert outcome.dead[0][1].startswith("amount")


@pytest.mark.parametrize("exponent", ["e5", "e-400", f"e{10**20}", f"e-{10**19}"])
@pytest.mark.parametrize("zero", ["0{}", "-0.00{}", '"0{}"'])
def test_a_zero_of_any_exponent_is_judged_as_it_is_alone(zero, exponent):
    fields = '{"user_id": "new", "event_type": "a", "timestamp": "2026-01-01T12:00:00Z", '
    value = f'{fields}"amount": {zero.format(exponent)}}}'.encode()
    good = [arrival(Event(user, START_US, "2.5")).value for user in USERS]
    try:
        decode(value, START + HOUR)
        dead = []
    except NotAnEventError:
        dead = [len(good)]
    assert [offset for offset, _ in folded([*good, value]).dead] == dead


@pytest.mark.parametrize(
    ("before", "odd"), [("-0.5", "0." + "0" * 18 + "1"), ("-2", "-0." + "1" * 19), ("0", "-1e-19")]
)
def test_a_19th_decimal_place_is_refused_also_where_the_total_is_negative(before, odd):
    events = [Event("ada", START_US, before), Event("ada", START_US, odd)]
    assert [offset for offset, _ in folded([arrival(e).value for e in events], [1]).dead] == [1]


def test_no_event_is_lost_after_a_19th_decimal_place():
    amounts = ["-2", "-0." + "1" * 19, "5"]
    values = [arrival(Event("ada", START_US, amount)).value for amount in amounts]
    outcome = folded(values, [1])
    counted = sum(count for count, _, _ in outcome.counted.values())
    assert counted + len(outcome.dead) + len(outcome.unfolded) == len(values)


def test_a_dead_letter_carries_the_record_and_does_not_move_the_watermark():
    fold = new_fold()
    far = b'{"user_id":1,"event_type":"a","timestamp":"2099-01-01T00:00:00Z"}'
    fold.read([FakeRecord(far, 7), FakeRecord(None, 8)], START)
    future, tombstone = fold.take_dead_letters()
    original = FakeRecord(far, 7)
    assert future.record == (far, original.key(), original.headers(), 1_000, 0, 7)
    assert "in the future" in future.reason
    assert tombstone.record == (None, b"key 8", [], 1_000, 0, 8)
    assert fold.watermark.us == BEGINNING_US
    assert fold.take_dead_letters() == []


def test_what_was_taken_is_gone_and_counting_begins_anew():
    fold = new_fold()
    records = [FakeRecord(arrival(Event("ada", START_US, "1")).value)] * 3
    fold.read(records, START)
    assert fold.records == 3
    assert fold.take(1)[0] == {0: {START_US // LENGTH_US: {"ada": Aggregate(3, 3, "3")}}}
    assert fold.records == 0
    assert fold.take(1) == ({}, [])
    fold.read(records[:1], START)
    assert fold.take(1)[0] == {0: {START_US // LENGTH_US: {"ada": Aggregate(1, 1, "1")}}}


def test_reading_nothing_changes_nothing():
    assert folded([]) == Folded({}, [], [], BEGINNING_US)


@given(records=st.lists(arrivals(), max_size=10))
def test_the_surrounding_decimal_context_is_left_alone(records):
    before = repr(getcontext())
    folded([record.value for record in records])
    assert repr(getcontext()) == before


def test_huge_totals_lose_no_digit():
    most = "999999999999999999.999999999999999999"
    values = [arrival(Event("ada", START_US, most)).value] * 5_000
    values += [arrival(Event("bob", START_US, f"-{most}")).value] * 5_000
    answer = folded(values).counted
    assert answer["ada", START_US // LENGTH_US] == (5_000, 5_000, 5_000 * Fraction(most))
    assert answer["bob", START_US // LENGTH_US] == (5_000, 5_000, -5_000 * Fraction(most))
