"""Silent, empty and waking partitions, and the clock: it closes nothing that could still come."""

from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st
from tests.models import ANSWER_GAP_US, Event
from tests.simulation.fake_record import FakeRecord
from tests.simulation.output import HOLE
from tests.simulation.world import ASK_US, IDLE_US, NEVER_IDLE, RULES, World
from tests.strategies import (
    BOUND_US,
    BROKEN,
    LENGTH_US,
    START_US,
    Arrival,
    arrival,
    arrivals,
    within_bound,
)

SECOND_US = 1_000_000
LONG_US = IDLE_US + BOUND_US + LENGTH_US + SECOND_US
"""Silence after which the window of the last event has closed by the clock."""


def at(seconds: float, user: str = "ada") -> Arrival:
    """Return an event that happened so many seconds after the start."""
    return arrival(Event(user, START_US + int(seconds * SECOND_US), "1"))


def windows(world: World) -> list[int]:
    """Return which windows have come out, counted from the start."""
    ends_ms = {timestamp_ms for _, timestamp_ms in world.output.results}
    return sorted((ms * 1_000 - START_US) // LENGTH_US - 1 for ms in ends_ms)


def read_all(world: World) -> None:
    for p in range(len(world.inputs)):
        world.read(p, flush=True)


def test_the_last_window_of_a_stream_that_has_gone_quiet_closes_by_itself():
    world = World([[at(10)]])
    read_all(world)
    # Idle after the timeout; then 70 s of event time to go: the end at 60 s, plus the bound.
    world.be_silent(IDLE_US + 69 * SECOND_US)
    assert windows(world) == []
    world.be_silent(2 * SECOND_US)
    assert windows(world) == [0]


def test_without_a_timeout_nothing_is_closed_by_the_clock():
    world = World([[at(10)], []], rules=NEVER_IDLE)
    read_all(world)
    world.be_silent(10 * LONG_US)
    assert windows(world) == []


def test_a_partition_known_to_be_empty_holds_nothing_back_even_without_a_timeout():
    world = World([[at(10), at(90)], []], rules=NEVER_IDLE)
    read_all(world)
    assert windows(world) == []
    world.hear(1, world.ask(1))
    assert windows(world) == [0]


def test_a_partition_of_broken_records_alone_holds_nothing_back():
    world = World([[at(10), at(90)], [Arrival(BROKEN[3], None), HOLE]], rules=NEVER_IDLE)
    read_all(world)
    world.now_us += 1
    world.read(1)
    world.hear(1, world.ask(1))
    assert windows(world) == [0]


def test_a_partition_that_has_not_been_read_holds_the_flow_at_the_beginning():
    world = World([[at(10), at(90)], [at(5)]])
    world.read(0, flush=True)
    for _ in range(20):
        world.now_us += ASK_US
        world.hear(0, world.ask(0))
        world.hear(1, world.ask(1))
    assert windows(world) == []
    assert world.groups[0].state.flow.us < 0


def test_an_idle_partition_does_not_hold_the_others_back():
    world = World([[at(10)], [at(10), at(90)]])
    read_all(world)
    assert windows(world) == []
    for _ in range(0, IDLE_US + ASK_US, ASK_US):
        world.now_us += ASK_US
        world.hear(0, world.ask(0))
    assert windows(world) == [0]


def test_when_all_are_idle_the_furthest_counts():
    world = World([[at(10)], [at(10), at(79.9)]])
    read_all(world)
    world.be_silent(IDLE_US + SECOND_US)
    assert windows(world) == [0]


def test_one_active_partition_is_enough_to_stop_the_clock():
    world = World([[at(10)], [at(10)], [at(10)]])
    read_all(world)
    for seconds in range(LONG_US // SECOND_US * 2):
        world.now_us += SECOND_US
        world.inputs[2].append(at(10))
        world.read(2, flush=True)
        world.hear(0, world.ask(0))
        world.hear(1, world.ask(1))
        assert windows(world) == [], seconds


def test_the_clock_closes_nothing_while_the_broker_has_more_to_read():
    world = World([[at(10)]])
    read_all(world)
    world.inputs[0].append(at(20))
    world.be_silent(2 * LONG_US)  # the broker says so, but the record does not come
    assert windows(world) == []
    read_all(world)
    world.be_silent(LONG_US)
    world.output.check_all(world.inputs)
    assert not world.output.late


def test_backlog_of_one_partition_stops_the_clock_of_the_idle_ones():
    world = World([[at(10)], [at(10)]])
    read_all(world)
    world.be_silent(IDLE_US + SECOND_US)
    world.inputs[1].append(at(20))
    world.be_silent(2 * LONG_US)
    assert windows(world) == []


def test_the_clock_closes_nothing_while_the_broker_is_out_of_reach():
    world = World([[at(10)]])
    read_all(world)
    for _ in range(0, 2 * LONG_US, ASK_US):
        world.now_us += ASK_US
        world.hear(0, None)
    assert windows(world) == []


def test_the_clock_closes_nothing_while_no_answer_comes():
    world = World([[at(10)]])
    read_all(world)
    world.be_silent(IDLE_US + SECOND_US)
    for _ in range(0, 2 * LONG_US, ASK_US):
        world.now_us += ASK_US
        world.look(0)
    assert windows(world) == []
    world.hear(0, world.ask(0))
    assert windows(world) == []


def test_silence_counts_anew_after_an_interruption():
    world = World([[at(10)], [at(10), at(90)]])
    read_all(world)
    for _ in range(10):  # never a whole timeout without one answer missing
        world.now_us += IDLE_US - ASK_US
        world.hear(0, world.ask(0))
        world.now_us += ASK_US // 2
        world.hear(0, None)
        world.hear(0, world.ask(0))
    assert windows(world) == []


def test_answers_from_before_the_last_record_say_nothing():
    world = World([[at(10)], [at(10), at(90)]])
    world.read(1, flush=True)
    answers = []
    for _ in range(3):
        answers.append(world.ask(0))
        world.now_us += IDLE_US
    world.read(0, flush=True)
    for answer in answers:
        world.hear(0, answer)
    assert windows(world) == []


def test_a_partition_whose_answers_stop_coming_stops_the_clock_of_the_others():
    world = World([[at(10)], [at(10)]])
    read_all(world)
    world.be_silent(IDLE_US + SECOND_US)
    for _ in range(0, 2 * LONG_US, ASK_US):
        world.now_us += ASK_US
        world.look(0)
        world.hear(1, world.ask(1))
    assert windows(world) == []


def test_a_gap_between_answers_is_an_interruption_even_when_nobody_looked():
    world = World([[at(10)]])
    read_all(world)
    world.hear(0, world.ask(0))
    world.now_us += ANSWER_GAP_US + 1
    world.hear(0, world.ask(0))
    assert not world.tasks[0].model.idle
    world.now_us += 2 * LONG_US
    world.hear(0, world.ask(0))
    assert windows(world) == []


def test_a_stream_twenty_minutes_late_is_still_on_time_after_a_pause():
    world = World([[at(10 - 1200), at(11 - 1200)]])
    read_all(world)
    world.be_silent(40 * SECOND_US)  # so the watermark is at most 40 s further
    world.inputs[0].append(at(31 - 1200))
    read_all(world)
    world.end_input()
    world.output.check_all(world.inputs)
    assert not world.output.late


def test_a_woken_partition_that_the_flow_has_left_behind_gives_late_events_not_second_results():
    world = World([[at(10), at(50)], [at(10), at(200)]], groups=3)
    read_all(world)
    world.be_silent(IDLE_US + SECOND_US)
    assert 0 in windows(world)
    world.inputs[0] += [at(55), at(55, "new"), at(130), at(190)]
    world.read(0, 2, flush=True)
    assert set(world.output.late) == {(0, 2), (0, 3)}
    world.end_epoch()
    world.read(0, flush=True)
    world.end_input()
    world.output.check_all(world.inputs)


def test_a_partition_that_wakes_and_ends_within_one_flush_does_not_hold_the_others():
    """Not as in `engine/source.py`: a run that listens has no end there."""
    world = World([[at(10)], [at(10)]])
    world.end_input()
    world.restart()
    world.be_silent(IDLE_US + ASK_US)
    woken = world.tasks[0].partition
    late = FakeRecord(at(11).value, 1)  # so that nothing moves the watermark
    woken.read([late], 2, world.wall, world.now_us)
    woken.end()
    flush = woken.flush(world.now_us)
    assert flush is not None
    world.groups[0].state.receive(flush.groups[0])
    assert world.groups[0].state.flow.heard[0][1], "it counts as active"


@given(
    inputs=st.lists(within_bound(max_size=20), min_size=1, max_size=3),
    most=st.integers(1, 10),
    groups=st.integers(1, 4),
)
def test_short_pauses_make_nothing_late_that_comes_within_the_bound(inputs, most, groups):
    world = World(inputs, groups=groups)
    while sum(world.read(p, most, flush=True) for p in range(len(inputs))):
        world.be_silent(IDLE_US - ASK_US)
    world.be_silent(LONG_US)
    world.output.check_all(inputs)
    assert not world.output.late


@given(
    inputs=st.lists(st.lists(arrivals(), max_size=15), min_size=1, max_size=3),
    turns=st.lists(
        st.tuples(st.integers(0, 2), st.integers(1, 5), st.sampled_from([0, ASK_US, IDLE_US * 2])),
        max_size=20,
    ),
    idle_timeout_us=st.sampled_from([0, ASK_US, IDLE_US]),
    groups=st.integers(1, 4),
)
def test_idle_and_waking_partitions_lose_nothing_and_repeat_nothing(
    inputs, turns, idle_timeout_us, groups
):
    rules = replace(RULES, idle_timeout=timedelta(microseconds=idle_timeout_us))
    world = World([[] for _ in inputs], groups=groups, rules=rules)
    rest = [list(partition) for partition in inputs]
    for turn, most, pause_us in turns:
        p = turn % len(inputs)
        world.inputs[p] += [rest[p].pop(0) for _ in rest[p][:most]]
        world.read(p, flush=True)
        world.be_silent(pause_us)
    world.end_input()
    world.output.check_all(world.inputs)


@given(
    inputs=st.lists(within_bound(max_size=20), min_size=1, max_size=3),
    pauses_us=st.lists(st.sampled_from([0, ASK_US, IDLE_US * 2]), min_size=1, max_size=10),
)
def test_a_replay_gives_at_least_the_windows_of_the_live_run_and_never_a_late_event(
    inputs, pauses_us
):
    live = World([[] for _ in inputs])
    for step, pause_us in enumerate(pauses_us):
        for p, partition in enumerate(inputs):
            live.inputs[p] += partition[step :: len(pauses_us)]
        read_all(live)
        live.be_silent(pause_us)
    live.end_input()
    live.output.check_all(live.inputs)
    replay = World(inputs)
    while sum(replay.read(p, 3, flush=True) for p in range(len(inputs))):
        # Time passes, more than any timeout, but there is always more to read.
        replay.now_us += IDLE_US
        for p in range(len(inputs)):
            if replay.tasks[p].partition.offset < len(inputs[p]):
                replay.hear(p, replay.ask(p))
    assert not replay.output.late
    replay.end_input()
    replay.output.check_all(inputs)
    if not live.output.late:
        assert replay.output.results == live.output.results
