"""Writes the dashboard, as `make dashboard` does: what Grafana imports, on the standard output."""

import sys
from itertools import count

from deploy.grafana.panels import SOURCE
from deploy.grafana.rows import ROWS
from grafana_foundation_sdk.builders.dashboard import (
    AnnotationQuery,
    Dashboard,
    DatasourceVariable,
    QueryVariable,
    Row,
)
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.dashboard import (
    DashboardCursorSync,
    VariableRefresh,
    VariableSort,
)


def variable(name: str, label: str, values: str) -> QueryVariable:
    """Return a variable of which one, several or all may be chosen."""
    return (
        QueryVariable(name)
        .label(label)
        .datasource(SOURCE)
        .query(values)
        .refresh(VariableRefresh.ON_TIME_RANGE_CHANGED)
        .sort(VariableSort.ALPHABETICAL_ASC)
        .multi(True)
        .include_all(True)
        .all_value(".*")
    )


def mark(name: str, colour: str, expr: str) -> AnnotationQuery:
    """Return a mark on the time axis of all panels, where an expression has a value."""
    return (
        AnnotationQuery().name(name).datasource(SOURCE).enable(True).icon_color(colour).expr(expr)
    )


def dashboard() -> Dashboard:
    """Return the whole dashboard."""
    whole = (
        Dashboard("Windowing")
        .uid("windowing")
        .description("Event-time windows over Kafka, exactly once. From the top: is it healthy?")
        .tags(["windowing", "kafka"])
        .timezone("browser")
        .refresh("30s")
        .time("now-1h", "now")
        .tooltip(DashboardCursorSync.CROSSHAIR)
        .with_variable(DatasourceVariable("datasource").label("Data source").type("prometheus"))
        .with_variable(
            variable("namespace", "Namespace", "label_values(windowing_build_info, namespace)")
        )
        .with_variable(
            variable(
                "job", "Job", 'label_values(windowing_build_info{namespace=~"$namespace"}, job)'
            ).all_value(".*windowing.*")
        )
        .with_variable(
            variable(
                "instance",
                "Process",
                'label_values(windowing_build_info{namespace=~"$namespace",job=~"$job"}, instance)',
            )
        )
        .annotation(
            mark(
                "Starts",
                "blue",
                'changes(process_start_time_seconds{namespace=~"$namespace",job=~"$job"}[1m]) > 0',
            )
        )
        .annotation(mark("Alerts", "red", 'ALERTS{alertstate="firing",alertname=~"Windowing.+"}'))
    )
    number = count(1)
    for row in ROWS:
        whole = whole.with_row(Row(row.title).id(next(number)))
        for panel in row.panels:
            whole = whole.with_panel(panel.id(next(number)))
    return whole


def dashboard_json() -> str:
    """Return the dashboard as Grafana imports it."""
    return JSONEncoder(indent=2, sort_keys=True).encode(dashboard().build()) + "\n"


if __name__ == "__main__":
    sys.stdout.write(dashboard_json())
