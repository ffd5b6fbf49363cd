"""The search for the highest rate."""

from benchmarks.live.rate_search import GIVE_UP_PER_S, Bracket, search
from hypothesis import given
from hypothesis import strategies as st


@given(
    limit=st.integers(2 * GIVE_UP_PER_S, 2_000_000),
    first=st.integers(GIVE_UP_PER_S, 200_000),
    ceiling=st.integers(200_000, 1_000_000),
)
def test_the_limit_is_found_to_a_tenth(limit: int, first: int, ceiling: int) -> None:
    tried: list[int] = []

    def sustains(rate: int) -> bool:
        tried.append(rate)
        return rate <= limit

    low, high = search(sustains, first, ceiling, 0.1)

    assert len(tried) == len(set(tried)) <= 20
    assert max(tried) <= ceiling
    assert low in tried
    assert low <= limit
    if high is None:
        assert low == ceiling
    else:
        assert high in tried
        assert limit < high
        assert high - low <= 0.1 * low


def test_doubling_then_bisection() -> None:
    tried: list[int] = []

    def sustains(rate: int) -> bool:
        tried.append(rate)
        return rate <= 130_000

    assert search(sustains, 50_000, 400_000, 0.1) == Bracket(125_000, 137_500)
    assert tried == [50_000, 100_000, 200_000, 150_000, 125_000, 137_500]


def test_a_flow_that_sustains_nothing_is_given_up() -> None:
    tried: list[int] = []

    def sustains(rate: int) -> bool:
        tried.append(rate)
        return False

    assert search(sustains, 8_000, 100_000, 0.1) == Bracket(0, 1_000)
    assert tried == [8_000, 4_000, 2_000, 1_000]
