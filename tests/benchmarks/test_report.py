"""The report shows what the samples are about, on a page that needs nothing else."""

import re
from pathlib import Path
from xml.etree import ElementTree

import pytest
from benchmarks.plots import draw_plots
from benchmarks.plots.delay import plot_delays
from benchmarks.plots.figure import Plot
from benchmarks.plots.lag import runs_in
from benchmarks.report import write_report, write_svgs
from benchmarks.run_folder import RunFolder, Sample
from tests.benchmarks.samples import (
    capacity_samples,
    delay_samples,
    ladder_samples,
    lag_samples,
    recovery_samples,
    scale_samples,
)

UNIT = r", (µs|s|records|bytes|MiB)\b|share of|per second"
EVERYTHING = [
    *ladder_samples(),
    *capacity_samples(),
    *recovery_samples(),
    *scale_samples(),
]


@pytest.fixture(scope="module")
def plots() -> dict[str, Plot]:
    """All plots that there are, by name: drawing takes a second."""
    return {plot.name: plot for plot in draw_plots(EVERYTHING)}


def test_each_kind_of_sample_has_its_plots(plots: dict[str, Plot]) -> None:
    assert list(plots) == [
        "ladder-10-000-users",
        "lag",
        "lag-recovery-1",
        "lag-recovery-2",
        "delay",
        "scale-processes",
        "scale-users",
        "scale-open-pairs",
        "pauses-1000000-open-pairs",
    ]


@pytest.mark.parametrize(
    ("samples", "names"),
    [([], []), (lag_samples(1_000, 0), ["lag"]), (delay_samples(1_000), ["delay"])],
    ids=["nothing", "lag", "delay"],
)
def test_what_is_not_there_has_no_plot(samples: list[Sample], names: list[str]) -> None:
    assert [plot.name for plot in draw_plots(samples)] == names


def test_a_plot_is_an_svg_with_units_on_its_axes_and_says_how_it_was_measured(
    plots: dict[str, Plot],
) -> None:
    for plot in plots.values():
        svg = ElementTree.fromstring(plot.svg)
        texts = {"".join(text.itertext()) for text in svg.iter("{http://www.w3.org/2000/svg}text")}

        assert svg.tag == "{http://www.w3.org/2000/svg}svg"
        assert any(re.search(UNIT, text) for text in texts), (plot.name, texts)
        assert plot.method.endswith(".")


def test_titles_say_what_is_seen(plots: dict[str, Plot]) -> None:
    titles = {plot.name: plot.title for plot in plots.values()}

    assert "from 1.5 µs (consume and decode) to 3 µs (flow)" in titles["ladder-10-000-users"]
    assert titles["lag"] == "Lag over time: 100,000 events/s are sustained"
    assert titles["delay"] == "Delay of results: 99 of 100 within 2 s at 50,000 events/s"
    assert "results after 4.0 s more, lag gone not seen" in titles["lag-recovery-1"]
    assert "started again after 60 s: results after 4.0 s more" in titles["lag-recovery-2"]


def test_the_percentile_of_results_counts_each_and_not_each_delay() -> None:
    (plot,) = plot_delays(delay_samples(1_000))

    assert "p50 0.5 s, p99 2 s, max 3 s" in plot.svg


def test_runs_at_one_rate_are_lines_of_their_own() -> None:
    runs = list(runs_in([*lag_samples(1_000, 0), *lag_samples(1_000, 5)]))

    assert [len(run.lags) for run in runs] == [30, 30]


def test_the_page_has_all_of_it_and_fetches_nothing(tmp_path: Path, plots: dict[str, Plot]) -> None:
    run = RunFolder.create("all", {"runs": 5}, runs=tmp_path)
    for sample in EVERYTHING:
        run.sample(**sample)

    page = write_report(run).read_text()

    assert page.count("<figure") == page.count("<svg ") == len(plots)
    assert "0 of 1 targets held" in page
    assert "✗ missed" in page
    assert str(run.about()["commit"]) in page
    assert not re.search(r"""(src|href)=["'](?!#)|@import|url\((?!#)""", page)


def test_what_a_contender_is_called_is_text_and_no_markup(tmp_path: Path) -> None:
    run = RunFolder.create("ladder", {}, runs=tmp_path)
    for sample in ladder_samples():
        run.sample(**sample)

    page = write_report(run).read_text()

    assert "<b>plain</b>" not in page
    assert "stock &amp; &lt;b&gt;plain&lt;/b&gt;" in page


def test_plots_become_files_the_same_each_time(tmp_path: Path) -> None:
    run = RunFolder.create("scale", {}, runs=tmp_path)
    for sample in scale_samples():
        run.sample(**sample)

    first = {path.name: path.read_bytes() for path in write_svgs(run, tmp_path / "one")}
    second = {path.name: path.read_bytes() for path in write_svgs(run, tmp_path / "two")}

    assert "scale-users.svg" in first
    assert first == second
