"""Which contenders are measured on which loads, and how a load is changed."""

from datetime import timedelta

import pytest
from benchmarks.contenders.registry import BASELINE, CONTENDERS
from benchmarks.ladder import Changes, change, choose
from benchmarks.load import LOADS, MANY_USERS, SPARSE, USERS
from benchmarks.repetitions import sizes_of


def names(loads: list[str], contenders: list[str]) -> dict[str, list[str]]:
    return {
        load.name: [one.ABOUT.name for one in chosen] for load, chosen in choose(loads, contenders)
    }


def test_by_default_peers_are_measured_with_few_users_only() -> None:
    chosen = names([], [])

    assert list(chosen) == [USERS.name, MANY_USERS.name]
    assert len(chosen[USERS.name]) == len(CONTENDERS)
    peers = {one.ABOUT.name for one in CONTENDERS if one.ABOUT.peer}
    assert set(chosen[USERS.name]) - set(chosen[MANY_USERS.name]) == peers


def test_loads_and_contenders_are_chosen_by_parts_of_their_names() -> None:
    assert names(["sparse"], ["exactly once, -s 1", "Kafka"]) == {
        SPARSE.name: ["flow, exactly once, -s 1", "flow, exactly once, -s 10", "Kafka Streams"]
    }


@pytest.mark.parametrize(
    ("loads", "contenders", "said"),
    [
        (["spars", "million"], ["Sparc"], "--contender: no contender has 'Sparc' in its name"),
        (["million"], [], "--load: no load has 'million' in its name: there are 100 users"),
    ],
)
def test_a_name_that_nothing_has_is_named(
    loads: list[str], contenders: list[str], said: str
) -> None:
    with pytest.raises(SystemExit, match=said):
        choose(loads, contenders)


def test_a_changed_load_says_so_in_its_name() -> None:
    changed = change(USERS, 0.5, Changes(users=7, late_share=0.1))

    assert changed.name == "10,000 users, users 7, late share 0.1"
    assert (changed.users, changed.late_share) == (7, 0.1)
    assert changed.sizes == (500_000, 2_000_000)
    assert changed.span == timedelta(minutes=30)


def test_a_slow_contender_gets_whole_windows_too() -> None:
    slow = next(one for one in CONTENDERS if one.ABOUT.slow)

    assert sizes_of(BASELINE, USERS) == USERS.sizes
    for load in LOADS:
        small, large = sizes_of(slow, load)
        assert large == 2 * small < load.sizes[0]


def test_names_are_told_apart() -> None:
    assert len({one.ABOUT.name for one in CONTENDERS}) == len(CONTENDERS)
    assert all(one.ABOUT.tuning for one in CONTENDERS)
