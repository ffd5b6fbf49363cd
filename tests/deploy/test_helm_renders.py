"""The chart under several values: helm and kubeconform find no fault, and say so of what is one."""

import subprocess
from pathlib import Path

import pytest
import yaml
from tests.deploy.chart import CHART, CI_VALUES, RefusedError, helm, only, render, render_text
from tests.deploy.kubernetes_schemas import KUBERNETES
from tests.deploy.tools import TOOLS, missing, tool

SCHEMAS = TOOLS / "schemas"
IN_FOLDER = (
    "{{ .NormalizedKubernetesVersion }}{{ .StrictSuffix }}"
    "/{{ .ResourceKind }}{{ .KindSuffix }}.json"
)
CUSTOM = "ServiceMonitor,PrometheusRule"
"""Resources that Kubernetes does not know: test_custom_resources.py."""

values = pytest.mark.parametrize("file", CI_VALUES, ids=lambda file: file.stem)
kubernetes = pytest.mark.parametrize("release", KUBERNETES)


def faults(manifests: str, release: str) -> str:
    """Return what kubeconform finds; empty: nothing."""
    if not SCHEMAS.exists():
        missing(f"no {SCHEMAS}: make tools")
    command = [tool("kubeconform"), "-strict", "-kubernetes-version", release, "-skip", CUSTOM]
    command += ["-schema-location", f"{SCHEMAS}/{IN_FOLDER}"]
    run = subprocess.run(command, input=manifests, capture_output=True, text=True, check=False)
    assert bool(run.returncode) == bool(run.stdout + run.stderr)
    return run.stdout + run.stderr


@values
def test_helm_finds_nothing_to_complain_of(file: Path) -> None:
    said = helm("lint", str(CHART), "--strict", "--values", str(file))
    assert "1 chart(s) linted, 0 chart(s) failed" in said
    assert "WARNING" not in said


@values
@kubernetes
def test_kubernetes_knows_every_field(file: Path, release: str) -> None:
    assert faults(render_text(file, kubernetes=release), release) == ""


@kubernetes
def test_a_field_that_kubernetes_does_not_know_is_found(release: str) -> None:
    manifests = render(CI_VALUES[0], kubernetes=release)
    only(manifests, "StatefulSet")["spec"]["template"]["spec"]["enableServiceLink"] = False
    assert "enableServiceLink" in faults(yaml.safe_dump_all(manifests), release)


def test_a_kubernetes_that_is_too_old_is_refused() -> None:
    with pytest.raises(RefusedError, match="requires kubeVersion"):
        render(CI_VALUES[0], kubernetes="1.26.0")


@values
def test_what_is_packed_renders_like_the_folder(file: Path, tmp_path: Path) -> None:
    helm("package", str(CHART), "--destination", str(tmp_path))
    (packed,) = tmp_path.glob("windowing-*.tgz")
    assert render_text(file, chart=packed) == render_text(file)
