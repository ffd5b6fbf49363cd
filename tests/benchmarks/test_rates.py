"""What an event costs, from runs of two sizes."""

import pytest
from benchmarks.measure import Cost, NoFigureError
from benchmarks.rates import rate, slopes


def runs(*cpu_s: float, start_s: float = 0.0, peak_mib: float = 100.0) -> list[Cost]:
    """Runs that take twice as long on the clock as on the CPU."""
    return [Cost(one + start_s, 2 * one + start_s, peak_mib, start_s + 1) for one in cpu_s]


def test_what_starting_costs_does_not_count() -> None:
    assert slopes([5.0, 7.0], [8.0, 11.0], (1_000, 2_000)) == [0.003, 0.004]


def test_the_figures_are_medians_and_the_spread_is_shown() -> None:
    small, large = runs(1, 1, 1, start_s=9), runs(3, 4, 9, start_s=9)

    figures = rate(small, large, (1_000_000, 2_000_000))

    assert figures.cpu_us_per_event == pytest.approx(3)
    assert (figures.cpu_us_min, figures.cpu_us_max) == pytest.approx((2, 8))
    assert figures.events_per_s == pytest.approx(1_000_000 / 6)
    assert figures.first_result_s == 10


def test_peak_memory_is_the_highest_of_the_larger_size() -> None:
    small = runs(1, 1, peak_mib=900)
    large = [*runs(2, peak_mib=300), *runs(2, peak_mib=400)]

    assert rate(small, large, (1, 2)).peak_mib == 400


def test_a_contender_without_results_has_no_first_one() -> None:
    small = [Cost(1, 1, 1, None)]
    large = [Cost(2, 2, 2, None)]

    assert rate(small, large, (1, 2)).first_result_s is None


@pytest.mark.parametrize(("epoch_s", "told"), [(0, True), (1, True), (2, False)])
def test_steps_of_the_clock_hide_the_pace_and_not_the_cost(epoch_s: float, told: bool) -> None:
    figures = rate(runs(1), runs(4), (1_000, 2_000), epoch_s)

    assert (figures.events_per_s is not None) == told
    assert figures.cpu_us_per_event == pytest.approx(3_000)


def test_sizes_that_cannot_be_told_apart_give_no_figure() -> None:
    with pytest.raises(NoFigureError, match="take larger sizes"):
        rate(runs(2), runs(2), (1_000, 2_000))
