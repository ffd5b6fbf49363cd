"""Whether a rate is sustained, told from the lag over time.

Source: Henning and Hasselbring, Theodolite (Big Data Research, 2021): a load is sustained when the
lag's linear trend does not rise.
"""

import statistics
from collections.abc import Sequence
from typing import NamedTuple

from benchmarks.live.errors import LiveRunError

TOLERANCE = 0.02
"""The steepest slope that counts as none, as a share of the rate.

The lag is a sawtooth of about one epoch's worth of events. Over 30 s of samples each half second
its phase alone gives slopes of 0.5 % of the rate (one standard deviation), four of which are this.
A flow that is 10 % too slow has a slope of 10 %.
"""


class LagPoint(NamedTuple):
    """What was seen at a moment.

    Fields:
        at_s: since the feeder began.
        due: events that were due by then.
        fed: of them on the broker.
        lag: of those not durably counted.
    """

    at_s: float
    due: int
    fed: int
    lag: int

    @property
    def counted(self) -> int:
        """Events that are durably counted."""
        return self.fed - self.lag


class Trend(NamedTuple):
    """How two queues grew, in records per second: before the broker, and before the flow."""

    unfed_slope_per_s: float
    lag_slope_per_s: float

    def rises(self, rate_per_s: int) -> str | None:
        """Return what fell behind at this rate; None: the rate is sustained."""
        if self.unfed_slope_per_s > TOLERANCE * rate_per_s:
            return "feeder"
        return "flow" if self.lag_slope_per_s > TOLERANCE * rate_per_s else None


def trend(points: Sequence[LagPoint], warm_up_s: float) -> Trend:
    """Return the slopes after the warm-up, by linear regression over all points.

    Raises:
        LiveRunError: fewer than three points are left.
    """
    warm = [point for point in points if point.at_s >= warm_up_s]
    if len(warm) < 3:
        raise LiveRunError(
            f"{len(warm)} points after {warm_up_s:g} s show no trend: take more time"
        )
    times_s = [point.at_s for point in warm]

    def slope(queue: list[int]) -> float:
        return statistics.linear_regression(times_s, queue).slope

    return Trend(slope([p.due - p.fed for p in warm]), slope([p.lag for p in warm]))
