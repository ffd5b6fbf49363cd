"""The dashboard's panels as they stand in its JSON, so that a new one is found by itself."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
DASHBOARD = ROOT / "deploy/grafana/windowing.json"


@dataclass(frozen=True)
class Grid:
    """A place on the dashboard, which is 24 wide."""

    x: int
    y: int
    w: int
    h: int


@dataclass(frozen=True)
class Query:
    """An expression with its variables, and how its series are called."""

    expr: str
    legend: str

    def name_of(self, labels: dict[str, str]) -> str:
        """Return the name of a series in the legend."""
        text = self.legend
        for name, value in labels.items():
            text = text.replace(f"{{{{{name}}}}}", value)
        return text


@dataclass(frozen=True)
class Panel:
    """A panel, or the title of a row, which has no queries.

    Fields:
        kind: stat, timeseries or row.
        steps: pairs of a value and the colour from it on; None: from the beginning.
    """

    title: str
    kind: str
    unit: str
    decimals: int | None
    grid: Grid
    queries: list[Query]
    steps: list[tuple[float | None, str]]


def read_dashboard() -> Any:
    """Return the dashboard's JSON."""
    return json.loads(DASHBOARD.read_text())


def panels() -> list[Panel]:
    """Return all panels and row titles, from top to bottom."""
    return [_panel(one) for one in read_dashboard()["panels"]]


def marks() -> list[tuple[str, str]]:
    """Return the expressions that mark moments in all panels, each with its colour."""
    return [(one["expr"], one["iconColor"]) for one in read_dashboard()["annotations"]["list"]]


def _panel(one: Any) -> Panel:
    grid = one["gridPos"]
    defaults = one.get("fieldConfig", {}).get("defaults", {})
    return Panel(
        one["title"],
        one["type"],
        defaults.get("unit", ""),
        defaults.get("decimals"),
        Grid(grid["x"], grid["y"], grid["w"], grid["h"]),
        [Query(target["expr"], target["legendFormat"]) for target in one.get("targets", [])],
        [(s["value"], s["color"]) for s in defaults.get("thresholds", {}).get("steps", [])],
    )


def replaced(expr: str, *, rate_interval_s: float, range_s: float) -> str:
    """Return an expression as Grafana sends it when "All" is chosen everywhere.

    Raises:
        ValueError: it has a variable that the dashboard does not define.
    """
    for name, value in _values(rate_interval_s, range_s).items():
        expr = expr.replace(f"${name}", value)
    if "$" in expr:
        raise ValueError(f"{expr!r} has an unknown variable")
    return expr


def _values(rate_interval_s: float, range_s: float) -> dict[str, str]:
    chosen = {
        one["name"]: one["allValue"]
        for one in read_dashboard()["templating"]["list"]
        if one["type"] == "query"
    }
    return chosen | {
        "__rate_interval": f"{round(rate_interval_s)}s",
        "__range": f"{round(range_s)}s",
    }
