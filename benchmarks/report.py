"""The report of a run: an HTML page that needs nothing else."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import typer
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from rich.console import Console

from benchmarks.plots import draw_plots
from benchmarks.run_folder import REPORT, NoRunError, RunFolder, Sample

TEMPLATES = Path(__file__).parent
TABLED = ("rate", "rejected", "scale", "probe", "feeder", "recovery", "soak-kill", "soak-verdict")
"""Kinds that people read whole; of the others, which come by the thousand, they see a plot."""
SHOWN_ROWS = 12


class Table(NamedTuple):
    """Samples of a kind: the names of their fields, and a row of texts for each."""

    kind: str
    names: list[str]
    rows: list[list[str]]
    left_out: int


def write_report(run: RunFolder) -> Path:
    """Write the report of a run from its samples, and return its path."""
    samples, about = run.samples(), run.about()
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["text"] = _text
    options = about.pop("options")
    page = environment.get_template("report.html.j2").render(
        benchmark=about.pop("benchmark"),
        started=about.pop("started").replace("T", " ").replace("+00:00", " UTC"),
        machine=_flat(about),
        options=options,
        verdicts=[s for s in samples if s["kind"] == "verdict"],
        plots=draw_plots(samples),
        tables=_tables(samples),
    )
    path = run.path / REPORT
    path.write_text(page)
    return path


def write_svgs(run: RunFolder, folder: Path) -> list[Path]:
    """Write the plots of a run into a folder, a file each, and return their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    paths: list[Path] = []
    for plot in draw_plots(run.samples()):
        paths.append(folder / f"{plot.name}.svg")
        paths[-1].write_text(plot.svg)
    return paths


def report(
    run: Annotated[Path, typer.Argument(help="the folder of a run")],
    svg: Annotated[Path | None, typer.Option(help="a folder for the plots as files")] = None,
) -> None:
    """Write the report of a run anew, and its plots as files."""
    try:
        opened = RunFolder.open(run)
    except NoRunError as error:
        raise SystemExit(str(error)) from None
    paths = [write_report(opened)] if svg is None else write_svgs(opened, svg)
    for path in paths:
        Console().print(str(path), soft_wrap=True)


def _tables(samples: Iterable[Sample]) -> list[Table]:
    kinds: dict[str, list[Sample]] = {}
    for sample in samples:
        if sample["kind"] != "verdict":
            kinds.setdefault(sample["kind"], []).append(sample)
    return [_table(kind, of_kind) for kind, of_kind in kinds.items()]


def _table(kind: str, samples: Sequence[Sample]) -> Table:
    # Samples of one kind may differ in their fields: a column for each that any of them has.
    names = list(dict.fromkeys(name for sample in samples for name in sample if name != "kind"))
    shown = samples if kind in TABLED else samples[:SHOWN_ROWS]
    rows = [[_text(sample.get(name)) for name in names] for sample in shown]
    return Table(kind, names, rows, len(samples) - len(shown))


def _flat(about: Mapping[str, Any]) -> dict[str, Any]:
    """Return the description of a machine with its libraries in one line."""
    libraries = ", ".join(f"{name} {version}" for name, version in about["libraries"].items())
    return {**about, "libraries": libraries}


def _text(value: Any) -> str:
    match value:
        case None | bool():
            return {None: "", True: "yes", False: "no"}[value]
        case int():
            return f"{value:,}"
        case float():
            return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"
        case list():
            return ", ".join(map(_text, value))
        case dict():
            return ", ".join(f"{name} {_text(inner)}" for name, inner in value.items())
    return str(value)
