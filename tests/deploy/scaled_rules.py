"""The alert rules with all their durations shortened alike, so that a test need not wait hours."""

import re
from fractions import Fraction
from pathlib import Path
from typing import Any

import yaml
from tests.deploy.panels import ROOT

RULES = ROOT / "deploy/prometheus/alerts.yml"
DURATION = re.compile(r"(?<![\w.])([0-9]+)(ms|s|m|h|d|w|y)\b")
MS = {
    "ms": 1,
    "s": 1_000,
    "m": 60_000,
    "h": 3_600_000,
    "d": 86_400_000,
    "w": 7 * 86_400_000,
    "y": 365 * 86_400_000,
}
STRING = re.compile(r'("(?:[^"\\]|\\.)*")')


def rules() -> list[Any]:
    """Return all rules, as they are in the file."""
    groups = yaml.safe_load(RULES.read_text())["groups"]
    return [rule for group in groups for rule in group["rules"]]


def write_scaled(out: Path, scale: Fraction) -> None:
    """Write the rules with `for` and each duration of an expression multiplied by `scale`.

    Raises:
        ValueError: a duration would have no whole number of milliseconds.
    """
    file = yaml.safe_load(RULES.read_text())
    for group in file["groups"]:
        for rule in group["rules"]:
            rule["expr"] = scaled(rule["expr"], scale)
            if "for" in rule:
                rule["for"] = scaled(rule["for"], scale)
    out.write_text(yaml.safe_dump(file))


def scaled(text: str, scale: Fraction) -> str:
    """Return PromQL with each duration multiplied; text in quotes is left as it is."""
    parts = STRING.split(text)
    return "".join(
        part if part.startswith('"') else DURATION.sub(lambda one: _scaled(one, scale), part)
        for part in parts
    )


def _scaled(duration: re.Match[str], scale: Fraction) -> str:
    whole_ms = int(duration[1]) * MS[duration[2]] * scale
    if whole_ms.denominator != 1:
        raise ValueError(f"{duration[0]} times {scale} is no whole number of milliseconds")
    return f"{whole_ms}ms"
