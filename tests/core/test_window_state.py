"""A key group adds, closes and judges late."""

from itertools import cycle

from hypothesis import given
from hypothesis import strategies as st

from windowing.core.aggregate import Aggregate
from windowing.core.flow_watermark import FlowWatermark
from windowing.core.messages import (
    ClosedWindow,
    GroupFlush,
    Late,
    Partials,
    Progress,
    SourceRecord,
    Unfolded,
)
from windowing.core.window import BEGINNING_US
from windowing.core.window_state import WindowState

LENGTH_US = 10
RECORD = SourceRecord(b"value", None, [], 0, 0, 0)
ONE = Aggregate(1, 1, "0.5")


def group(partitions: int = 1) -> WindowState:
    return WindowState(LENGTH_US, FlowWatermark(partitions))


def folds(partials: Partials, watermark_us: int | None = None, *, partition: int = 0) -> GroupFlush:
    """Return a flush of folded events, and the progress with it if there is any."""
    progress = None if watermark_us is None else Progress(watermark_us, idle=False)
    return GroupFlush(partition, partials, [], progress)


def one(window: int, watermark_us: int, user: str = "ada") -> Unfolded:
    """Return an event that travels unfolded."""
    return Unfolded(user, window, ONE, watermark_us, RECORD)


def says(watermark_us: int, *, idle: bool = False, partition: int = 0) -> GroupFlush:
    return GroupFlush(partition, {}, [], Progress(watermark_us, idle))


def test_a_window_closes_when_the_watermark_is_at_its_end_and_not_before():
    state = group()
    assert state.receive(folds({0: {"ada": ONE}}, 9)) == ([], [])
    assert state.receive(says(10)) == ([ClosedWindow(0, {"ada": ONE})], [])
    assert state.receive(says(100)) == ([], [])


def test_windows_close_in_order_and_once():
    state = group()
    state.receive(folds({3: {"a": ONE}, 1: {"b": ONE}, 2: {"c": ONE}}, 0))
    closed, _ = state.receive(says(30))
    assert [window for window, _ in closed] == [1, 2]
    closed, _ = state.receive(says(40))
    assert [window for window, _ in closed] == [3]
    assert state.windows == {}


def test_an_aggregate_is_the_sum_over_flushes_and_partitions():
    state = group(2)
    state.receive(folds({0: {"ada": ONE, "bob": ONE}}, 5))
    state.receive(folds({0: {"ada": Aggregate(2, 0, "0")}}, 5, partition=1))
    state.receive(GroupFlush(0, {}, [one(0, 5)], None))
    closed, _ = state.receive(says(10))
    assert closed == []
    closed, _ = state.receive(says(10, partition=1))
    assert closed == [ClosedWindow(0, {"ada": Aggregate(4, 2, "1.0"), "bob": ONE})]


def test_what_was_folded_is_added_before_the_unfolded_events_close_its_window():
    state = group()
    flush = GroupFlush(0, {1: {"ada": ONE}}, [one(0, 20), one(1, 25)], Progress(25, idle=False))
    closed, late = state.receive(flush)
    assert closed == [ClosedWindow(1, {"ada": ONE})]
    assert [event.window for event, _ in late] == [0, 1]


def test_each_unfolded_event_is_judged_by_the_watermark_under_which_it_was_read():
    state = group()
    events = [one(0, 9), one(0, 10), one(1, 10), one(1, 20)]
    closed, late = state.receive(GroupFlush(0, {}, events, None))
    assert late == [Late(events[1], 10), Late(events[3], 20)]
    assert closed == [ClosedWindow(0, {"ada": ONE}), ClosedWindow(1, {"ada": ONE})]


def test_an_event_behind_the_watermark_counts_while_its_window_is_open():
    state = group()
    state.receive(says(19))
    assert state.receive(GroupFlush(0, {}, [one(1, 19)], None)) == ([], [])
    assert state.windows == {1: {"ada": ONE}}


def test_an_unfolded_event_is_judged_by_the_flow_and_not_by_its_own_partition():
    state = group(2)
    state.receive(says(100))
    state.receive(says(15, partition=1))
    event = one(1, 100)
    assert state.receive(GroupFlush(0, {}, [event], None)) == ([], [])
    early = one(0, 100)
    assert state.receive(GroupFlush(0, {}, [early], None)) == ([], [Late(early, 15)])


def test_a_partition_that_has_not_spoken_lets_nothing_close_nor_be_late():
    state = group(2)
    closed, late = state.receive(GroupFlush(0, {}, [one(0, 1_000)], Progress(1_000, idle=False)))
    assert (closed, late) == ([], [])
    assert state.flow.us == BEGINNING_US


def test_unfolded_events_without_progress_still_tell_how_far_their_partition_is():
    state = group(2)
    state.receive(says(5))
    state.receive(GroupFlush(1, {}, [one(0, 7)], None))
    assert state.flow.heard[1] == (7, False)
    assert state.flow.us == 5


def test_an_idle_partition_that_wakes_is_judged_by_the_flow_that_went_on():
    state = group(2)
    state.receive(folds({0: {"bob": ONE}}, 0))
    state.receive(says(0, partition=1, idle=True))
    closed, _ = state.receive(says(50))
    assert [window for window, _ in closed] == [0]
    events = [one(4, 1), one(5, 2)]
    flush = GroupFlush(1, {}, events, Progress(2, idle=False))
    assert state.receive(flush) == ([], [Late(events[0], 50)])
    assert state.receive(says(99)) == ([], [])  # held by the woken one
    assert state.flow.us == 50


def test_no_window_is_ever_reopened():
    state = group()
    state.receive(folds({0: {"ada": ONE}}, 10))
    closed, late = state.receive(GroupFlush(0, {}, [one(0, 10), one(0, 10, "new")], None))
    assert closed == []
    assert [event.user for event, _ in late] == ["ada", "new"]


@given(
    events=st.lists(st.tuples(st.integers(0, 5), st.integers(0, 70)), max_size=30),
    cuts=st.lists(st.integers(1, 5), min_size=1),
)
def test_where_a_flush_ends_does_not_show(events, cuts):
    """The same events, each unfolded and in order, in one flush or in many."""
    rising, watermark_us = [], 0
    for window, further_us in events:
        watermark_us = max(watermark_us, further_us)
        rising.append(one(window, watermark_us))
    whole, parts = group(), group()
    closed, late = whole.receive(GroupFlush(0, {}, rising, None))
    closed_in_parts, late_in_parts = [], []
    for count in cycle(cuts):
        part, rising = rising[:count], rising[count:]
        more_closed, more_late = parts.receive(GroupFlush(0, {}, part, None))
        closed_in_parts += more_closed
        late_in_parts += more_late
        if not rising:
            break
    assert (closed, late) == (closed_in_parts, late_in_parts)
    assert whole.windows == parts.windows


def test_the_open_windows_are_told_with_how_many_users_each_has():
    state = group()
    state.receive(folds({0: {"a": ONE}, 2: {"a": ONE, "b": ONE}}, 5))
    assert sorted(state.open()) == [(0, 1), (2, 2)]
    state.receive(says(10))
    assert state.open() == [(2, 2)]
