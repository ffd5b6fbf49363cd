"""What changed between two runs, and what is only noise."""

import random
from collections.abc import Sequence
from pathlib import Path

import pytest
from benchmarks.__main__ import app
from benchmarks.compare import Verdict, changes, differences, judge
from benchmarks.measures import Measure, measures
from benchmarks.noise import change
from benchmarks.run_folder import RunFolder, Sample
from tests.benchmarks.samples import (
    capacity_samples,
    ladder_samples,
    recovery_samples,
    scale_samples,
)
from typer.testing import CliRunner

CPU = Measure("flow, 10,000 users", "CPU, µs/event")
LEVEL = 0.05


def verdicts(before: Sequence[Sample], after: Sequence[Sample]) -> dict[Measure, Verdict]:
    """Return what is said of each measure."""
    found = changes(measures(before), measures(after))
    return {measure: judge(measure, seen, LEVEL) for measure, seen in found.items()}


def test_the_slope_of_each_repetition_is_a_value() -> None:
    found = measures(ladder_samples(cpu_us=3.0, runs=5, noise_us=0))

    assert found[CPU] == pytest.approx([3.0] * 5)
    assert found[CPU._replace(what="CPU, × consume and decode")] == pytest.approx([2.0] * 5)


def test_more_cpu_is_worse_less_is_better_and_none_is_noise() -> None:
    before = ladder_samples(cpu_us=3.0)

    assert verdicts(before, ladder_samples(cpu_us=4.0))[CPU] == "worse"
    assert verdicts(before, ladder_samples(cpu_us=2.0))[CPU] == "better"
    assert verdicts(before, ladder_samples(cpu_us=3.001))[CPU] == "no more than noise"


def test_where_more_is_better_more_is_better() -> None:
    rate = Measure("10,000 users", "events/s", more_is_better=True)

    assert judge(rate, change([1, 2, 3, 4, 5], [11, 12, 13, 14, 15]), LEVEL) == "better"
    assert judge(rate, change([11, 12, 13, 14, 15], [1, 2, 3, 4, 5]), LEVEL) == "worse"


def test_three_runs_against_three_cannot_tell() -> None:
    found = verdicts(ladder_samples(cpu_us=3.0, runs=3), ladder_samples(cpu_us=9.0, runs=3))

    assert found[CPU] == "too few runs to tell"


@pytest.mark.parametrize(
    ("before", "after", "p_value"),
    # By hand: of all ways to deal out so many ranks, those that are as far apart.
    [([1, 2, 3], [4, 5, 6], 2 / 20), ([1, 2, 3, 4], [5, 6, 7, 8], 2 / 70), ([1, 3], [2, 4], 4 / 6)],
)
def test_the_p_value_is_that_of_all_orders(
    before: list[float], after: list[float], p_value: float
) -> None:
    assert change(before, after).p_value == pytest.approx(p_value)


def test_the_interval_holds_the_ratio_and_is_wider_with_more_noise() -> None:
    calm = change([10, 10.1, 10.2, 9.9, 9.8], [20, 20.1, 20.2, 19.9, 19.8])
    noisy = change([10, 13, 7, 9, 12], [20, 26, 14, 18, 24])

    assert calm.low <= calm.ratio == 2 <= calm.high
    assert noisy.low <= noisy.ratio <= noisy.high
    assert calm.high - calm.low < 0.2 < noisy.high - noisy.low


def test_chance_alone_is_seldom_taken_for_a_change() -> None:
    draw = random.Random(1)
    pairs = [
        ([draw.gauss(10, 1) for _ in range(5)], [draw.gauss(10, 1) for _ in range(5)])
        for _ in range(60)
    ]

    fooled = sum(judge(CPU, change(*pair), LEVEL) != "no more than noise" for pair in pairs)

    # 3 of 60 are to be expected at 5 %; more than 9 come up once in a thousand times.
    assert fooled <= 9


def test_all_benchmarks_have_measures() -> None:
    everything = measures([*capacity_samples(), *recovery_samples(), *scale_samples()])

    assert everything[Measure("capacity", "sustained events/s", more_is_better=True)] == [100_000]
    assert everything[Measure("recovery after 60 s", "lag gone after, s")] == [9.0]
    assert everything[Measure("1,000,000 open pairs", "store, bytes/pair")] == [34.0]
    assert everything[Measure("2 processes", "CPU, µs/event")] == [3.1]


def test_what_differs_about_the_machines_is_named() -> None:
    before = {"started": "x", "commit": "abc", "cores": 2, "libraries": {"bytewax": "0.21.1"}}
    after = {"started": "y", "commit": "def", "cores": 2, "libraries": {"bytewax": "0.22.0"}}

    assert differences(before, after) == ["commit: abc → def", "bytewax: 0.21.1 → 0.22.0"]


def make_run(folder: Path, samples: Sequence[Sample]) -> str:
    """Leave the folder of a run."""
    run = RunFolder.create("ladder", {}, runs=folder)
    for sample in samples:
        run.sample(**sample)
    return str(run.path)


def test_the_command_fails_on_worse_only_when_asked_to(tmp_path: Path) -> None:
    before = make_run(tmp_path, ladder_samples(cpu_us=3.0))
    after = make_run(tmp_path, ladder_samples(cpu_us=4.0))
    command = CliRunner()

    told = command.invoke(app, ["compare", before, after])
    refused = command.invoke(app, ["compare", before, after, "--fail-on-worse"])
    other_way = command.invoke(app, ["compare", after, before, "--fail-on-worse"])

    assert (told.exit_code, refused.exit_code, other_way.exit_code) == (0, 1, 0)
    assert "worse" in told.output


def test_what_only_one_run_has_is_named(tmp_path: Path) -> None:
    both = [*ladder_samples(), *recovery_samples()]
    before, after = make_run(tmp_path, ladder_samples()), make_run(tmp_path, both)

    said = CliRunner().invoke(app, ["compare", before, after]).output

    assert "in one run only: recovery after 60 s, lag gone after, s" in said
    assert "in one run only: flow" not in said


def test_runs_without_a_common_measure_are_refused_in_a_line(tmp_path: Path) -> None:
    ladder, scale = make_run(tmp_path, ladder_samples()), make_run(tmp_path, scale_samples())

    said = CliRunner().invoke(app, ["compare", ladder, scale])

    assert said.exit_code == 1
    assert "have no measure in common" in said.output
