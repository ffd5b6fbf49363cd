"""Resources that Kubernetes itself does not know, against the types and checks of their makers.

The TypeScript compiler finds fields that do not exist, and the checks find values that are wrong.
"""

import json
import subprocess
from pathlib import Path

import yaml
from tests.deploy.chart import CHART, Resource, only, render
from tests.deploy.tools import ROOT, TOOLS, missing, tool

PACKAGES = TOOLS / "custom_resources"
MODULES = {
    "ServiceMonitor": "@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1",
    "PrometheusRule": "@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1",
    "Application": "@kubernetes-models/argo-cd/argoproj.io/v1alpha1",
}
OPTIONS = ("--strict", "--skipLibCheck", "--module", "nodenext", "--target", "es2022")
APPLICATION = ROOT / "deploy" / "argocd" / "application.yaml"


def monitoring() -> list[Resource]:
    resources = render(CHART / "ci" / "everything-values.yaml")
    return [only(resources, kind) for kind in ("ServiceMonitor", "PrometheusRule")]


def application() -> Resource:
    loaded: Resource = yaml.safe_load(APPLICATION.read_text())
    return loaded


def faults(resources: list[Resource], folder: Path) -> str:
    """Return what is wrong with the resources; empty: nothing."""
    if not (PACKAGES / "node_modules").exists():
        missing(f"no {PACKAGES}: make tools")
    kinds = {resource["kind"] for resource in resources}
    lines = [
        f'import {{ {kind}, I{kind} }} from "{MODULES[kind]}/{kind}";' for kind in sorted(kinds)
    ]
    for number, resource in enumerate(resources):
        kind, name = resource["kind"], f"resource{number}"
        lines.append(f"const {name}: I{kind} = {json.dumps(resource)};")
        lines.append(f"new {kind}({name}).validate();")
    (folder / "node_modules").symlink_to(PACKAGES / "node_modules")
    source = folder / "resources.mts"
    source.write_text("\n".join(lines))
    compiler = PACKAGES / "node_modules" / "typescript" / "bin" / "tsc"
    for command in (
        [tool("node"), str(compiler), *OPTIONS, str(source)],
        [tool("node"), str(source.with_suffix(".mjs"))],
    ):
        run = subprocess.run(command, capture_output=True, text=True, check=False)
        if run.returncode:
            return run.stdout + run.stderr
    return ""


def test_all_fields_and_values_are_right(tmp_path: Path) -> None:
    assert faults([*monitoring(), application()], tmp_path) == ""


def test_a_field_that_does_not_exist_is_found(tmp_path: Path) -> None:
    monitor = monitoring()[0]
    monitor["spec"]["endpoints"][0]["prt"] = "http"
    assert "'prt'" in faults([monitor], tmp_path).replace('"', "")


def test_a_value_that_is_wrong_is_found(tmp_path: Path) -> None:
    monitor = monitoring()[0]
    monitor["spec"]["endpoints"][0]["interval"] = "15 s"
    assert "interval must match pattern" in faults([monitor], tmp_path)


def test_the_chart_takes_the_values_of_the_application(tmp_path: Path) -> None:
    helm_values = application()["spec"]["source"]["helm"]["valuesObject"]
    file = tmp_path / "values.yaml"
    file.write_text(yaml.safe_dump(helm_values))
    assert only(render(file), "StatefulSet")["spec"]["replicas"] == helm_values["replicas"]


def test_the_application_s_chart_is_here() -> None:
    path = application()["spec"]["source"]["path"]
    assert (ROOT / path / "Chart.yaml").is_file()
