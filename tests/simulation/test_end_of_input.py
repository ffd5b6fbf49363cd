"""A bounded run closes every window; the next one goes on from there."""

from hypothesis import given
from hypothesis import strategies as st
from tests.models import Event, batch_answer
from tests.simulation.world import World
from tests.strategies import LENGTH_US, START_US, Arrival, arrival, arrivals, cuts, within_bound


def some_inputs(max_size: int = 20) -> st.SearchStrategy[list[list[Arrival]]]:
    return st.lists(st.lists(arrivals(), max_size=max_size), min_size=1, max_size=4)


@given(inputs=some_inputs(), groups=st.integers(1, 8), reads=cuts())
def test_the_end_of_the_input_closes_every_window(inputs, groups, reads):
    world = World(inputs, groups=groups)
    for turn, most in enumerate(reads):
        world.read(turn % len(inputs), most)
    world.end_input()
    world.output.check_all(inputs)
    assert all(not group.state.windows for group in world.groups)


@given(inputs=st.lists(within_bound(), min_size=1, max_size=4), order=st.permutations(range(4)))
def test_in_whichever_order_partitions_end_the_answer_is_the_batch_answer(inputs, order):
    world = World(inputs, groups=2)
    for p in order:
        if p < len(inputs):
            world.end(p)
    world.end_epoch()
    assert not world.output.late
    events = [a.event for partition in inputs for a in partition if a.event is not None]
    assert world.output.answer() == batch_answer(events, LENGTH_US)


@given(inputs=some_inputs(), groups=st.integers(1, 8), epochs=st.integers(1, 3))
def test_a_bounded_run_resumed_without_new_input_emits_nothing(inputs, groups, epochs):
    world = World(inputs, groups=groups)
    world.end_input()
    before = (dict(world.output.results), dict(world.output.late), dict(world.output.dead))
    for _ in range(epochs):
        world.restart()
        world.end_input()
    assert before == (world.output.results, world.output.late, world.output.dead)


@given(
    inputs=some_inputs(),
    more=st.lists(st.lists(arrivals(windows=9), max_size=20), min_size=4, max_size=4),
    groups=st.integers(1, 8),
    reads=cuts(),
)
def test_resumed_with_new_input_it_emits_only_new_windows(inputs, more, groups, reads):
    world = World(inputs, groups=groups)
    world.end_input()
    before = dict(world.output.results)
    # All ended, so the flow stands at the end of the last window of them all.
    old_windows = {a.event.time_us // LENGTH_US for i in inputs for a in i if a.event is not None}
    closed_until = max(old_windows, default=-1)
    for p in range(len(inputs)):
        world.inputs[p] = world.inputs[p] + more[p]
    world.restart()
    for turn, most in enumerate(reads):
        world.read(turn % len(inputs), most, flush=turn % 2 == 0)
    world.end_input()
    world.output.check_all(world.inputs)
    assert before.items() <= world.output.results.items()
    new = {
        (p, offset)
        for p, partition in enumerate(world.inputs)
        for offset, a in enumerate(partition)
        if a.event is not None
        and offset >= len(partition) - len(more[p])
        and a.event.time_us // LENGTH_US <= closed_until
    }
    assert new <= world.output.late.keys()


def test_a_run_without_any_input_ends_too():
    world = World([[], []], groups=3)
    world.end_input()
    assert not world.output.results


def test_the_last_window_closes_though_its_event_lies_on_its_first_microsecond():
    world = World([[arrival(Event("ada", START_US + LENGTH_US))]])
    world.end_input()
    assert set(world.output.answer()) == {("ada", START_US // LENGTH_US + 1)}
