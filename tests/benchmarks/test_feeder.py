"""What the feeder has ready to send."""

import pytest
from benchmarks.feeder import _stretches, templates
from hypothesis import given
from hypothesis import strategies as st

from windowing.core.decode import parse


@given(st.integers(0, 9), st.integers(0, 50), st.just(10))
def test_stretches_go_round_the_ring(at: int, count: int, length: int) -> None:
    places = [n for start, stop in _stretches(at, count, length) for n in range(start, stop)]

    assert places == [(at + n) % length for n in range(count)]


@pytest.mark.parametrize("users", [4, 1_000, 50_000])
def test_templates_are_events_of_each_user_of_the_partition_equally_often(users: int) -> None:
    partition, partitions = 1, 4
    of_user: dict[int | str, int] = {}
    for head, tail, key in templates(partition, partitions, users):
        event = parse(head + b"2026-01-01T00:00:00.000Z" + tail)
        assert str(event.user_id).encode() == key
        of_user[event.user_id] = of_user.get(event.user_id, 0) + 1

    assert set(of_user) == set(range(partition, users, partitions))
    assert len(set(of_user.values())) == 1
