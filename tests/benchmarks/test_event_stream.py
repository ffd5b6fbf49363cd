"""The events of a load: the same each time, as described, and what is right to make of them."""

from collections import defaultdict
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from benchmarks.event_stream import (
    BLOCK_EVENTS,
    FIRST_MS,
    Block,
    closing_events,
    draw_events,
    encode_events,
)
from benchmarks.load import Load
from benchmarks.truth import Sums, TruthAdder

from windowing.core.decode import NotAnEventError, decode

LOAD = Load("some", 50, timedelta(hours=1), (10_000, 120_000))
MIXED = LOAD._replace(late_share=0.1, broken_share=0.2)
FUTURE = datetime(2030, 1, 1, tzinfo=UTC)


def encoded(load: Load, events: int) -> list[bytes]:
    return [v for b in draw_events(load, events) for v in encode_events(b, load.payload_bytes)]


def all_of(load: Load, events: int) -> Block:
    fields = zip(*draw_events(load, events), strict=True)
    return Block(*(np.concatenate(field) for field in fields))


@pytest.mark.parametrize("events", [1, 10_000, BLOCK_EVENTS, BLOCK_EVENTS + 1])
def test_a_smaller_size_is_the_beginning_of_a_larger_one(events: int) -> None:
    assert encoded(MIXED, events) == encoded(MIXED, 120_000)[:events]


def test_a_load_in_other_sizes_has_the_same_events() -> None:
    assert encoded(LOAD.in_sizes(100, 200), 200) == encoded(LOAD, 200)


def test_the_flow_reads_what_was_drawn() -> None:
    block = all_of(LOAD, 1_000)

    for user, time_ms, cents, value in zip(
        block.user, block.time_ms, block.cents, encoded(LOAD, 1_000), strict=True
    ):
        event = decode(value, FUTURE)
        assert event.user_id == user
        assert event.timestamp == datetime.fromtimestamp(int(time_ms) / 1000, UTC)
        assert event.amount is not None
        assert event.amount * 100 == int(cents)


def test_events_are_spread_over_the_span_and_the_users() -> None:
    block = all_of(LOAD, 120_000)

    assert set(block.user.tolist()) == set(range(50))
    assert 0 <= block.time_ms.min() - FIRST_MS < 5_000
    assert 0 <= block.time_ms.max() - FIRST_MS - 3_600_000 < 5_000


def test_so_many_are_late_and_so_many_are_no_events() -> None:
    block = all_of(MIXED, 50_000)
    values = encoded(MIXED, 50_000)

    assert block.late.mean() == pytest.approx(0.1, abs=0.01)
    assert block.broken.mean() == pytest.approx(0.2, abs=0.01)
    assert (block.time_ms[block.late] < FIRST_MS + 1_500_000 + 5_000 - 3_600_000).all()
    assert (block.time_ms[~block.late] >= FIRST_MS).all()
    for index in np.flatnonzero(block.broken)[:100]:
        with pytest.raises(NotAnEventError):
            decode(values[index], FUTURE)


def test_a_payload_makes_each_event_longer() -> None:
    plain, padded = encoded(LOAD, 100), encoded(LOAD._replace(payload_bytes=300), 100)

    added = [len(b) - len(a) for a, b in zip(plain, padded, strict=True)]
    assert added == [len(',"payload":""') + 300] * 100


@pytest.mark.parametrize("users", [50, 51])
def test_each_partition_has_a_closing_event_of_a_user_of_its_own(users: int) -> None:
    load = LOAD._replace(users=users, partitions=3)

    closing = closing_events(load, 60_000)

    assert sorted(user % 3 for user in closing.user.tolist()) == [0, 1, 2]
    assert closing.user.min() >= users
    assert (closing.time_ms - FIRST_MS >= 1_800_000 + 3_600_000).all()


def test_the_truth_is_what_a_plain_loop_says() -> None:
    adder = TruthAdder(MIXED.users)
    answers: dict[bool, dict[tuple[int, int], list[int]]] = {
        with_late: defaultdict(list) for with_late in (False, True)
    }
    for block in draw_events(MIXED, 60_000):
        adder.add(block)
        for user, time_ms, cents, late, broken in zip(*block, strict=True):
            for with_late, answer in answers.items():
                if not broken and (with_late or not late):
                    answer[int(user), int(time_ms) // 300_000].append(int(cents))

    truth = adder.truth()

    assert truth.records == 60_000
    assert truth.broken == all_of(MIXED, 60_000).broken.sum()
    assert truth.least == plain_sums(answers[False])
    assert truth.most == plain_sums(answers[True])


def plain_sums(answer: dict[tuple[int, int], list[int]]) -> Sums:
    return Sums(
        len(answer),
        sum(map(len, answer.values())),
        sum(map(sum, answer.values())),
        sum(window * len(amounts) for (_, window), amounts in answer.items()),
    )
