"""The real flow under load, watched by a real Prometheus with the rules of `deploy/prometheus`.

First all is well: no alert fires, every panel of the dashboard has data. Then the flow is broken
in the way that an alert describes, and that alert fires alone. A minute of the rules is a second.
"""

import math
import re
import signal
import time
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import pytest
from tests.deploy.monitored import PROCESSES, Monitored, monitored
from tests.deploy.panels import Panel, marks, panels, read_dashboard, replaced
from tests.deploy.prometheus_server import tool
from tests.deploy.render_dashboard import answer, render, span_of
from tests.deploy.scaled_rules import rules
from tests.kafka.broker import Broker
from tests.kafka.job import eventually

SEEN_S = 20
WITH_QUERIES = [panel for panel in panels() if panel.kind != "row"]
METRIC = re.compile(r"\b(?:windowing|process)_\w+|\bup\b")


@pytest.fixture(scope="module")
def flow(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Monitored]:
    """The flow and its Prometheus, for all tests of this file."""
    tool("prometheus")
    broker: Broker = request.getfixturevalue("broker")
    with monitored(broker.bootstrap, tmp_path_factory.mktemp("monitored")) as running:
        yield running


@pytest.fixture
def calm(flow: Monitored) -> Iterator[None]:
    """Begin when no alert fires, and leave the flow whole."""
    flow.wait_for_calm()
    yield
    flow.traffic.behave()


def fires(flow: Monitored, *alerts: str) -> None:
    """Wait for these alerts, and see that no others fire."""
    fired = eventually(flow.prometheus.firing, lambda names: names >= set(alerts))
    assert fired == set(alerts)


def test_no_alert_fires_while_all_is_well(flow: Monitored):
    ready = f"count_over_time(sum(windowing_ready)[{SEEN_S}s:1s])"
    eventually(
        lambda: flow.prometheus.query(ready),
        lambda seen: bool(seen) and seen[0].last >= SEEN_S,
    )
    assert flow.prometheus.query('max_over_time(ALERTS{alertstate="firing"}[1h])') == []


@pytest.mark.parametrize("panel", WITH_QUERIES, ids=lambda panel: panel.title)
def test_every_query_of_a_panel_has_numbers(flow: Monitored, panel: Panel):
    def names_with_numbers() -> set[str]:
        now_s = time.time()
        answered = answer(panel, flow.prometheus, span_of(now_s - SEEN_S, now_s, 1), scrape_s=1)
        return {
            query.legend
            for query, series in answered.series
            if not all(math.isnan(value) for _, value in series.points)
        }

    wanted = {query.legend for query in panel.queries}
    eventually(names_with_numbers, lambda names: names == wanted)


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule["alert"])
def test_every_metric_of_an_alert_is_there(flow: Monitored, rule: dict[str, str]):
    flow.prometheus.query(rule["expr"])
    for metric in set(METRIC.findall(rule["expr"])):
        assert flow.prometheus.query(metric), metric


def test_the_variables_and_marks_of_the_dashboard_have_values(flow: Monitored):
    dashboard = read_dashboard()
    choices = {
        one["name"]: re.sub(r"label_values\((.*), (\w+)\)", r"group by (\2) (\1)", one["query"])
        for one in dashboard["templating"]["list"]
        if one["type"] == "query"
    }
    assert choices.keys() == {"namespace", "job", "instance"}
    for expr in [*choices.values(), *(expr for expr, _ in marks())]:
        flow.prometheus.query(replaced(expr, rate_interval_s=4, range_s=SEEN_S))
    found = flow.prometheus.query(replaced(choices["instance"], rate_interval_s=4, range_s=SEEN_S))
    assert {one.labels["instance"] for one in found} == set(flow.cluster.targets)


def test_the_dashboard_is_drawn_with_all_its_panels(flow: Monitored, tmp_path: Path):
    picture = tmp_path / "dashboard.svg"
    render(flow.prometheus.url, f"{SEEN_S}s", "0s", picture, scrape_s=1)
    drawn = unescape(picture.read_text())
    assert [panel.title for panel in panels() if f">{panel.title}<" not in drawn] == []
    assert "no data" not in drawn


@pytest.mark.usefixtures("calm")
def test_too_many_dead_letters(flow: Monitored):
    flow.traffic.broken = 0.1
    fires(flow, "WindowingDeadLetters")


@pytest.mark.usefixtures("calm")
def test_too_many_late_events(flow: Monitored):
    flow.traffic.late = 0.1
    fires(flow, "WindowingLateEvents")


@pytest.mark.usefixtures("calm")
def test_a_partition_whose_clock_stands_still(flow: Monitored):
    flow.traffic.freeze(1)
    fires(flow, "WindowingWatermarkStuck")
    [alert] = flow.prometheus.query('ALERTS{alertstate="firing"}')
    assert alert.labels["partition"] == "1"


@pytest.mark.usefixtures("calm")
def test_a_process_that_stands_still(flow: Monitored):
    flow.cluster.process(1).signal(signal.SIGSTOP)
    try:
        fires(flow, "WindowingDown", "WindowingNoCommit")
    finally:
        flow.cluster.process(1).signal(signal.SIGCONT)
    flow.wait_until_ready(PROCESSES)


@pytest.mark.usefixtures("calm")
def test_a_process_that_is_killed_and_one_that_waits_for_it(flow: Monitored):
    flow.cluster.process(1).kill()
    flow.cluster.process(0).end()
    fires(flow, "WindowingDown")
    flow.cluster.start(0)
    fires(flow, "WindowingDown", "WindowingNotReady")
    flow.cluster.start(1)
    flow.wait_until_ready(PROCESSES)
    flow.wait_for_calm()
