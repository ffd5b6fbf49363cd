"""What changed between two runs, and whether it is more than noise."""

from collections.abc import Mapping
from enum import StrEnum
from math import isnan
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from benchmarks.measures import Measure, Measured, measures
from benchmarks.noise import Change, change
from benchmarks.run_folder import NoRunError, RunFolder

UNCOMPARED = ("started", "load_1_min")
"""What differs between any two runs."""


class Verdict(StrEnum):
    """What can be said of a change."""

    BETTER = "better"
    WORSE = "worse"
    NOISE = "no more than noise"
    TOO_FEW = "too few runs to tell"


STYLES = {Verdict.BETTER: "green", Verdict.WORSE: "red", Verdict.NOISE: "", Verdict.TOO_FEW: "dim"}


def compare(
    before: Annotated[Path, typer.Argument(help="the folder of a run")],
    after: Annotated[Path, typer.Argument(help="the folder of a later one")],
    level: Annotated[
        float, typer.Option(help="how often chance may be taken for a change", min=0.001, max=0.5)
    ] = 0.05,
    fail_on_worse: Annotated[
        bool, typer.Option("--fail-on-worse", help="exit 1 if anything is worse")
    ] = False,
) -> None:
    """What changed between two runs, and whether it is more than noise."""
    try:
        one, other = RunFolder.open(before), RunFolder.open(after)
    except NoRunError as error:
        raise SystemExit(str(error)) from None
    console = Console()
    for line in differences(one.about(), other.about()):
        console.print(line, soft_wrap=True, highlight=False)
    measured = measures(one.samples()), measures(other.samples())
    found = changes(*measured)
    if not found:
        raise SystemExit(f"{before} and {after} have no measure in common: are they of one kind?")
    console.print(table_of(found, level))
    for measure in sorted(measured[0].keys() ^ measured[1].keys()):
        console.print(f"in one run only: {measure.of}, {measure.what}", soft_wrap=True)
    console.print(_legend(len(found), level), soft_wrap=True, highlight=False)
    worse = [measure for measure, seen in found.items() if judge(measure, seen, level) == "worse"]
    if fail_on_worse and worse:
        raise SystemExit(1)


def changes(before: Measured, after: Measured) -> dict[Measure, Change]:
    """Return the changes of the measures that both runs have."""
    return {measure: change(before[measure], after[measure]) for measure in before.keys() & after}


def judge(measure: Measure, seen: Change, level: float) -> Verdict:
    """Return what can be said of a change when chance may fool us as often as `level`."""
    if seen.p_least > level:
        return Verdict.TOO_FEW
    if seen.p_value > level or seen.before == seen.after:
        return Verdict.NOISE
    more = seen.after > seen.before
    return Verdict.BETTER if more is measure.more_is_better else Verdict.WORSE


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """Return a line for each thing about the machine or the options that is not the same."""
    one, other = _flat(before), _flat(after)
    return [
        f"{name}: {one.get(name, 'none')} → {other.get(name, 'none')}"
        for name in dict.fromkeys([*one, *other])
        if one.get(name) != other.get(name) and name not in UNCOMPARED
    ]


def table_of(found: Mapping[Measure, Change], level: float) -> Table:
    """Return the changes as a table."""
    table = Table("", "measure", box=None, pad_edge=False)
    for name in ("before", "after", "ratio", "95 % interval", "p"):
        table.add_column(name, justify="right")
    table.add_column("verdict")
    for measure, seen in sorted(found.items()):
        verdict = judge(measure, seen, level)
        table.add_row(
            measure.of,
            measure.what,
            _figure(seen.before),
            _figure(seen.after),
            "" if isnan(seen.ratio) else f"{seen.ratio:.2f}",
            "" if isnan(seen.low) else f"{seen.low:.2f} to {seen.high:.2f}",
            f"{seen.p_value:.3f}",
            f"[{style}]{verdict}[/]" if (style := STYLES[verdict]) else verdict,
        )
    return table


def _legend(lines: int, level: float) -> str:
    return (
        "Medians. p: how often chance alone makes a difference as large, by the Mann-Whitney test"
        f" over all orders; below {level:g} it is taken for a change, so of {lines} lines"
        f" {lines * level:.1f} may be by chance. The interval is bootstrapped, and too narrow with"
        " few runs. With 3 and 3 or fewer nothing can be told at 5 %."
    )


def _flat(about: Mapping[str, Any]) -> dict[str, Any]:
    """Return the libraries and the options among the rest, by their own names."""
    flat: dict[str, Any] = {}
    for name, value in about.items():
        flat.update(value if isinstance(value, dict) else {name: value})
    return flat


def _figure(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"
