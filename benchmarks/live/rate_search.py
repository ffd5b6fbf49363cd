"""The highest rate that is sustained: doubling, then bisection."""

from collections.abc import Callable
from typing import NamedTuple

GIVE_UP_PER_S = 1_000


class Bracket(NamedTuple):
    """Between which rates the limit is.

    Fields:
        sustained_per_s: the highest that was sustained; 0: none.
        failed_per_s: the lowest that was not; None: the search ended at its ceiling.
    """

    sustained_per_s: int
    failed_per_s: int | None


def search(
    sustains: Callable[[int], bool], first_per_s: int, ceiling_per_s: int, precision: float
) -> Bracket:
    """Search for the limit, from `first_per_s` on.

    Args:
        sustains: tries a rate.
        ceiling_per_s: no rate above it is tried.
        precision: the search ends when the bracket is so wide, as a share of its lower end.
    """
    low, high = 0, None
    rate = min(first_per_s, ceiling_per_s)
    while rate >= GIVE_UP_PER_S:
        if sustains(rate):
            low = rate
        else:
            high = rate
        if high is None:
            if low == ceiling_per_s:
                break
            rate = min(2 * low, ceiling_per_s)
        elif low == 0:
            rate = high // 2
        elif high - low <= precision * low:
            break
        else:
            rate = (low + high) // 2
    return Bracket(low, high)
