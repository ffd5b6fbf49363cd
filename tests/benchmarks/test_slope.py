"""Whether a rate is sustained."""

import random

import pytest
from benchmarks.live.errors import LiveRunError
from benchmarks.live.slope import LagPoint, trend

RATE_PER_S = 10_000
WARM_UP_S = 15.0


def points(*, lag_grows: float = 0.0, unfed_grows: float = 0.0, seed: int = 0) -> list[LagPoint]:
    """Return 45 s of a sawtooth of an epoch, after a start with a great lag that was caught up."""
    chance = random.Random(seed)
    phase = chance.random()
    seen = []
    for n in range(90):
        at_s = n / 2 + chance.random() * 0.05
        due = int(at_s * RATE_PER_S)
        fed = due - int(unfed_grows * at_s * RATE_PER_S)
        saw = (at_s * 0.97 + phase) % 1 * RATE_PER_S
        caught_up = max(0.0, 10 - at_s) * RATE_PER_S
        seen.append(LagPoint(at_s, due, fed, int(saw + caught_up + lag_grows * at_s * RATE_PER_S)))
    return seen


@pytest.mark.parametrize("seed", range(20))
def test_a_sawtooth_is_no_slope(seed: int) -> None:
    assert trend(points(seed=seed), WARM_UP_S).rises(RATE_PER_S) is None


@pytest.mark.parametrize("seed", range(20))
def test_a_flow_that_is_a_twentieth_too_slow_falls_behind(seed: int) -> None:
    seen = trend(points(lag_grows=0.05, seed=seed), WARM_UP_S)

    assert seen.rises(RATE_PER_S) == "flow"
    assert seen.lag_slope_per_s == pytest.approx(0.05 * RATE_PER_S, rel=0.4)


def test_a_feeder_that_is_too_slow_is_not_the_flows_lag() -> None:
    assert trend(points(unfed_grows=0.1), WARM_UP_S).rises(RATE_PER_S) == "feeder"


def test_the_warm_up_does_not_count() -> None:
    with_warm_up = trend(points(), 0.0)

    # A lag that was caught up in it would make any slope look well.
    assert with_warm_up.lag_slope_per_s < -1_000
    assert trend(points(), WARM_UP_S).lag_slope_per_s > -200


def test_two_points_are_no_trend() -> None:
    with pytest.raises(LiveRunError, match="2 points after 15 s show no trend"):
        trend([LagPoint(15, 0, 0, 0), LagPoint(16, 0, 0, 0)], WARM_UP_S)
