"""Rendered pods as processes on this machine: what a kubelet does, with folders for volumes.

Commands and environments are the chart's and the Dockerfile's own. Only what a cluster brings is
replaced: names of pods become loopback addresses, mounts become folders, and each pod's HTTP port
another, as all share this machine's.
"""

import base64
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import randrange
from typing import Any

from tests.deploy.chart import NAMESPACE, Resource, only, pod_spec
from tests.deploy.tools import ROOT
from tests.kafka.job import Running, free_ports

DOCKERFILE = (ROOT / "Dockerfile").read_text()
LAST_STAGE = DOCKERFILE[DOCKERFILE.rindex("\nFROM ") :]
Container = dict[str, Any]


@dataclass
class Host:
    """A machine that keeps volumes while what runs on them comes and goes.

    Args:
        folder: empty, for volumes and logs.
    """

    folder: Path
    started: int = 0
    # Of this host alone, so that tests run beside each other: 127.*.*.* is all this machine.
    network: str = field(default_factory=lambda: f"127.{randrange(1, 255)}.{randrange(255)}")

    def __post_init__(self) -> None:
        """Lay out what the image holds, beside Python and its packages."""
        for source, target in re.findall(r"^COPY (\w+) (\w+)$", LAST_STAGE, re.MULTILINE):
            shutil.copytree(ROOT / source, self.app / target)

    @property
    def app(self) -> Path:
        """The image's working directory."""
        return self.folder / "app"

    def claim(self, pod: str) -> Path:
        """Return the volume of a pod, which outlives it."""
        return self.folder / "claims" / f"store-{pod}"

    def start(self, resources: list[Resource]) -> "list[Pod]":
        """Start all pods, each after its init container."""
        statefulset = only(resources, "StatefulSet")
        name, count = statefulset["metadata"]["name"], statefulset["spec"]["replicas"]
        pods = [Pod(self, resources, f"{name}-{number}") for number in range(count)]
        for pod in pods:
            pod.initialize()
        return [pod.start() for pod in pods]


class Pod:
    """One pod of a rendered StatefulSet."""

    def __init__(self, host: Host, resources: list[Resource], name: str) -> None:
        self.name = name
        self._host = host
        self._resources = resources
        self._statefulset = only(resources, "StatefulSet")
        self._spec = pod_spec(resources)
        (self.http_port,) = free_ports(1)
        self._running: Running | None = None

    @property
    def process(self) -> Running:
        """The container's process, once it was started."""
        assert self._running is not None
        return self._running

    @property
    def grace_s(self) -> float:
        """How long a kubelet waits between SIGTERM and SIGKILL."""
        return float(self._spec["terminationGracePeriodSeconds"])

    def writable(self) -> list[Path]:
        """Return the folders that the container may write to."""
        (container,) = self._spec["containers"]
        mounts = container["volumeMounts"]
        return [self._volume(m["name"], container) for m in mounts if not m.get("readOnly")]

    def probes(self) -> set[str]:
        """Return the paths that are asked for."""
        (container,) = self._spec["containers"]
        return {
            container[probe]["httpGet"]["path"]
            for probe in ("startupProbe", "readinessProbe", "livenessProbe")
        }

    def initialize(self) -> str:
        """Run the init container to its end, without error, and return what it says."""
        (container,) = self._spec["initContainers"]
        run = self.run(container)
        assert run.returncode == 0, run.stdout
        return run.stdout

    def run(self, container: Container) -> "subprocess.CompletedProcess[str]":
        """Run a container to its end."""
        command, environment = self._command(container), self._environment(container)
        out = subprocess.STDOUT
        return subprocess.run(
            command, cwd=self._host.app, env=environment, stdout=subprocess.PIPE, stderr=out,
            text=True, check=False, timeout=60,
        )  # fmt: skip

    def start(self, *, within: Sequence[str] = ()) -> "Pod":
        """Start the container; `within`: a command that runs what follows."""
        (container,) = self._spec["containers"]
        self._host.started += 1
        log = self._host.folder / f"{self.name}-{self._host.started}.log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                [*within, *self._command(container)],
                cwd=self._host.app,
                env=self._environment(container) | {"WINDOWING_HTTP_PORT": str(self.http_port)},
                stdout=output,
                stderr=output,
            )
        self._running = Running(process, log)
        return self

    def _command(self, container: Container) -> list[str]:
        words = container.get("command") or image("ENTRYPOINT")
        words = [*words, *container.get("args", [] if "command" in container else image("CMD"))]
        return [self._here(word, container) for word in words]

    def _environment(self, container: Container) -> dict[str, str]:
        """Return the variables: those by name win over those of a whole ConfigMap."""
        variables: dict[str, str] = {}
        for source in container.get("envFrom", []):
            variables |= self._of_kind("ConfigMap", source["configMapRef"]["name"])["data"]
        for entry in container["env"]:
            variables[entry["name"]] = entry["value"] if "value" in entry else self._field(entry)
        here = {name: self._here(value, container) for name, value in variables.items()}
        return {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", **here}

    def _field(self, entry: Mapping[str, Any]) -> str:
        assert entry["valueFrom"] == {"fieldRef": {"fieldPath": "metadata.name"}}
        return self.name

    def _here(self, text: str, container: Container) -> str:
        """Replace hosts and mount paths by what stands for them on this machine, in one pass."""
        mounts = {mount["mountPath"]: mount["name"] for mount in container["volumeMounts"]}
        name = self._statefulset["metadata"]["name"]
        service = self._statefulset["spec"]["serviceName"]
        of_pod = rf"{name}-([0-9]+)\.{service}\.{NAMESPACE}\.svc\.[a-z.]+"
        of_mount = "|".join(re.escape(path) for path in mounts)

        def replacement(found: "re.Match[str]") -> str:
            if found[1] is not None:
                return f"{self._host.network}.{int(found[1]) + 1}"
            return str(self._volume(mounts[found[2]], container))

        return re.sub(rf"{of_pod}|(?<![\w/.])({of_mount})(?![\w.-])", replacement, text)

    def _volume(self, name: str, container: Container) -> Path:
        claims = self._statefulset["spec"]["volumeClaimTemplates"]
        if name in {claim["metadata"]["name"] for claim in claims}:
            folder = self._host.claim(self.name)
            folder.mkdir(parents=True, exist_ok=True)
            return folder
        (volume,) = (v for v in self._spec["volumes"] if v["name"] == name)
        folder = self._host.folder / "volumes" / self.name / name
        if "secret" in volume and not folder.exists():
            folder.mkdir(parents=True)
            secret = self._of_kind("Secret", volume["secret"]["secretName"])
            for file, content in secret["data"].items():
                text = self._here(base64.b64decode(content).decode(), container)
                (folder / file).write_text(text)
                (folder / file).chmod(volume["secret"]["defaultMode"])
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def _of_kind(self, kind: str, name: str) -> Resource:
        (found,) = (
            resource
            for resource in self._resources
            if resource["kind"] == kind and resource["metadata"]["name"] == name
        )
        return found


def image(keyword: str) -> list[str]:
    """Return what the image runs: ENTRYPOINT or CMD."""
    words: list[str] = json.loads(
        re.findall(rf"^{keyword} (\[.*\])$", LAST_STAGE, re.MULTILINE)[-1]
    )
    return words
