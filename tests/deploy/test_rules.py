"""The alert rules with promtool: their form, their unit tests, and what must be said of each."""

import re
import subprocess
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.deploy.panels import ROOT
from tests.deploy.prometheus_server import tool
from tests.deploy.scaled_rules import RULES, rules, scaled, write_scaled

UNIT_TESTS = sorted((ROOT / "deploy/prometheus/tests").glob("*.yaml"))
RUNBOOK = "docs/operations/alerts.md"
SECTION = re.compile(r"^## (Windowing\w+)\n(.*?)(?=^## )", re.MULTILINE | re.DOTALL)
ROW = re.compile(r"^\| `(\w+)` \| (\w+) \|", re.MULTILINE)
NAMES = [rule["alert"] for rule in rules()]


def promtool(*arguments: str | Path) -> None:
    """Run promtool and see that it is content."""
    command = [tool("promtool"), *map(str, arguments)]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr


def each_rule(test):
    return pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule["alert"])(test)


def test_prometheus_takes_the_rules_and_the_example():
    promtool("check", "rules", "--lint-fatal", RULES)
    promtool("check", "config", ROOT / "deploy/prometheus/prometheus.yml")


@pytest.mark.parametrize("file", UNIT_TESTS, ids=lambda file: file.stem)
def test_the_alerts_fire_when_they_must_and_only_then(file: Path):
    promtool("test", "rules", file)


@pytest.mark.parametrize("name", NAMES)
def test_there_is_a_case_in_which_an_alert_fires_and_one_in_which_it_does_not(name: str):
    cases = [
        bool(case["exp_alerts"])
        for file in UNIT_TESTS
        for test in yaml.safe_load(file.read_text())["tests"]
        for case in test["alert_rule_test"]
        if case["alertname"] == name
    ]
    assert set(cases) == {True, False}


@each_rule
def test_an_alert_says_what_to_do(rule: dict[str, Any]):
    assert rule["labels"]["severity"] in {"critical", "warning"}
    assert rule["annotations"].keys() == {"summary", "description", "runbook_url"}
    # So does GitHub name the section of a heading.
    assert rule["annotations"]["runbook_url"] == f"{RUNBOOK}#{rule['alert'].lower()}"


def test_the_runbook_has_a_section_for_each_alert_in_order():
    page = (ROOT / RUNBOOK).read_text()
    sections = dict(SECTION.findall(page))
    assert list(sections) == NAMES
    for name, text in sections.items():
        assert re.findall(r"^\*\*(\w+)\.\*\*", text, re.MULTILINE) == [
            "Means",
            "Look",
            "Do",
            "Log",
        ], name
    assert ROW.findall(page) == [(rule["alert"], rule["labels"]["severity"]) for rule in rules()]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("rate(a_total[10m])", "rate(a_total[10000ms])"),
        ("a offset 1h > b offset 1d", "a offset 60000ms > b offset 1440000ms"),
        ("avg_over_time(a[10m:1m])", "avg_over_time(a[10000ms:1000ms])"),
        ('a{x="10m",y=~"5m.*"} > 0.01 * b2m', 'a{x="10m",y=~"5m.*"} > 0.01 * b2m'),
        ("2m", "2000ms"),
    ],
)
def test_scaling_shortens_durations_and_nothing_else(text: str, wanted: str):
    assert scaled(text, Fraction(1, 60)) == wanted


def test_a_duration_that_would_be_rounded_is_refused():
    with pytest.raises(ValueError, match="10ms times 1/60 is no whole number"):
        scaled("a[10ms]", Fraction(1, 60))


def test_the_scaled_rules_are_rules(tmp_path: Path):
    write_scaled(tmp_path / "alerts.yml", Fraction(1, 60))
    promtool("check", "rules", tmp_path / "alerts.yml")
