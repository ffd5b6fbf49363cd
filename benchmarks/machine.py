"""What a run was measured on: figures of two machines cannot be compared."""

import os
import platform
import subprocess
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

import psutil
from confluent_kafka import libversion
from tests.kafka.broker import BOOTSTRAP_VARIABLE
from tests.kafka.kafka_jars import KAFKA_VERSION

LIBRARIES = ("bytewax", "confluent-kafka", "msgspec", "orjson", "windowing")
ROOT = Path(__file__).parent.parent


class Machine(NamedTuple):
    """A machine and the versions on it.

    Fields:
        cores: that this process may use, however many there are.
        load_1_min: processes that wanted to run when the benchmark began, the mean of a minute.
        libraries: name -> version; librdkafka is the one that confluent-kafka brings.
        broker: its version, as far as it can be known.
        commit: of the code; "+ changes" where tracked files differ from it.
    """

    cpu: str
    cores: int
    memory_mib: int
    load_1_min: float
    kernel: str
    python: str
    libraries: dict[str, str]
    broker: str
    commit: str


def describe_machine() -> Machine:
    """Return what this process runs on."""
    return Machine(
        cpu=_cpu_model(),
        cores=len(os.sched_getaffinity(0)),
        memory_mib=psutil.virtual_memory().total // 2**20,
        load_1_min=round(os.getloadavg()[0], 2),
        kernel=f"{platform.system()} {platform.release()}",
        python=f"{platform.python_implementation()} {platform.python_version()}",
        libraries={name: version(name) for name in LIBRARIES} | {"librdkafka": libversion()[0]},
        broker=_broker(),
        commit=_commit(),
    )


def _cpu_model() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        name, _, value = line.partition(":")
        if name.strip() == "model name":
            return value.strip()
    return platform.machine()


def _broker() -> str:
    # The protocol does not tell a client the version of a broker.
    if os.environ.get(BOOTSTRAP_VARIABLE):
        return f"given by {BOOTSTRAP_VARIABLE}, version not known"
    return f"Apache Kafka {KAFKA_VERSION}, on this machine"


def _commit() -> str:
    commit = _git("rev-parse", "--short=12", "HEAD")
    if not commit:
        return "not a git repository"
    return f"{commit} + changes" if _git("status", "--porcelain", "-uno") else commit


def _git(*arguments: str) -> str:
    try:
        said = subprocess.run(
            ["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=False
        )
    except FileNotFoundError:
        return ""
    return said.stdout.strip() if said.returncode == 0 else ""
