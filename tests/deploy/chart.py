"""The Helm chart as helm renders it."""

import subprocess
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from tests.deploy.tools import ROOT, tool

CHART = ROOT / "deploy" / "helm" / "windowing"
RELEASE, NAMESPACE = "orders", "streams"
CI_VALUES = sorted((CHART / "ci").glob("*-values.yaml"))
BOOTSTRAP = ("kafka.bootstrapServers=kafka:9092",)
"""What must be set; values of the tests that do not care."""

Resource = dict[str, Any]


class RefusedError(Exception):
    """Helm does not render the chart with these values; the message is its own."""


def render(
    values: Path | None = None, *settings: str, kubernetes: str = "1.33.0", chart: Path = CHART
) -> list[Resource]:
    """Return the resources that `helm template` gives for a file of values and `--set` options.

    Raises:
        RefusedError: helm refuses the values.
    """
    manifests = render_text(values, *settings, kubernetes=kubernetes, chart=chart)
    return list(yaml.safe_load_all(manifests))


@cache
def render_text(
    values: Path | None = None, *settings: str, kubernetes: str = "1.33.0", chart: Path = CHART
) -> str:
    """Return what `helm template` prints."""
    command = ["template", RELEASE, str(chart), "--namespace", NAMESPACE]
    command += ["--kube-version", kubernetes, *_options(values, settings)]
    return helm(*command)


def helm(*arguments: str) -> str:
    """Run helm and return what it prints.

    Raises:
        RefusedError: it ends with an error.
    """
    run = subprocess.run([tool("helm"), *arguments], capture_output=True, text=True, check=False)
    if run.returncode:
        raise RefusedError(run.stdout + run.stderr)
    return run.stdout


def only(resources: Sequence[Resource], kind: str) -> Resource:
    """Return the one resource of a kind."""
    (found,) = (resource for resource in resources if resource["kind"] == kind)
    return found


def pod_spec(resources: Sequence[Resource]) -> dict[str, Any]:
    """Return what the StatefulSet says about its pods."""
    spec: dict[str, Any] = only(resources, "StatefulSet")["spec"]["template"]["spec"]
    return spec


def environment(container: dict[str, Any]) -> dict[str, str]:
    """Return the variables that a container is given by value."""
    return {entry["name"]: entry["value"] for entry in container["env"] if "value" in entry}


def _options(values: Path | None, settings: Sequence[str]) -> list[str]:
    files = [] if values is None else ["--values", str(values)]
    return files + [word for setting in settings for word in ("--set", setting)]
