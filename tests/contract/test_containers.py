"""The Dockerfile and the compose file against what they name: paths, modules, variables, services.

That the services run, and count right, is for test_compose_runs.py.
"""

import json
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from tests.kafka.docker_broker import IMAGE as KAFKA_IMAGE

from windowing.settings import load_settings, unknown_variables

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = {name: service for name, service in SERVICES.items() if service["image"] != KAFKA_IMAGE}
WORKERS = {
    name: service
    for name, service in OURS.items()
    if "BYTEWAX_PROCESS_ID" in service.get("environment", {})
}
BASE_IMAGE = re.compile(r"python:([0-9]+\.[0-9]+)-slim(?: AS \w+)?")
BUILD_TOOLS = re.compile(r"\b(apt|apt-get|apk|pip3?|uv|gcc|g\+\+|make|curl|wget|git)\b")
MODULE_RUN = re.compile(r"python -m (\S+)")
IMPORT_WITHOUT = """
import importlib, sys
module, *missing = sys.argv[1:]
sys.modules.update(dict.fromkeys(missing))
importlib.import_module(module)
"""


class Instruction(NamedTuple):
    """One instruction of the Dockerfile, its lines joined."""

    keyword: str
    rest: str


def stages() -> list[list[Instruction]]:
    """Return the instructions of each stage; the first of each is its FROM."""
    lines = (ROOT / "Dockerfile").read_text().splitlines()
    code = "\n".join(line for line in lines if not line.lstrip().startswith("#"))
    found: list[list[Instruction]] = []
    for line in re.sub(r"\s*\\\n\s*", " ", code).splitlines():
        keyword, _, rest = line.strip().partition(" ")
        if keyword == "FROM":
            found.append([])
        if keyword:
            found[-1].append(Instruction(keyword, rest.strip()))
    return found


def last_stage(keyword: str) -> list[str]:
    return [found.rest for found in stages()[-1] if found.keyword == keyword]


def copied_paths() -> list[str]:
    """Return what the Dockerfile takes out of the build context."""
    copies = [found.rest for stage in stages() for found in stage if found.keyword == "COPY"]
    return [path for copy in copies if "--from=" not in copy for path in copy.split()[:-1]]


def ignored(path: str) -> bool:
    """Return whether `.dockerignore` keeps `path` out: the last line that fits decides."""
    parts = path.split("/")
    with_parents = ["/".join(parts[:length]) for length in range(1, len(parts) + 1)]
    verdict = False
    for line in (ROOT / ".dockerignore").read_text().splitlines():
        if not line or line.startswith("#"):
            continue
        pattern = re.escape(line.removeprefix("!").rstrip("/"))
        # Escaped already; brackets go back to what they were.
        pattern = pattern.replace(r"\*\*/", "(?:.*/)?").replace(r"\*", "[^/]*")
        pattern = pattern.replace(r"\[", "[").replace(r"\]", "]")
        if any(re.fullmatch(pattern, candidate) for candidate in with_parents):
            verdict = not line.startswith("!")
    return verdict


def sources(path: str) -> Iterator[str]:
    """Yield the files that are `path` or lie below it, as the repository holds them."""
    for file in [ROOT / path, *(ROOT / path).rglob("*")]:
        if file.is_file() and "__pycache__" not in file.parts and file.suffix != ".pyc":
            yield file.relative_to(ROOT).as_posix()


def words(service: dict[str, Any]) -> str:
    """Return what a service runs, in one line; the Dockerfile's where it says nothing."""
    command = [*service.get("entrypoint", []), *service.get("command", [])]
    if "entrypoint" not in service:
        command = json.loads(last_stage("ENTRYPOINT")[0]) + (
            service.get("command") or json.loads(last_stage("CMD")[0])
        )
    return " ".join(command)


def bytewax_variables() -> list[tuple[str, str]]:
    """Return the service and the name of each variable that is meant for Bytewax."""
    return [
        (name, variable)
        for name, service in SERVICES.items()
        for variable in service.get("environment", {})
        if variable.startswith("BYTEWAX_")
    ]


def test_hadolint_finds_nothing_and_nothing_is_hidden_from_it(tmp_path):
    # From an empty folder: no file of ours can switch a rule off.
    hadolint = Path(sys.executable).with_name("hadolint")
    found = subprocess.run(
        [hadolint, "--disable-ignore-pragma", ROOT / "Dockerfile"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (found.stdout + found.stderr, found.returncode) == ("", 0)


def test_docker_compose_accepts_the_file():
    docker = shutil.which("docker")
    if docker is None or subprocess.run([docker, "compose", "version"], check=False).returncode:
        pytest.skip("no docker compose on this machine")
    file = ROOT / "docker-compose.yml"
    subprocess.run([docker, "compose", "-f", file, "config", "-q"], check=True)


@pytest.mark.parametrize("path", copied_paths())
def test_every_copied_path_is_in_the_build_context(path):
    files = list(sources(path))
    assert files
    assert [file for file in files if ignored(file)] == []


@pytest.mark.parametrize(
    "path", [".git/config", ".venv/bin/python", "tests/conftest.py", "kafka.properties"]
)
def test_nothing_else_is_in_the_build_context(path):
    assert ignored(path)


def test_no_bytecode_is_in_the_build_context():
    assert ignored("src/windowing/core/__pycache__/window.cpython-311.pyc")
    assert ignored("dataflows/stray.pyc")


@pytest.mark.parametrize("stage", stages(), ids=lambda stage: stage[0].rest)
def test_every_stage_has_a_python_that_the_project_allows(stage):
    base = BASE_IMAGE.fullmatch(stage[0].rest)
    assert base is not None
    assert SpecifierSet(PROJECT["requires-python"]).contains(base[1])


def test_all_stages_have_the_same_python():
    # The virtual environment's interpreter is a link into the stage that it was made in.
    assert len({stage[0].rest.split()[0] for stage in stages()}) == 1


def test_the_labels_say_what_pyproject_says():
    labels = dict(
        re.findall(r'org\.opencontainers\.image\.(\w+)="([^"]*)"', last_stage("LABEL")[0])
    )
    assert labels["title"] == PROJECT["name"]
    assert labels["description"] == PROJECT["description"]
    assert labels["version"] == PROJECT["version"]
    assert "revision" in labels


def test_the_image_runs_as_a_user_that_is_not_root():
    (user,) = last_stage("USER")
    uid, gid = (int(number) for number in user.split(":"))
    assert uid >= 1000
    assert gid >= 1000
    (made,) = (run for run in last_stage("RUN") if "useradd" in run)
    assert f"--uid {uid} " in made
    assert f"--gid {gid} " in made


def test_the_last_stage_installs_nothing():
    assert [run for run in last_stage("RUN") if BUILD_TOOLS.search(run)] == []
    assert [copy for copy in last_stage("COPY") if "--from=" in copy] == [
        "--from=build /opt/windowing /opt/windowing"
    ]


@pytest.mark.parametrize("service", OURS)
def test_every_module_that_a_service_runs_is_in_the_image(service):
    modules = MODULE_RUN.findall(words(OURS[service]))
    assert modules
    assert [module for module in modules if find_spec(module) is None] == []


@pytest.mark.parametrize("worker", WORKERS)
def test_the_dataflow_that_the_workers_run_is_copied(worker):
    dataflow = words(WORKERS[worker]).split()[-1]
    copied = [file for path in copied_paths() for file in sources(path)]
    assert dataflow.replace(".", "/") + ".py" in copied


def test_no_service_needs_more_than_the_image_installs():
    extras = PROJECT["optional-dependencies"].values()
    missing = [Requirement(line).name.replace("-", "_") for extra in extras for line in extra]
    modules = {MODULE_RUN.findall(words(service))[0] for service in OURS.values()}
    dataflows = {words(worker).split()[-1] for worker in WORKERS.values()}
    for module in sorted(modules | dataflows):
        command = [sys.executable, "-c", IMPORT_WITHOUT, module, *missing]
        subprocess.run(command, cwd=ROOT, check=True)


@pytest.mark.parametrize("service", OURS)
def test_every_windowing_variable_is_a_setting(service):
    environment = OURS[service].get("environment", {})
    load_settings(environment)
    assert unknown_variables(environment) == []


@pytest.mark.parametrize(("service", "variable"), bytewax_variables())
def test_every_bytewax_variable_is_one_that_bytewax_reads(service, variable):
    run = find_spec("bytewax.run")
    assert run is not None
    assert run.origin is not None
    assert f'"{variable}"' in Path(run.origin).read_text()


@pytest.mark.parametrize("service", SERVICES)
def test_every_service_waits_for_what_can_come(service):
    for name, awaited in SERVICES[service].get("depends_on", {}).items():
        other = SERVICES[name]
        if awaited["condition"] == "service_healthy":
            assert "healthcheck" in other
        else:
            # One that always starts again never completes.
            assert awaited["condition"] == "service_completed_successfully"
            assert other.get("restart", "no") == "no"


@pytest.mark.parametrize("worker", WORKERS)
def test_the_workers_wait_for_the_broker_the_topics_and_the_store(worker):
    assert WORKERS[worker]["depends_on"].keys() == {"kafka", "topics", "recovery-store"}


def test_the_workers_differ_in_nothing_but_their_number():
    first, *others = (
        worker | {"environment": worker["environment"] | {"BYTEWAX_PROCESS_ID": ""}}
        for worker in WORKERS.values()
    )
    assert len(others) == 1
    assert others[0] == first


def test_every_worker_listens_where_the_others_look_for_it():
    for name, worker in WORKERS.items():
        environment = worker["environment"]
        hosts = [address.split(":")[0] for address in environment["BYTEWAX_ADDRESSES"].split(";")]
        assert hosts[int(environment["BYTEWAX_PROCESS_ID"])] == name
        assert len(hosts) == len(WORKERS)


@pytest.mark.parametrize("service", [*WORKERS, "recovery-store"])
def test_the_store_is_in_the_shared_volume_in_a_folder_of_the_user(service):
    (volume,) = SERVICES[service]["volumes"]
    source, target = volume.split(":")
    assert source == "recovery"
    store = SERVICES[service]["environment"]["BYTEWAX_RECOVERY_DIRECTORY"]
    assert Path(store).parent == Path(target)
    # A new volume takes the owner of the folder that it covers.
    assert any(f"--owner=windowing --group=windowing {target}" in run for run in last_stage("RUN"))


def test_every_volume_is_declared():
    used = [volume for service in SERVICES.values() for volume in service.get("volumes", [])]
    assert {volume.split(":")[0] for volume in used} == COMPOSE["volumes"].keys()


@pytest.mark.parametrize("service", ["kafka", *WORKERS, "feeder"])
def test_what_has_no_end_starts_again(service):
    assert SERVICES[service]["restart"] == "unless-stopped"


@pytest.mark.parametrize("service", OURS)
def test_sigterm_reaches_what_our_image_runs(service):
    assert last_stage("STOPSIGNAL") == ["SIGTERM"]
    assert OURS[service]["init"] is True


def test_the_image_is_built_once_and_never_looked_for_elsewhere():
    assert len({service["image"] for service in OURS.values()}) == 1
    assert [name for name, service in OURS.items() if "build" in service] == ["recovery-store"]
    assert {name: service["pull_policy"] for name, service in OURS.items()} == {
        name: "build" if name == "recovery-store" else "never" for name in OURS
    }


def test_the_broker_is_the_version_that_the_tests_run_against():
    kafka = {service["image"] for name, service in SERVICES.items() if name in {"kafka", "topics"}}
    assert kafka == {KAFKA_IMAGE}


def test_every_topic_of_the_workers_is_made():
    (script,) = SERVICES["topics"]["command"]
    made = dict(re.findall(r"make_topic (\S+) ([0-9]+)$", script, re.MULTILINE))
    for worker in WORKERS.values():
        settings = load_settings(worker["environment"])
        topics = {
            settings.input_topic,
            settings.output_topic,
            settings.late_topic,
            settings.dead_letter_topic,
        }
        assert made.keys() == topics
        assert made[settings.input_topic] == "4"


def test_everybody_talks_to_the_broker_where_it_says_it_is():
    kafka = SERVICES["kafka"]
    address = kafka["environment"]["KAFKA_ADVERTISED_LISTENERS"].removeprefix("PLAINTEXT://")
    assert address.split(":")[0] == "kafka"
    for worker in WORKERS.values():
        assert load_settings(worker["environment"]).bootstrap_servers == address
    assert f"--bootstrap-server {address} " in words(SERVICES["topics"])
    assert kafka["healthcheck"]["test"][-2:] == ["--bootstrap-server", address]
    assert f"--bootstrap {address} " in words(SERVICES["feeder"])


def test_the_feeder_writes_to_the_topic_that_the_workers_read():
    fed = re.findall(r"--topic (\S+)", words(SERVICES["feeder"]))
    read = {load_settings(worker["environment"]).input_topic for worker in WORKERS.values()}
    assert set(fed) == read
