"""What an event costs: the slope between two sizes, so that what starting costs does not count."""

from collections.abc import Sequence
from statistics import median
from typing import NamedTuple

from benchmarks.measure import Cost, NoFigureError

LEAST_EPOCHS = 5
"""So many epochs must lie between both sizes for a pace to be told from them."""


class Rate(NamedTuple):
    """A contender on a load.

    Fields:
        cpu_us_per_event: CPU time in µs, the median of the repetitions.
        cpu_us_min, cpu_us_max: the lowest and highest repetition.
        events_per_s: from the slope of the time on the clock, the median too; None where that
            time comes in steps too large to tell.
        peak_mib: the highest in the larger size.
        first_result_s: from the start in the smaller size, the median; None without results.
    """

    cpu_us_per_event: float
    cpu_us_min: float
    cpu_us_max: float
    events_per_s: float | None
    peak_mib: float
    first_result_s: float | None


def slopes(small: Sequence[float], large: Sequence[float], events: tuple[int, int]) -> list[float]:
    """Return what one event more takes, for each repetition.

    Args:
        small, large: what both sizes took, as many repetitions of each.
        events: the number of events of both sizes.
    """
    more = events[1] - events[0]
    return [(b - a) / more for a, b in zip(small, large, strict=True)]


def rate(
    small: Sequence[Cost], large: Sequence[Cost], events: tuple[int, int], epoch_s: float = 0.0
) -> Rate:
    """Return the rate of a contender from its repetitions in both sizes.

    Args:
        epoch_s: the time on the clock comes in steps of so much; 0 if it does not.

    Raises:
        NoFigureError: the larger size took no longer than the smaller.
    """
    cpu = slopes([cost.cpu_s for cost in small], [cost.cpu_s for cost in large], events)
    wall = slopes([cost.wall_s for cost in small], [cost.wall_s for cost in large], events)
    between_s = median(wall) * (events[1] - events[0])
    tells_pace = between_s >= LEAST_EPOCHS * epoch_s
    if median(cpu) <= 0 or (tells_pace and between_s <= 0):
        raise NoFigureError(
            f"{events[1]} events took no longer than {events[0]}: take larger sizes"
        )
    firsts = [cost.first_result_s for cost in small if cost.first_result_s is not None]
    return Rate(
        median(cpu) * 1e6,
        min(cpu) * 1e6,
        max(cpu) * 1e6,
        1 / median(wall) if tells_pace else None,
        max(cost.peak_mib for cost in large),
        median(firsts) if firsts else None,
    )
