"""The flow's watermark: the smallest over the partitions that are not idle."""

from math import inf

from hypothesis import given
from hypothesis import strategies as st
from tests.models import FlowModel

from windowing.core.flow_watermark import FlowWatermark
from windowing.core.window import BEGINNING_US, END_US

speeches = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 100), st.booleans()), max_size=40)


@given(partitions=st.integers(1, 4), said=speeches)
def test_it_is_the_smallest_of_the_active_or_else_the_largest_of_the_idle(partitions, said):
    flow, model = FlowWatermark(partitions), FlowModel(partitions)
    far = dict.fromkeys(range(partitions), 0)
    for turn, step, idle in said:
        p = turn % partitions
        far[p] += step
        flow.hear(p, far[p], idle=idle)
        model.tell(p, far[p], idle=idle)
        assert flow.us == (BEGINNING_US if model.us == -inf else model.us)


@given(partitions=st.integers(1, 4), said=speeches)
def test_it_never_goes_back_whatever_it_hears(partitions, said):
    flow = FlowWatermark(partitions)
    for turn, us, idle in said:
        before_us = flow.us
        flow.hear(turn % partitions, us, idle=idle)
        assert flow.us >= before_us


def test_a_partition_that_has_not_spoken_holds_it_where_it_is():
    flow = FlowWatermark(2)
    flow.hear(0, 100, idle=False)
    assert flow.us == BEGINNING_US
    flow.hear(0, 200, idle=True)
    assert flow.us == BEGINNING_US
    resumed = FlowWatermark(3, us=50, heard={0: (100, False), 1: (100, False)})
    resumed.hear(0, 200, idle=False)
    resumed.hear(1, 200, idle=True)
    assert resumed.us == 50


def test_an_idle_partition_does_not_hold_it_and_a_woken_one_does_without_pulling_it_back():
    flow = FlowWatermark(2)
    flow.hear(0, 100, idle=False)
    flow.hear(1, 10, idle=True)
    assert flow.us == 100
    flow.hear(1, 20, idle=False)
    flow.hear(0, 300, idle=False)
    assert flow.us == 100
    flow.hear(1, 250, idle=False)
    assert flow.us == 250


def test_an_empty_partition_alone_says_nothing():
    flow = FlowWatermark(1)
    flow.hear(0, BEGINNING_US, idle=True)
    assert flow.us == BEGINNING_US


def test_idle_partitions_do_not_run_ahead_of_an_active_one():
    flow = FlowWatermark(2)
    flow.hear(0, 10, idle=False)
    flow.hear(1, 500, idle=True)
    assert flow.us == 10


def test_others_hold_it_at_the_smallest_active_watermark_among_them():
    flow = FlowWatermark(3)
    flow.hear(0, 10, idle=False)
    flow.hear(1, 20, idle=False)
    assert flow.held_by_others(0) == BEGINNING_US  # partition 2 has not spoken
    assert flow.held_by_others(2) == 10
    flow.hear(2, 5, idle=True)
    assert flow.held_by_others(0) == 20
    flow.hear(1, 30, idle=True)
    assert flow.held_by_others(0) == END_US


def test_it_follows_an_active_partition_as_far_as_the_others_let_it():
    flow = FlowWatermark(2, us=10)
    flow.follow(30, 20)
    assert flow.us == 20
    flow.follow(15, END_US)
    assert flow.us == 20


@given(partitions=st.integers(1, 4), said=speeches, more=speeches)
def test_word_of_more_partitions_gives_what_hearing_it_would_give_and_changes_nothing(
    partitions, said, more
):
    flow = FlowWatermark(partitions)
    for turn, us, idle in said:
        flow.hear(turn % partitions, us, idle=idle)
    before = flow.us, dict(flow.heard)
    news = {turn % partitions: (us, idle) for turn, us, idle in more}

    seen_us = flow.with_word_of(news)

    assert (flow.us, flow.heard) == before
    heard = {**flow.heard, **news}
    active = [us for us, idle in heard.values() if not idle]
    if len(heard) < partitions:
        assert seen_us == flow.us
    else:
        reached_us = min(active) if active else max(us for us, _ in heard.values())
        assert seen_us == max(flow.us, reached_us)
