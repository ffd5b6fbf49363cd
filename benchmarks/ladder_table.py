"""The ladder's figures as tables for a terminal."""

from collections.abc import Iterable, Mapping

from rich.table import Table

from benchmarks.contenders.contender import Contender
from benchmarks.contenders.registry import BASELINE
from benchmarks.load import Load
from benchmarks.rates import Rate
from benchmarks.repetitions import Outcome, ratio

COLUMNS = ("CPU µs/event", "lowest–highest", "ratio", "events/s", "peak MiB", "first result s")


def rates_table(load: Load, outcomes: Mapping[str, Outcome]) -> Table:
    """Return the figures of a load, a line for each contender; reasons stand below."""
    table = Table("contender", title=load.name, title_justify="left", caption_justify="left")
    for column in COLUMNS:
        table.add_column(column, justify="right")
    baseline = outcomes.get(BASELINE.ABOUT.name)
    reasons = []
    for name, outcome in outcomes.items():
        if isinstance(outcome, Rate):
            times = ratio(outcome, baseline if isinstance(baseline, Rate) else None)
            table.add_row(name, *_cells(outcome, times))
        else:
            reasons.append(f"{name}: no figure: {outcome}")
    table.caption = "\n".join(reasons)
    return table


def tuning_table(contenders: Iterable[Contender]) -> Table:
    """Return how each contender is set up."""
    table = Table("contender", "how it is set up")
    for contender in contenders:
        table.add_row(contender.ABOUT.name, contender.ABOUT.tuning)
    return table


def _cells(rate: Rate, times: float | None) -> list[str]:
    first, pace = rate.first_result_s, rate.events_per_s
    return [
        f"{rate.cpu_us_per_event:.2f}",
        f"{rate.cpu_us_min:.2f}–{rate.cpu_us_max:.2f}",
        "" if times is None else f"{times:.2f}",
        "" if pace is None else f"{pace:,.0f}",
        f"{rate.peak_mib:.0f}",
        "" if first is None else f"{first:.1f}",
    ]
