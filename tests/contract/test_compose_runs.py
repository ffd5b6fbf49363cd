"""What docker-compose.yml says, run on this machine without Docker.

Commands and environments are the file's own. Only what containers bring is replaced: names of
hosts become loopback addresses, the volume a folder, the image's folder a copy of what it copies.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.kafka.broker import OLDEST_JAVA
from tests.kafka.job import KEEP
from tests.kafka.kafka_jars import NoJarsError, kafka_jars
from tests.kafka.local_broker import LocalBroker, java_release
from tests.kafka.server_properties import free_port
from tests.kafka.tied_process import kill_tied, start_tied
from tests.kafka.topics import Record, create_topic, produce, read_all

ROOT = Path(__file__).parents[2]
DOCKERFILE = (ROOT / "Dockerfile").read_text()
SERVICES: dict[str, dict[str, Any]] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())[
    "services"
]
WORKERS = ("worker-0", "worker-1")
TIMEOUT_S = 60.0

PARTITIONS = 4
START = datetime(2026, 1, 1, tzinfo=UTC)
WINDOW = timedelta(minutes=5)
EVENTS: list[dict[str, Any]] = [
    {"user_id": n % 50, "timestamp": START + timedelta(seconds=n), "amount": f"{n}.25"}
    for n in range(2000)
]


@dataclass
class Topics:
    """Names of topics, as the settings name them."""

    input: str
    output: str
    late: str
    dead_letter: str

    def variables(self) -> dict[str, str]:
        return {f"WINDOWING_{role.upper()}_TOPIC": name for role, name in vars(self).items()}


class Host:
    """This machine in the place of Docker: starts services, ends them when it is closed."""

    def __init__(self, folder: Path, bootstrap: str = "localhost:9092") -> None:
        self._folder = folder
        self._app = folder / "app"
        self.volume = folder / "volume"
        self.volume.mkdir()
        for source, target in re.findall(r"^COPY (\w+) (\w+)$", _last_stage(), re.MULTILINE):
            shutil.copytree(ROOT / source, self._app / target)
        (mount,) = SERVICES["worker-0"]["volumes"]
        first, second = SERVICES["worker-0"]["environment"]["BYTEWAX_ADDRESSES"].split(";")
        port = free_port()
        self._here = {
            mount.split(":")[1]: str(self.volume),
            first: f"127.0.0.1:{port}",
            second: f"127.0.0.1:{free_port(besides=port)}",
            "kafka:9092": bootstrap,
            "$$": "$",
        }
        self._processes = ExitStack()

    def __enter__(self) -> "Host":
        return self

    def __exit__(self, *_: object) -> None:
        self._processes.close()

    def start(
        self, name: str, *, arguments: Iterable[str] = (), **environment: str
    ) -> "subprocess.Popen[bytes]":
        """Start a service; `environment` wins over the file's."""
        service = SERVICES[name]
        variables = {
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            **{key: self._on_this(value) for key, value in service.get("environment", {}).items()},
            "WINDOWING_HTTP_PORT": "0",  # two workers share this machine
            **environment,
        }
        process = start_tied(
            [
                *("sh", "-c", 'cd "$1" && shift && exec "$@"', "in", str(self._app), "env", "-i"),
                *(f"{key}={value}" for key, value in variables.items()),
                *(self._on_this(word) for word in _command(service)),
                *arguments,
            ],
            log=self._folder / f"{name}.log",
        )
        self._processes.callback(kill_tied, process)
        return process

    def run(self, name: str, *, arguments: Iterable[str] = (), **environment: str) -> None:
        """Start a service and wait until it has succeeded."""
        self.has_succeeded(name, self.start(name, arguments=arguments, **environment))

    def has_succeeded(self, name: str, process: "subprocess.Popen[bytes]") -> None:
        """Wait until a service has ended, and see that it did so without an error."""
        assert process.wait(TIMEOUT_S) == 0, self.log(name)

    def log(self, name: str) -> str:
        """Return what all runs of a service have written."""
        return (self._folder / f"{name}.log").read_text()

    def _on_this(self, text: str) -> str:
        return _replaced(text, self._here)


def _replaced(text: str, here: Mapping[str, str]) -> str:
    for in_the_file, on_this_machine in here.items():
        text = text.replace(in_the_file, on_this_machine)
    return text


def _last_stage() -> str:
    return DOCKERFILE[DOCKERFILE.rindex("\nFROM ") :]


def _command(service: dict[str, Any]) -> list[str]:
    """Return what Docker would run: an entrypoint of the service's own drops the image's CMD."""
    if "entrypoint" in service:
        return [*service["entrypoint"], *service.get("command", [])]
    entrypoint, image_command = (
        json.loads(re.findall(rf"^{keyword} (\[.*\])$", _last_stage(), re.MULTILINE)[-1])
        for keyword in ("ENTRYPOINT", "CMD")
    )
    return [*entrypoint, *service.get("command", image_command)]


@pytest.fixture
def topics(make_topic) -> Topics:
    return Topics(
        input=make_topic(partitions=PARTITIONS, config=KEEP),
        output=make_topic(config=KEEP),
        late=make_topic(config=KEEP),
        dead_letter=make_topic(config=KEEP),
    )


@pytest.fixture
def host(tmp_path) -> Iterator[Host]:
    with Host(tmp_path) as this:
        yield this


def feed(bootstrap: str, topic: str) -> None:
    produce(
        bootstrap,
        topic,
        [
            Record(
                json.dumps(event | {"event_type": "sale"}, default=datetime.isoformat).encode(),
                partition=number % PARTITIONS,
            )
            for number, event in enumerate(EVENTS)
        ],
    )


def right_answer() -> dict[tuple[int, str], tuple[int, Decimal]]:
    """What a nightly GROUP BY over the events would say."""
    answer: dict[tuple[int, str], tuple[int, Decimal]] = {}
    for event in EVENTS:
        start = START + (event["timestamp"] - START) // WINDOW * WINDOW
        of_user = (event["user_id"], start.isoformat().replace("+00:00", "Z"))
        count, total = answer.get(of_user, (0, Decimal(0)))
        answer[of_user] = (count + 1, total + Decimal(event["amount"]))
    return answer


def results(bootstrap: str, topic: str) -> list[tuple[tuple[int, str], tuple[int, Decimal]]]:
    """Return what is in the topic, in the form of the right answer."""
    read = (
        json.loads(record.value or b"", parse_float=Decimal)
        for record in read_all(bootstrap, topic)
    )
    return [
        (
            (result["user_id"], result["window_start"]),
            (result["count"], Decimal(result["total_amount"])),
        )
        for result in read
    ]


def wait_for_results(host: Host, bootstrap: str, topic: str) -> None:
    deadline = time.monotonic() + TIMEOUT_S
    while not read_all(bootstrap, topic):
        assert time.monotonic() < deadline, host.log("worker-0") + host.log("worker-1")


def run_workers_to_the_end(host: Host, variables: Mapping[str, str]) -> None:
    workers = {name: host.start(name, **variables, WINDOWING_UNTIL_END="true") for name in WORKERS}
    for name, process in workers.items():
        host.has_succeeded(name, process)


@pytest.mark.parametrize("killed", [("worker-0",), ("worker-1",), WORKERS], ids="-and-".join)
def test_the_workers_lose_nothing_and_count_right_whichever_is_killed(
    broker, topics, tmp_path, killed
):
    feed(broker.bootstrap, topics.input)
    variables = {**topics.variables(), "BYTEWAX_SNAPSHOT_INTERVAL": "1"}
    with Host(tmp_path, broker.bootstrap) as host:
        host.run("recovery-store")
        workers = {name: host.start(name, **variables) for name in WORKERS}
        wait_for_results(host, broker.bootstrap, topics.output)
        for name in killed:
            kill_tied(workers[name])
        # Who is left ends by itself and with an error, so that Docker starts both again.
        for process in workers.values():
            assert process.wait(TIMEOUT_S) != 0
        host.run("recovery-store")
        run_workers_to_the_end(host, variables)
    assert sorted(results(broker.bootstrap, topics.output)) == sorted(right_answer().items())
    assert read_all(broker.bootstrap, topics.late) == []
    assert read_all(broker.bootstrap, topics.dead_letter) == []


def test_a_store_that_is_there_is_left_alone(host):
    host.run("recovery-store")
    (store,) = host.volume.iterdir()
    made = {file.name: (file.read_bytes(), file.stat().st_mtime_ns) for file in store.iterdir()}
    assert len(made) == 4
    host.run("recovery-store")
    assert list(host.volume.iterdir()) == [store]
    left = {file.name: (file.read_bytes(), file.stat().st_mtime_ns) for file in store.iterdir()}
    assert left == made


def test_a_store_whose_making_was_cut_off_is_made_anew(host):
    host.run("recovery-store")
    (store,) = host.volume.iterdir()
    unfinished = store.rename(store.with_name(store.name + ".unfinished"))
    (unfinished / "part-3.sqlite3").unlink()
    host.run("recovery-store")
    assert list(host.volume.iterdir()) == [store]
    assert len(list(store.iterdir())) == 4


def test_the_feeder_feeds(broker, make_topic, tmp_path):
    topic = make_topic(partitions=PARTITIONS)
    few = ("--topic", topic, "--count", "100", "--rate", "10000")
    with Host(tmp_path, broker.bootstrap) as host:
        host.run("feeder", arguments=few)
    assert len(read_all(broker.bootstrap, topic)) >= 100


def test_the_broker_of_the_file_serves_the_job(tmp_path, monkeypatch):
    try:
        if java_release() < OLDEST_JAVA:
            pytest.skip(f"no Java {OLDEST_JAVA}")
        jars = kafka_jars()
    except NoJarsError as error:
        pytest.skip(str(error))
    monkeypatch.setattr("tests.kafka.local_broker.server_properties", properties_of_the_file)
    local = LocalBroker(jars, tmp_path)
    try:
        local.start()
        made = [
            create_topic(local.bootstrap, partitions=n, config=KEEP) for n in (PARTITIONS, 1, 1, 1)
        ]
        topics = Topics(*made)
        feed(local.bootstrap, topics.input)
        with Host(tmp_path, local.bootstrap) as host:
            host.run("recovery-store")
            run_workers_to_the_end(host, {**topics.variables(), "BYTEWAX_SNAPSHOT_INTERVAL": "1"})
        assert sorted(results(local.bootstrap, topics.output)) == sorted(right_answer().items())
    finally:
        local.kill()


def properties_of_the_file(
    *, listen: str, host: str, port: int, controller_port: int, log_dir: str
) -> dict[str, str]:
    """Return Kafka's properties as its image makes them: KAFKA_A_B is a.b."""
    kafka = SERVICES["kafka"]
    (mount,) = kafka["volumes"]
    here = {
        "localhost:9093": f"127.0.0.1:{controller_port}",
        "kafka:9092": f"{host}:{port}",
        "://:9092": f"://{listen}:{port}",
        mount.split(":")[1]: log_dir,
    }
    return {
        name.removeprefix("KAFKA_").lower().replace("_", "."): _replaced(value, here)
        for name, value in kafka["environment"].items()
        if name.startswith("KAFKA_")
    }
