"""Silence is an unbroken row of answers that say "nothing new"."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from windowing.core.idleness import ANSWER_GAP_US, Idleness

TIMEOUT_US = 2_000_000
STEP_US = 500_000
gaps = st.lists(st.integers(0, ANSWER_GAP_US), min_size=1, max_size=30)


def after(idleness: Idleness, start_us: int, *answers_us: int, empty: bool = False) -> int:
    """Hear nothing new at these times; return the idle time elapsed."""
    return sum(idleness.nothing_new(start_us + us, empty=empty) for us in answers_us)


def test_it_takes_the_whole_timeout_of_silence_to_be_idle():
    idleness = Idleness(TIMEOUT_US)
    after(idleness, 7, 0, TIMEOUT_US - 1)
    assert not idleness.idle
    after(idleness, 7, TIMEOUT_US)
    assert idleness.idle


def test_the_first_answer_alone_says_nothing_however_late_it_comes():
    idleness = Idleness(1)
    idleness.read(0)
    after(idleness, 0, 10 * TIMEOUT_US)
    assert not idleness.idle


def test_a_timeout_of_zero_is_never():
    idleness = Idleness(0)
    after(idleness, 0, *range(0, 100 * TIMEOUT_US, STEP_US))
    assert not idleness.idle


@pytest.mark.parametrize("timeout_us", [0, TIMEOUT_US])
def test_an_empty_partition_is_idle_at_once_whatever_the_timeout(timeout_us):
    idleness = Idleness(timeout_us)
    assert after(idleness, 0, 0, empty=True) == 0
    assert idleness.idle


@given(gaps, st.integers(1, 3 * TIMEOUT_US))
def test_idle_time_is_what_passed_between_the_answers_once_idle(gaps_us, timeout_us):
    idleness = Idleness(timeout_us)
    now_us = elapsed_us = 0
    expected_us, since_us = 0, None
    for gap_us in gaps_us:
        now_us += gap_us
        expected_us += gap_us if idleness.idle else 0
        elapsed_us += idleness.nothing_new(now_us, empty=False)
        since_us = now_us if since_us is None else since_us
        assert idleness.idle == (now_us - since_us >= timeout_us)
        assert elapsed_us == expected_us


@pytest.mark.parametrize("read", [True, False])
def test_a_record_or_a_broker_out_of_reach_ends_the_silence(read):
    idleness = Idleness(TIMEOUT_US)
    after(idleness, 0, 0, TIMEOUT_US)
    if read:
        idleness.read(3 * TIMEOUT_US)
    else:
        idleness.end()
    assert not idleness.idle
    assert after(idleness, 3 * TIMEOUT_US, 1, TIMEOUT_US) == 0
    assert not idleness.idle
    after(idleness, 3 * TIMEOUT_US, TIMEOUT_US + 1)
    assert idleness.idle


def test_an_answer_to_a_question_from_before_the_last_record_says_nothing():
    idleness = Idleness(TIMEOUT_US)
    idleness.read(1_000)
    after(idleness, 0, 0, 999)
    after(idleness, 1_000, TIMEOUT_US - 1)
    assert not idleness.idle
    after(idleness, 1_000, 2 * TIMEOUT_US - 2)
    assert not idleness.idle
    after(idleness, 1_000, 2 * TIMEOUT_US - 1)
    assert idleness.idle


def test_a_gap_between_answers_is_an_interruption_and_its_time_does_not_count():
    idleness = Idleness(TIMEOUT_US)
    after(idleness, 0, 0, TIMEOUT_US)
    assert after(idleness, TIMEOUT_US, ANSWER_GAP_US) == ANSWER_GAP_US
    assert idleness.idle
    assert after(idleness, TIMEOUT_US, 2 * ANSWER_GAP_US + 1) == 0
    assert not idleness.idle


def test_the_last_answer_speaks_for_five_seconds():
    idleness = Idleness(TIMEOUT_US)
    assert not idleness.outdated(10**12)  # there is no silence yet
    after(idleness, 0, 7)
    assert not idleness.outdated(7 + ANSWER_GAP_US)
    assert idleness.outdated(7 + ANSWER_GAP_US + 1)


def test_an_answer_that_was_overtaken_by_a_newer_one_takes_no_time_back():
    idleness = Idleness(TIMEOUT_US)
    after(idleness, 0, 0, TIMEOUT_US, 2 * TIMEOUT_US)
    assert after(idleness, 0, TIMEOUT_US) >= 0
