"""What the chart gives Prometheus: the rules of deploy/prometheus, and who is scraped."""

import re

import yaml
from tests.deploy.chart import BOOTSTRAP, CHART, RELEASE, Resource, helm, only, pod_spec, render
from tests.deploy.tools import ROOT

RULES = ROOT / "deploy" / "prometheus" / "alerts.yml"
ON = ("serviceMonitor.enabled=true", "prometheusRule.enabled=true")


def resources() -> list[Resource]:
    return render(None, *BOOTSTRAP, *ON)


def test_the_rules_are_those_of_the_repository() -> None:
    assert only(resources(), "PrometheusRule")["spec"] == yaml.safe_load(RULES.read_text())


def test_they_are_packed_with_the_chart(tmp_path) -> None:
    helm("package", str(CHART), "--destination", str(tmp_path))
    (packed,) = tmp_path.glob("windowing-*.tgz")
    rule = only(render(None, *BOOTSTRAP, *ON, chart=packed), "PrometheusRule")
    assert rule["spec"] == yaml.safe_load(RULES.read_text())


def test_the_monitor_finds_the_service_and_its_port() -> None:
    monitor, service = only(resources(), "ServiceMonitor"), only(resources(), "Service")
    wanted = monitor["spec"]["selector"]["matchLabels"]
    assert wanted.items() <= service["metadata"]["labels"].items()
    (endpoint,) = monitor["spec"]["endpoints"]
    (port,) = service["spec"]["ports"]
    (container,) = pod_spec(resources())["containers"]
    assert endpoint["port"] == port["name"]
    assert port["targetPort"] in {named["name"] for named in container["ports"]}
    assert endpoint["path"] == "/metrics"


def test_the_service_finds_the_pods_and_nothing_else_is_named_so() -> None:
    statefulset, service = only(resources(), "StatefulSet"), only(resources(), "Service")
    labels = statefulset["spec"]["template"]["metadata"]["labels"]
    assert service["spec"]["selector"].items() <= labels.items()
    assert labels["app.kubernetes.io/instance"] == RELEASE


def test_the_rules_match_the_job_s_name() -> None:
    # The operator names a job by its Service.
    job = only(resources(), "Service")["metadata"]["name"]
    matchers = set(re.findall(r'job=~"([^"]+)"', RULES.read_text()))
    assert matchers
    assert all(re.fullmatch(matcher, job) for matcher in matchers)


def test_nothing_is_watched_unless_it_is_asked_for() -> None:
    kinds = {resource["kind"] for resource in render(None, *BOOTSTRAP)}
    assert kinds.isdisjoint({"ServiceMonitor", "PrometheusRule"})
