"""What the chart says about its pods, against the image, the service and Bytewax."""

import re
from importlib.util import find_spec
from pathlib import Path

import pytest
from tests.deploy.chart import (
    BOOTSTRAP,
    CHART,
    CI_VALUES,
    NAMESPACE,
    environment,
    only,
    pod_spec,
    render,
)
from tests.deploy.pods import LAST_STAGE, image

from windowing.engine.failure import STOP_TIMEOUT_S

EVERYTHING = CHART / "ci" / "everything-values.yaml"
FIRST_PORT, LAST_PORT = 20_000, 29_999
FIRST_EPHEMERAL_PORT = 32_768

values = pytest.mark.parametrize("file", CI_VALUES, ids=lambda file: file.stem)


def cluster_port(*settings: str) -> int:
    (container,) = pod_spec(render(None, *BOOTSTRAP, "replicas=2", *settings))["containers"]
    addresses = environment(container)["BYTEWAX_ADDRESSES"].split(";")
    (port,) = {int(address.rpartition(":")[2]) for address in addresses}
    (named,) = (p["containerPort"] for p in container["ports"] if p["name"] == "cluster")
    assert port == named
    return port


def test_the_pods_run_what_the_image_runs_by_itself() -> None:
    (container,) = pod_spec(render(None, *BOOTSTRAP))["containers"]
    assert "command" not in container
    assert container["args"] == image("CMD")


def test_the_image_is_the_release_of_the_chart() -> None:
    (container,) = pod_spec(render(None, *BOOTSTRAP))["containers"]
    (version,) = re.findall(r'image\.version="([^"]+)"', LAST_STAGE)
    assert container["image"] == f"windowing:{version}"


def test_a_digest_wins_over_a_tag() -> None:
    digest = "sha256:" + "b" * 64
    spec = pod_spec(render(None, *BOOTSTRAP, "image.tag=new", f"image.digest={digest}"))
    images = {container["image"] for container in spec["containers"] + spec["initContainers"]}
    assert images == {f"windowing@{digest}"}


def test_the_user_is_the_image_s() -> None:
    context = pod_spec(render(None, *BOOTSTRAP))["securityContext"]
    (user,) = re.findall(r"^USER ([0-9]+):([0-9]+)$", LAST_STAGE, re.MULTILINE)
    assert (str(context["runAsUser"]), str(context["runAsGroup"])) == user
    assert context["fsGroup"] == context["runAsGroup"]


@values
def test_no_container_may_do_more_than_it_needs(file: Path) -> None:
    spec = pod_spec(render(file))
    assert spec["securityContext"]["runAsNonRoot"] is True
    assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert spec["automountServiceAccountToken"] is False
    assert spec["enableServiceLinks"] is False
    for container in spec["containers"] + spec["initContainers"]:
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }


@values
def test_the_store_is_in_the_volume_that_covers_the_image_s_folder(file: Path) -> None:
    resources = render(file)
    (folder,) = re.findall(r"install --directory \S+ \S+ (\S+)", LAST_STAGE)
    claims = only(resources, "StatefulSet")["spec"]["volumeClaimTemplates"]
    (claim,) = (c["metadata"]["name"] for c in claims)
    spec = pod_spec(resources)
    for container in spec["containers"] + spec["initContainers"]:
        mounts = {mount["name"]: mount["mountPath"] for mount in container["volumeMounts"]}
        assert mounts[claim] == folder
        store = environment(container)["BYTEWAX_RECOVERY_DIRECTORY"]
        assert Path(store).parent == Path(folder)


@values
def test_every_variable_for_bytewax_is_one_that_it_reads(file: Path) -> None:
    run = find_spec("bytewax.run")
    assert run is not None
    assert run.origin is not None
    source = Path(run.origin).read_text()
    (container,) = pod_spec(render(file))["containers"]
    names = [entry["name"] for entry in container["env"] if entry["name"].startswith("BYTEWAX_")]
    assert len(names) == 6
    assert [name for name in names if f'"{name}"' not in source] == []


@values
def test_every_pod_listens_where_the_others_look_for_it(file: Path) -> None:
    statefulset = only(render(file), "StatefulSet")
    (container,) = statefulset["spec"]["template"]["spec"]["containers"]
    variables = environment(container)
    name, service = statefulset["metadata"]["name"], statefulset["spec"]["serviceName"]
    assert only(render(file), "Service")["metadata"]["name"] == service
    assert variables["BYTEWAX_STATEFULSET_NAME"] == name
    addresses = [a for a in variables["BYTEWAX_ADDRESSES"].split(";") if a]
    assert len(addresses) == statefulset["spec"]["replicas"]
    for number, address in enumerate(addresses):
        # The full name: a pod's own is in its /etc/hosts before DNS has any of them.
        assert address.startswith(f"{name}-{number}.{service}.{NAMESPACE}.svc.cluster.")


@values
def test_a_pod_has_time_to_stop(file: Path) -> None:
    assert pod_spec(render(file))["terminationGracePeriodSeconds"] > STOP_TIMEOUT_S + 1


@pytest.mark.parametrize(
    ("replicas", "strategy"), [(0, "RollingUpdate"), (1, "RollingUpdate"), (2, "OnDelete")]
)
def test_a_cluster_is_never_replaced_pod_by_pod(replicas: int, strategy: str) -> None:
    statefulset = only(render(None, *BOOTSTRAP, f"replicas={replicas}"), "StatefulSet")
    assert statefulset["spec"]["updateStrategy"] == {"type": strategy}
    assert statefulset["spec"]["podManagementPolicy"] == "Parallel"


def test_a_strategy_of_one_s_own_is_taken_as_it_is() -> None:
    given = {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": "100%"}}
    assert only(render(EVERYTHING), "StatefulSet")["spec"]["updateStrategy"] == given


@pytest.mark.parametrize(
    "change",
    ["replicas=3", "image.tag=next", "settings.WINDOW_LENGTH=1m", "store.epochSeconds=1"],
)
def test_pods_that_differ_never_meet(change: str) -> None:
    assert cluster_port(change) != cluster_port()


@pytest.mark.parametrize(
    "same", ["podDisruptionBudget.enabled=false", "resources.limits.memory=3Gi"]
)
def test_what_does_not_matter_to_others_changes_no_address(same: str) -> None:
    assert cluster_port(same) == cluster_port()


def test_the_cluster_s_ports_are_nobody_else_s() -> None:
    found = {cluster_port(f"store.epochSeconds={seconds}") for seconds in range(1, 9)}
    assert len(found) > 1
    assert all(FIRST_PORT <= port <= LAST_PORT < FIRST_EPHEMERAL_PORT for port in found)


def test_a_change_of_the_configuration_makes_another_revision() -> None:
    def annotations(*settings: str) -> dict[str, str]:
        statefulset = only(render(None, *BOOTSTRAP, *settings), "StatefulSet")
        found: dict[str, str] = statefulset["spec"]["template"]["metadata"]["annotations"]
        return found

    assert annotations("settings.IDLE_TIMEOUT=1m") != annotations()
    assert annotations("kafka.config=security.protocol=ssl") != annotations()
    assert annotations("serviceMonitor.enabled=true") == annotations()


def test_the_volumes_outlive_everything() -> None:
    statefulset = only(render(None, *BOOTSTRAP), "StatefulSet")
    kept = statefulset["spec"]["persistentVolumeClaimRetentionPolicy"]
    assert set(kept.values()) == {"Retain"}


def test_pods_find_each_other_before_they_are_ready() -> None:
    service = only(render(None, *BOOTSTRAP), "Service")
    assert service["spec"]["publishNotReadyAddresses"] is True
    assert service["spec"]["clusterIP"] == "None"


def test_only_pods_of_the_cluster_reach_its_ports() -> None:
    resources = render(None, *BOOTSTRAP)
    policy = only(resources, "NetworkPolicy")["spec"]
    labels = only(resources, "StatefulSet")["spec"]["template"]["metadata"]["labels"]
    among_pods, scraped = policy["ingress"]
    assert among_pods == {"from": [{"podSelector": policy["podSelector"]}]}
    assert policy["podSelector"]["matchLabels"].items() <= labels.items()
    assert scraped == {"ports": [{"port": "http"}]}


def test_the_secret_is_in_no_other_resource() -> None:
    password = "not-a-real-one"
    resources = render(CHART / "ci" / "tls-values.yaml")
    assert [r["kind"] for r in resources if password in str(r)] == []
    assert "kafka.properties" in only(resources, "Secret")["data"]
