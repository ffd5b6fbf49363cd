"""Draws the dashboard from a Prometheus: every query of every panel, in the dashboard's grid.

As `python -m tests.deploy.render_dashboard --prometheus http://127.0.0.1:9090 --from 1h --out
dashboard.svg`.
Moments are RFC 3339, Unix seconds, or how long ago: 90s, 30m, 1h; the end's default is now.
"""

import re
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from tests.deploy.drawing import Answered, Mark, Span, beginnings, draw, save
from tests.deploy.panels import Panel, Query, marks, panels, replaced
from tests.deploy.prometheus_api import PrometheusApi, PrometheusError, Series

POINTS = 400
"""Of a line, about as many as a panel has pixels."""
SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def span_of(begin_s: float, end_s: float, scrape_s: float) -> Span:
    """Return a time with steps as Grafana would take them."""
    return Span(begin_s, end_s, max(scrape_s, (end_s - begin_s) / POINTS))


def answer(panel: Panel, prometheus: PrometheusApi, span: Span, scrape_s: float) -> Answered:
    """Run a panel's queries over a time.

    Args:
        panel: any.
        prometheus: that has the data.
        span: of time.
        scrape_s: how often Prometheus scrapes; Grafana is told in the data source's settings.
    """
    series: list[tuple[Query, Series]] = []
    for query in panel.queries:
        for one in prometheus.query_range(_sent(query.expr, span, scrape_s), *span):
            series.append((query, one))
    return Answered(panel, series)


def moments(prometheus: PrometheusApi, span: Span, scrape_s: float) -> list[Mark]:
    """Return where the dashboard's marks begin."""
    return [
        Mark(at_s, colour)
        for expr, colour in marks()
        for one in prometheus.query_range(_sent(expr, span, scrape_s), *span)
        for at_s in beginnings(one.points, span.step_s)
    ]


def _sent(expr: str, span: Span, scrape_s: float) -> str:
    rate_interval_s = max(4 * scrape_s, span.step_s + scrape_s)
    return replaced(expr, rate_interval_s=rate_interval_s, range_s=span.end_s - span.begin_s)


def moment(text: str, now_s: float) -> float:
    """Return a moment as a Unix time.

    Raises:
        typer.BadParameter: it is none.
    """
    if ago := re.fullmatch(r"([0-9]+)([smhd])", text):
        return now_s - int(ago[1]) * SECONDS[ago[2]]
    try:
        return float(text)
    except ValueError:
        pass
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(
            f"{text!r} is no moment: write 2026-01-01T12:00:00Z, Unix seconds, or 1h (ago)"
        ) from None
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()


def render(
    prometheus: Annotated[str, typer.Option(help="Its address.")] = "http://127.0.0.1:9090",
    begin: Annotated[str, typer.Option("--from", help="RFC 3339, Unix seconds, or ago.")] = "1h",
    end: Annotated[str, typer.Option("--to", help="The same.")] = "0s",
    out: Annotated[Path, typer.Option(help="SVG, PNG or PDF, by its name.")] = Path("dash.svg"),
    scrape_s: Annotated[float, typer.Option(help="How often Prometheus scrapes.", min=1)] = 15,
) -> None:
    """Draw the dashboard into a file."""
    now_s = time.time()
    begin_s, end_s = moment(begin, now_s), moment(end, now_s)
    if begin_s >= end_s:
        raise typer.BadParameter(f"--from {begin} is not before --to {end}")
    api, span = PrometheusApi(prometheus.rstrip("/")), span_of(begin_s, end_s, scrape_s)
    try:
        answered = [answer(panel, api, span, scrape_s) for panel in panels()]
        marked = moments(api, span, scrape_s)
    except PrometheusError as error:
        typer.echo(error, err=True)
        raise typer.Exit(1) from None
    save(draw(answered, marked, span), out)
    typer.echo(f"{out}: {sum(len(one.series) for one in answered)} series")


if __name__ == "__main__":
    typer.run(render)
