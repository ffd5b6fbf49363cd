"""The two kinds of panels: a number with its colour, and lines over time."""

from typing import NamedTuple

from grafana_foundation_sdk.builders.common import (
    GraphThresholdsStyleConfig,
    ReduceDataOptions,
    VizLegendOptions,
    VizTooltipOptions,
)
from grafana_foundation_sdk.builders.dashboard import ThresholdsConfig
from grafana_foundation_sdk.builders.prometheus import Dataquery
from grafana_foundation_sdk.builders.stat import Panel as Stat
from grafana_foundation_sdk.builders.timeseries import Panel as Lines
from grafana_foundation_sdk.models.common import (
    BigValueColorMode,
    BigValueGraphMode,
    BigValueTextMode,
    GraphThresholdsStyleMode,
    LegendDisplayMode,
    LegendPlacement,
    SortOrder,
    TooltipDisplayMode,
    VisibilityMode,
)
from grafana_foundation_sdk.models.dashboard import DataSourceRef, Threshold, ThresholdsMode

SOURCE = DataSourceRef(type_val="prometheus", uid="${datasource}")
WIDTH = 24
"""Of Grafana's grid."""
STAT_HEIGHT, LINES_HEIGHT = 4, 8


class Panels(NamedTuple):
    """A row: its title, and what is in it."""

    title: str
    panels: list[Stat | Lines]


def query(expr: str, legend: str) -> Dataquery:
    """Return a query over the time shown; the legend may name labels, as {{instance}}."""
    return Dataquery().datasource(SOURCE).expr(expr).legend_format(legend).range()


def colours(good: str, *steps: tuple[float, str]) -> ThresholdsConfig:
    """Return the colour for small values, and others from given values on."""
    lowest = Threshold(value=None, color=good)
    above = [Threshold(value=value, color=color) for value, color in steps]
    return ThresholdsConfig().mode(ThresholdsMode.ABSOLUTE).steps([lowest, *above])


def stat(  # the six things that a number on a dashboard is
    title: str, unit: str, expr: str, limits: ThresholdsConfig, says: str, *, decimals: int = 0
) -> Stat:
    """Return a panel of one number, six of which fill a row.

    Args:
        title: two words.
        unit: Grafana's name of it.
        expr: gives one series.
        limits: the number's colours.
        says: what it means, and what is not in order.
        decimals: after the point.
    """
    return (
        Stat()
        .title(title)
        .description(says)
        .datasource(SOURCE)
        .unit(unit)
        .decimals(decimals)
        .thresholds(limits)
        .color_mode(BigValueColorMode.BACKGROUND)
        .graph_mode(BigValueGraphMode.NONE)
        .text_mode(BigValueTextMode.VALUE)
        .reduce_options(ReduceDataOptions().calcs(["lastNotNull"]))
        .no_value("no data")
        .height(STAT_HEIGHT)
        .span(WIDTH // 6)
        .with_target(query(expr, title))
    )


def lines(title: str, unit: str, *queries: Dataquery, says: str = "", in_row: int = 3) -> Lines:
    """Return a panel of lines over time, so many of which fill a row."""
    panel = (
        Lines()
        .title(title)
        .description(says)
        .datasource(SOURCE)
        .unit(unit)
        .min(0)
        .line_width(1)
        .fill_opacity(8)
        .show_points(VisibilityMode.NEVER)
        .legend(
            VizLegendOptions()
            .display_mode(LegendDisplayMode.LIST)
            .placement(LegendPlacement.BOTTOM)
            .show_legend(True)
        )
        .tooltip(VizTooltipOptions().mode(TooltipDisplayMode.MULTI).sort(SortOrder.DESCENDING))
        .height(LINES_HEIGHT)
        .span(WIDTH // in_row)
    )
    for one in queries:
        panel = panel.with_target(one)
    return panel


def with_limit(panel: Lines, limit: float) -> Lines:
    """Draw the value of an alert into a panel."""
    style = GraphThresholdsStyleConfig().mode(GraphThresholdsStyleMode.DASHED)
    return panel.thresholds(colours("transparent", (limit, "red"))).thresholds_style(style)
