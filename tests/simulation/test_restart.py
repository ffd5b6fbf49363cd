"""Killed anywhere and started again: as if nothing had happened."""

from copy import deepcopy

from hypothesis import given
from hypothesis import strategies as st
from tests.models import Event
from tests.simulation.world import ASK_US, IDLE_US, NEVER_IDLE, World
from tests.strategies import (
    BOUND_US,
    LENGTH_US,
    START_US,
    Arrival,
    arrival,
    arrivals,
    within_bound,
)

SECOND_US = 1_000_000
READ, EPOCH, KILL = "read", "epoch", "kill"
steps = st.lists(
    st.one_of(
        st.tuples(st.just(READ), st.integers(0, 3), st.integers(1, 9)),
        st.tuples(st.just(EPOCH), st.just(0), st.just(0)),
        st.tuples(st.just(KILL), st.just(0), st.just(0)),
    ),
    max_size=30,
)


def run(world: World, taken: list[tuple[str, int, int]], *, kill: bool = True) -> World:
    """Take the steps, then run to the end."""
    for step, turn, most in taken:
        if step == READ:
            world.read(turn % len(world.inputs), most, flush=most % 2 == 0)
        elif step == EPOCH:
            world.end_epoch()
        elif kill:
            world.restart()
    world.end_input()
    world.output.check_all(world.inputs)
    return world


@given(
    inputs=st.lists(within_bound(max_size=25), min_size=1, max_size=4),
    groups=st.integers(1, 8),
    taken=steps,
)
def test_within_the_bound_a_restart_anywhere_changes_nothing(inputs, groups, taken):
    killed = run(World(inputs, groups=groups, rules=NEVER_IDLE), taken)
    assert killed.output == run(World(inputs), []).output
    assert not killed.output.late


@given(records=st.lists(arrivals(), max_size=50), groups=st.integers(1, 8), taken=steps)
def test_of_one_partition_a_restart_anywhere_changes_no_byte_of_any_topic(records, groups, taken):
    killed = run(World([records], groups=groups, rules=NEVER_IDLE), taken)
    assert killed.output == run(World([records]), []).output


@given(
    inputs=st.lists(st.lists(arrivals(), max_size=25), min_size=1, max_size=4),
    groups=st.integers(1, 8),
    taken=steps,
)
def test_whatever_comes_a_restart_loses_nothing_and_repeats_nothing(inputs, groups, taken):
    run(World(inputs, groups=groups, rules=NEVER_IDLE), taken)


@given(
    inputs=st.lists(st.lists(arrivals(), min_size=1, max_size=25), min_size=2, max_size=4),
    groups=st.integers(1, 4),
    taken=steps,
    silent_us=st.sampled_from([IDLE_US * 2, IDLE_US + LENGTH_US]),
)
def test_what_was_idle_and_wakes_after_a_restart_repeats_nothing(inputs, groups, taken, silent_us):
    world = World([inputs[0][:1], *([] for _ in inputs[1:])], groups=groups)
    world.read(0, flush=True)
    world.be_silent(silent_us)
    for p in range(1, len(inputs)):
        world.inputs[p] = inputs[p]
        world.read(p, flush=True)
    world.end_epoch()
    world.restart()
    world.inputs[0] = inputs[0]
    run(world, taken)


@given(
    inputs=st.lists(st.lists(arrivals(), max_size=20), min_size=2, max_size=4),
    groups=st.integers(1, 4),
    before=steps,
    after=steps,
    new_job=st.booleans(),
)
def test_a_partition_added_at_a_restart_repeats_nothing(inputs, groups, before, after, new_job):
    world = World(inputs[:-1], groups=groups, rules=NEVER_IDLE)
    for step, turn, most in before:
        if step == READ:
            world.read(turn % len(world.inputs), most, flush=True)
    if not new_job:
        world.end_epoch()
    world.inputs = inputs
    world.restart()
    run(world, after)


def at(seconds: float, user: str = "ada") -> Arrival:
    return arrival(Event(user, START_US + int(seconds * SECOND_US), "1"))


def test_downtime_never_counts():
    world = World([[at(10)]])
    world.read(0, flush=True)
    world.be_silent(IDLE_US + SECOND_US)
    world.end_epoch()
    world.now_us += 100 * LENGTH_US  # down
    world.restart()
    world.hear(0, world.ask(0))
    assert not world.output.results
    world.be_silent(IDLE_US)
    assert not world.output.results


def test_what_came_while_the_job_was_down_is_read_before_the_clock_closes_anything():
    world = World([[at(10)], [at(10)]])
    for p in (0, 1):
        world.read(p, flush=True)
    world.be_silent(IDLE_US + LENGTH_US + SECOND_US)  # 9 s before the clock closes it
    world.end_epoch()
    world.inputs[0].append(at(20))
    world.restart()
    for _ in range(60):
        world.now_us += ASK_US
        for p in (0, 1):
            world.hear(p, world.ask(p))
    assert not world.output.results
    world.end_input()
    world.output.check_all(world.inputs)
    assert not world.output.late


def test_the_watermark_that_the_clock_has_moved_does_not_go_back():
    world = World([[at(10)]])
    world.read(0, flush=True)
    world.be_silent(IDLE_US + LENGTH_US + BOUND_US)
    assert len(world.output.results) == 1
    world.end_epoch()
    world.inputs[0].append(at(15))
    world.restart()
    world.read(0, flush=True)
    assert set(world.output.late) == {(0, 1)}


def test_what_was_read_but_not_flushed_is_read_again():
    world = World([[at(10), at(11)]], rules=NEVER_IDLE)
    world.read(0, 1, flush=True)
    world.read(0, 1)
    world.end_epoch()
    world.restart()
    assert world.tasks[0].partition.offset == 1
    world.end_input()
    world.output.check_all(world.inputs)


def test_an_epoch_saved_twice_is_the_same():
    world = World([[at(10), at(90), at(30)]], groups=4)
    world.read(0, flush=True)
    world.end_epoch()
    first = deepcopy(world.saved)
    world.restart()
    world.end_epoch()
    assert world.saved is not None
    assert first is not None
    assert (world.saved.partitions, world.saved.groups) == (first.partitions, first.groups)
