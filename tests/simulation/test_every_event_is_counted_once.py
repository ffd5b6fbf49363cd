"""Streams as batch answers, whatever the order, the cuts and the number of key groups."""

from itertools import cycle

from hypothesis import given
from hypothesis import strategies as st
from tests.models import Event, batch_answer, one_partition, several_partitions
from tests.simulation.output import Topics
from tests.simulation.world import NEVER_IDLE, World
from tests.strategies import BOUND_US, LENGTH_US, Arrival, arrivals, cuts, within_bound

group_counts = st.sampled_from([1, 2, 3, 5, 64, 128])


def events_of(inputs: list[list[Arrival]]) -> list[Event]:
    """Return all events of an input."""
    return [a.event for partition in inputs for a in partition if a.event is not None]


def streamed(
    inputs: list[list[Arrival]],
    *,
    groups: int = 1,
    order: list[int] | None = None,
    reads: list[int] | None = None,
    flush_every: int = 1,
) -> Topics:
    """Run over an input; the lists say who reads next and how much, and are used in a circle."""
    world = World(inputs, groups=groups, rules=NEVER_IDLE)
    turns = zip(cycle(order or [0]), cycle(reads or [1_000_000]), strict=False)
    left = sum(map(len, inputs))
    for turn, (p, most) in enumerate(turns):
        if left <= 0 or turn > 1_000:
            break
        left -= world.read(p % len(inputs), most, flush=turn % flush_every == 0)
    world.end_input()
    world.output.check_all(inputs)
    return world.output


@given(
    inputs=st.lists(within_bound(), min_size=1, max_size=4),
    groups=group_counts,
    order=st.lists(st.integers(0, 3), min_size=1),
    reads=cuts(),
    flush_every=st.integers(1, 9),
)
def test_any_order_within_the_bound_gives_the_batch_answer(
    inputs, groups, order, reads, flush_every
):
    output = streamed(inputs, groups=groups, order=order, reads=reads, flush_every=flush_every)
    assert not output.late
    assert output.answer() == batch_answer(events_of(inputs), LENGTH_US)


@given(
    records=within_bound(),
    partitions=st.integers(1, 4),
    shares=st.lists(st.integers(0, 3), min_size=1),
    groups=group_counts,
    turns=st.tuples(st.lists(st.integers(0, 3), min_size=1), cuts()),
)
def test_neither_partitions_nor_groups_nor_turns_change_a_byte(
    records, partitions, shares, groups, turns
):
    order, reads = turns
    inputs: list[list[Arrival]] = [[] for _ in range(partitions)]
    for record, share in zip(records, cycle(shares), strict=False):
        inputs[share % partitions].append(record)
    output = streamed(inputs, groups=groups, order=order, reads=reads)
    assert output.results == streamed([records]).results


@given(
    records=st.lists(arrivals(), max_size=60),
    groups=group_counts,
    reads=cuts(),
    flush_every=st.integers(1, 9),
)
def test_of_one_partition_all_outputs_are_a_function_of_the_input(
    records, groups, reads, flush_every
):
    output = streamed([records], groups=groups, reads=reads, flush_every=flush_every)
    assert output == streamed([records], reads=[1])


@given(records=st.lists(arrivals(), max_size=60), reads=cuts())
def test_of_one_partition_late_is_what_was_read_after_its_window_had_closed(records, reads):
    output = streamed([records], groups=3, reads=reads)
    judged = one_partition([record.event for record in records], LENGTH_US, BOUND_US)
    assert sorted(output.late) == judged.late
    assert sorted(output.dead) == judged.dead
    counted = [records[offset].event for _, offset in judged.counted]
    assert output.answer() == batch_answer(counted, LENGTH_US)


@given(
    inputs=st.lists(st.lists(arrivals(), max_size=40), min_size=1, max_size=4),
    groups=st.integers(1, 5),
    turns=st.lists(st.tuples(st.integers(0, 3), st.integers(1, 12)), max_size=30),
)
def test_of_several_partitions_late_is_what_was_read_after_the_flow_had_passed(
    inputs, groups, turns
):
    world = World(inputs, groups=groups, rules=NEVER_IDLE)
    taken, read = [], [0] * len(inputs)
    for turn, most in turns:
        p = turn % len(inputs)
        records = inputs[p][read[p] : read[p] + most]
        if records:
            world.read(p, most, flush=True)
            taken.append((p, [record.event for record in records]))
            read[p] += most
    judged = several_partitions(taken, len(inputs), LENGTH_US, BOUND_US)
    assert sorted(world.output.late) == sorted(judged.late)
    assert sorted(world.output.dead) == sorted(judged.dead)
    world.end_input()
    world.output.check_all(inputs)


@given(
    inputs=st.lists(st.lists(arrivals(), max_size=40), min_size=2, max_size=4),
    groups=st.integers(2, 5),
    turns=st.lists(st.tuples(st.integers(0, 3), st.integers(1, 12)), max_size=30),
    deliveries=st.lists(st.integers(0, 4), min_size=1),
)
def test_groups_may_hear_of_the_partitions_in_different_orders(inputs, groups, turns, deliveries):
    world = World(inputs, groups=groups, rules=NEVER_IDLE, late_delivery=True)
    for (p, most), group in zip(turns, cycle(deliveries), strict=False):
        world.read(p % len(inputs), most, flush=True)
        world.deliver(group % groups)
    world.end_input()
    world.output.check_all(inputs)
