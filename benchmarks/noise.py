"""Whether two lists of repetitions differ by more than chance would have it.

With few repetitions little can be told. Of 3 and 3 even two lists that lie wholly apart come up by
chance in 1 of 10 comparisons, of 4 and 4 in 1 of 35, of 5 and 5 in 1 of 126: so with 3 and 3
nothing can be said at the usual 5 %. Repetitions of one run share what was special about the
machine in that hour, and no test sees that.
"""

from collections.abc import Sequence
from math import comb, nan
from statistics import median
from typing import NamedTuple

import numpy as np
from scipy.stats import PermutationMethod, bootstrap, mannwhitneyu

RESAMPLES = 9_999
COVERED = 0.95


class Change(NamedTuple):
    """How a measure changed.

    Fields:
        before, after: medians.
        ratio: of the medians, after / before; nan where before is 0.
        low, high: its 95 % interval; nan with one repetition.
        p_value: how often chance alone makes a difference as large, 1 with one repetition.
        p_least: the smallest that so many repetitions can give.
    """

    before: float
    after: float
    ratio: float
    low: float
    high: float
    p_value: float
    p_least: float


def change(before: Sequence[float], after: Sequence[float]) -> Change:
    """Return how the repetitions of one run differ from those of another.

    The p-value is that of the Mann-Whitney test (1947) over all ways to deal the repetitions out,
    or 9,999 of them: it goes by ranks, so that one outlier cannot decide. The interval of the
    ratio of medians is a percentile bootstrap (Efron, 1979), which is too narrow with few
    repetitions: with 3 it is hardly more than from the lowest to the highest.
    """
    middles = median(before), median(after)
    ratio = middles[1] / middles[0] if middles[0] else nan
    p_least = min(1.0, 2 / comb(len(before) + len(after), len(before)))
    if min(len(before), len(after)) < 2:
        return Change(*middles, ratio, nan, nan, 1.0, p_least)
    method = PermutationMethod(n_resamples=RESAMPLES, rng=np.random.default_rng(1))
    p_value = float(mannwhitneyu(before, after, method=method).pvalue)
    low, high = _interval(before, after) if min(*before, *after) > 0 else (nan, nan)
    return Change(*middles, ratio, low, high, p_value, p_least)


def _interval(before: Sequence[float], after: Sequence[float]) -> tuple[float, float]:
    def ratio(one: np.ndarray, other: np.ndarray, axis: int) -> np.ndarray:
        return np.asarray(np.median(other, axis=axis) / np.median(one, axis=axis))

    interval = bootstrap(
        (before, after),
        ratio,
        vectorized=True,
        method="percentile",
        confidence_level=COVERED,
        n_resamples=RESAMPLES,
        rng=np.random.default_rng(1),
    ).confidence_interval
    return float(interval.low), float(interval.high)
