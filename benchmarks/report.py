"""The report of a run: an HTML page that needs nothing else."""

from pathlib import Path
from typing import Annotated

import typer
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from rich.console import Console

from benchmarks.run_folder import REPORT, NoRunError, RunFolder

TEMPLATES = Path(__file__).parent


def write_report(run: RunFolder) -> Path:
    """Write the report of a run and return its path."""
    kinds: dict[str, list[dict[str, object]]] = {}
    for sample in run.samples():
        kinds.setdefault(sample["kind"], []).append(sample)
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined
    )
    template = environment.get_template("report.html.j2")
    path = run.path / REPORT
    path.write_text(template.render(about=run.about(), kinds=kinds))
    return path


def report(run: Annotated[Path, typer.Argument(help="the folder of a run")]) -> None:
    """Write the report of a run anew."""
    try:
        Console().print(write_report(RunFolder.open(run)))
    except NoRunError as error:
        raise SystemExit(str(error)) from None
