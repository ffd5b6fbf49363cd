"""When a partition flushes, what it says then, and where it stands after a restart."""

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.models import Event
from tests.simulation.fake_record import FakeRecord
from tests.simulation.world import IDLE_US, RULES
from tests.strategies import BOUND_US, BROKEN, LENGTH_US, START, START_US, arrival

from windowing.core.messages import Flush, Progress
from windowing.core.partition import (
    BACKLOG_FLUSH_INTERVAL_US,
    FLUSH_INTERVAL_US,
    FLUSH_PAIRS,
    FLUSH_RECORDS,
    Partition,
)
from windowing.core.snapshot import PartitionSnapshot
from windowing.core.window import BEGINNING_US, END_US

GROUPS = 4
NEW = PartitionSnapshot(0)
WINDOW = START_US // LENGTH_US


def new(resumed: PartitionSnapshot = NEW, **rules: timedelta) -> Partition:
    return Partition(7, replace(RULES, **rules), resumed, groups=GROUPS)


def read(partition: Partition, *seconds: float, now_us: int = 0, user: str = "ada") -> None:
    """Read events that happened so many seconds after the start."""
    for second in seconds:
        event = Event(user, START_US + int(second * 1_000_000))
        record = FakeRecord(arrival(event).value, partition.offset)
        partition.read([record], partition.offset + 1, START, now_us)


def flushed(partition: Partition, now_us: int = FLUSH_INTERVAL_US) -> Flush:
    flush = partition.flush(now_us)
    assert flush is not None
    return flush


def progress(flush: Flush) -> Progress | None:
    """Return what a flush tells all groups; None: some groups hear nothing."""
    told = {group.progress for group in flush.groups.values()}
    if told == {None}:
        return None
    assert set(flush.groups) == set(range(GROUPS))
    [progress] = told
    return progress


def go_idle(partition: Partition, now_us: int = 0) -> int:
    """Let a partition hear silence until it is idle; return the time then."""
    for answer_us in (now_us, now_us + IDLE_US):
        partition.hear_end(partition.offset, answer_us)
    return now_us + IDLE_US


# When


def test_there_is_nothing_to_flush_before_anything_was_read():
    partition = new()
    assert partition.flush_due_us(backlog=False) is None
    assert partition.flush(10**12) is None


@pytest.mark.parametrize(
    ("backlog", "interval_us"), [(False, FLUSH_INTERVAL_US), (True, BACKLOG_FLUSH_INTERVAL_US)]
)
def test_a_flush_is_due_so_long_after_the_first_record_since_the_last(backlog, interval_us):
    partition = new()
    read(partition, 1, now_us=1_000)
    read(partition, 2, now_us=1_000 + interval_us - 1)
    assert partition.flush_due_us(backlog=backlog) == 1_000 + interval_us
    assert partition.flush(1_000 + interval_us - 1, backlog=backlog) is None
    assert partition.flush(1_000 + interval_us, backlog=backlog) is not None
    assert partition.flush_due_us(backlog=backlog) is None
    assert partition.flush(10**12, backlog=backlog) is None


def test_a_flush_is_due_at_once_when_it_is_full():
    partition = new()
    record = FakeRecord(arrival(Event("ada", START_US)).value)
    partition.read([record] * (FLUSH_RECORDS - 1), FLUSH_RECORDS - 1, START, 5)
    assert partition.flush(5) is None
    partition.read([FakeRecord(None)], FLUSH_RECORDS, START, 6)
    assert partition.flush_due_us(backlog=True) == 5
    flush = flushed(partition, 6)
    assert len(flush.dead_letters) == 1


def test_a_flush_is_due_at_once_when_it_has_many_users():
    partition = new()
    records = [FakeRecord(arrival(Event(f"{n}", START_US)).value) for n in range(FLUSH_PAIRS)]
    partition.read(records[:-1], FLUSH_PAIRS - 1, START, 5)
    partition.read(records[:1], FLUSH_PAIRS, START, 5)
    assert partition.flush(5) is None  # as many records, one user less
    partition.read(records[-1:], FLUSH_PAIRS + 1, START, 6)
    assert partition.flush_due_us(backlog=True) == 5


def test_dead_letters_alone_are_flushed_too():
    partition = new()
    read(partition, 1)
    flushed(partition)
    partition.read([FakeRecord(BROKEN[3], 1)], 2, START, FLUSH_INTERVAL_US)
    flush = flushed(partition, 2 * FLUSH_INTERVAL_US)
    assert flush.groups == {}
    assert [letter.record.partition for letter in flush.dead_letters] == [7]
    assert partition.snapshot().offset == 2


# What


def test_the_first_flush_tells_every_group_how_far_the_partition_is():
    partition = new()
    read(partition, 1)
    assert progress(flushed(partition)) == Progress(START_US + 1_000_000 - BOUND_US, idle=False)


def test_a_flush_goes_to_the_groups_concerned_unless_the_watermark_has_passed_an_end():
    partition = new()
    read(partition, BOUND_US // 1_000_000)
    flushed(partition)
    read(partition, BOUND_US // 1_000_000 + 59)
    flush = flushed(partition)
    assert progress(flush) is None
    assert len(flush.groups) == 1
    read(partition, BOUND_US // 1_000_000 + 60)
    assert progress(flushed(partition)) == Progress(START_US + LENGTH_US, idle=False)


def test_events_behind_the_watermark_of_their_window_go_unfolded_and_in_order():
    partition = new()
    read(partition, 200, 30, 100, 31)
    flush = flushed(partition)
    unfolded = [event for group in flush.groups.values() for event in group.unfolded]
    assert [event.record.offset for event in unfolded] == [1, 2, 3]
    assert [event.window - WINDOW for event in unfolded] == [0, 1, 0]
    assert all(group.partition == flush.partition == 7 for group in flush.groups.values())


@given(st.lists(st.integers(0, 400), min_size=1, max_size=30), st.integers(1, 5))
def test_what_is_told_never_goes_back(seconds, most):
    partition = new()
    told = []
    for at in range(0, len(seconds), most):
        read(partition, *seconds[at : at + most])
        said = progress(flushed(partition))
        if said is not None:
            told.append(said.watermark_us)
    assert all(before < after for before, after in pairwise(told))


# Idle


def test_going_idle_and_waking_are_told_at_once():
    partition = new()
    read(partition, 1)
    flushed(partition)
    now_us = go_idle(partition)
    assert progress(flushed(partition, now_us)) == Progress(START_US + 1_000_000 - BOUND_US, True)
    read(partition, 2, now_us=now_us)
    flush = flushed(partition, now_us)
    assert progress(flush) == Progress(START_US + 2_000_000 - BOUND_US, False)
    # And with it goes what woke it, though by itself that would not be due yet.
    assert sum(len(group.unfolded) for group in flush.groups.values()) == 1


def test_what_was_read_and_not_flushed_goes_out_when_the_partition_goes_idle():
    partition = new()
    read(partition, 1)
    flush = flushed(partition, go_idle(partition, now_us=1))
    assert [set(group.partials) for group in flush.groups.values() if group.partials] == [{WINDOW}]


@pytest.mark.parametrize("way", ["more", "unreachable", "old answer"])
def test_a_partition_steps_back_in_when_the_silence_is_no_longer_sure(way):
    partition = new()
    read(partition, 1)
    flushed(partition)
    now_us = go_idle(partition)
    flushed(partition, now_us)
    if way == "more":
        partition.hear_end(partition.offset + 1, now_us)
    elif way == "unreachable":
        partition.lose_sight()
    else:
        partition.check_answers(now_us + 5_000_000)
        assert partition.flush(now_us) is None
        partition.check_answers(now_us + 5_000_001)
    said = progress(flushed(partition, now_us))
    assert said is not None
    assert not said.idle
    assert partition.snapshot().unfold_until_us == END_US


def test_the_watermark_of_an_idle_partition_goes_on_and_is_told_when_it_passes_an_end():
    partition = new()
    read(partition, BOUND_US // 1_000_000 + 59)  # the watermark is a second from the end
    flushed(partition)
    now_us = go_idle(partition)
    flushed(partition, now_us)
    partition.hear_end(1, now_us + 999_999)
    assert partition.flush(now_us + 999_999) is None
    partition.hear_end(1, now_us + 1_000_000)
    said = progress(flushed(partition, now_us + 1_000_000))
    assert said == Progress(START_US + LENGTH_US, idle=True)
    assert partition.snapshot().floor_us == START_US + LENGTH_US


def test_an_empty_partition_is_idle_at_its_first_answer_and_has_no_watermark():
    partition = new(idle_timeout=timedelta(0))
    partition.skip_to(5)
    partition.hear_end(5, 0)
    assert progress(flushed(partition, 0)) == Progress(BEGINNING_US, idle=True)
    assert partition.snapshot() == PartitionSnapshot(5, unfold_until_us=END_US)


# Unfolded for now


def unfolds(partition: Partition, second: float, now_us: int = 0) -> bool:
    """Return whether an event at this second stays unfolded; nothing may be read yet."""
    read(partition, second, now_us=now_us)
    flush = flushed(partition, now_us + FLUSH_INTERVAL_US)
    return any(group.unfolded for group in flush.groups.values())


def test_a_woken_partition_folds_nothing_until_a_barrier_says_how_far_the_flow_can_be():
    partition = new()
    read(partition, 1)
    flushed(partition)
    now_us = go_idle(partition)
    flushed(partition, now_us)
    assert unfolds(partition, 500, now_us)
    partition.pass_barrier(START_US + 10 * LENGTH_US)
    assert unfolds(partition, 599, now_us)
    assert not unfolds(partition, 600, now_us)


def test_a_barrier_says_nothing_while_all_groups_believe_the_partition_idle():
    partition = new()
    read(partition, 1)
    flushed(partition)
    now_us = go_idle(partition)
    flushed(partition, now_us)
    partition.lose_sight()
    partition.pass_barrier(START_US)  # the groups have not heard of the waking
    assert unfolds(partition, 500, now_us)


def test_a_later_barrier_does_not_unfold_what_an_earlier_one_let_be_folded():
    partition = new(PartitionSnapshot(0, unfold_until_us=END_US))
    partition.pass_barrier(START_US)
    partition.pass_barrier(START_US + 10 * LENGTH_US)
    assert not unfolds(partition, 1)


@pytest.mark.parametrize("ended", [True, False])
def test_what_is_saved_while_idle_or_ended_says_that_nothing_can_be_folded(ended):
    partition = new()
    read(partition, 1)
    if ended:
        partition.end()
        flushed(partition, 0)
    else:
        flushed(partition, go_idle(partition, now_us=1))
    assert partition.snapshot().unfold_until_us == END_US
    assert unfolds(new(partition.snapshot()), 1_000)


# Saved


def test_the_saved_position_is_that_of_the_last_flush():
    partition = new()
    read(partition, 30)
    assert partition.snapshot() == NEW
    flushed(partition)
    saved = partition.snapshot()
    assert saved == PartitionSnapshot(1, START_US + 30_000_000)
    read(partition, 90)
    assert partition.snapshot() == saved


def test_a_resumed_partition_has_its_watermark_from_before():
    saved = PartitionSnapshot(9, START_US, floor_us=START_US + LENGTH_US)
    partition = new(saved)
    assert partition.offset == 9
    assert partition.snapshot() == saved
    read(partition, 1)
    flush = flushed(partition)
    assert progress(flush) == Progress(START_US + LENGTH_US, idle=False)
    assert any(group.unfolded for group in flush.groups.values())


def test_a_resumed_partition_is_not_idle_and_says_nothing_before_it_has_read():
    partition = new(PartitionSnapshot(9, START_US, unfold_until_us=END_US))
    assert partition.flush(10**12) is None
    partition.hear_end(9, 10**12)
    assert partition.flush(10**12) is None
    partition.hear_end(9, 10**12 + IDLE_US)
    assert progress(flushed(partition, 10**12)) == Progress(START_US - BOUND_US, idle=True)


# The end


def test_at_the_end_everything_goes_out_at_once_and_the_last_window_closes():
    partition = new()
    read(partition, 1, 61)
    partition.end()
    flush = flushed(partition, 0)
    assert progress(flush) == Progress(START_US + 2 * LENGTH_US, idle=True)
    assert {w for group in flush.groups.values() for w in group.partials} == {WINDOW, WINDOW + 1}


def test_offsets_without_a_record_are_passed_but_never_back():
    partition = new()
    partition.skip_to(5)
    partition.skip_to(3)
    assert partition.offset == 5


def test_progress_is_that_of_all_that_is_read_flushed_or_not():
    partition = new()
    assert partition.progress == Progress(BEGINNING_US, idle=False)
    read(partition, 1)
    assert partition.progress == Progress(START_US + 1_000_000 - BOUND_US, idle=False)
    partition.end()
    assert partition.progress.idle
