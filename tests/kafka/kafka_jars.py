"""The jars of Kafka, copied once per user by Maven."""

import fcntl
import os
import shutil
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory
from xml.etree import ElementTree

POM = Path(__file__).with_name("pom.xml")
KAFKA_VERSION = ElementTree.parse(POM).findtext(".//{*}kafka.version", default="")
COPY_TIMEOUT_S = 600


class NoJarsError(Exception):
    """Kafka's jars are neither in the cache nor to be had."""


def kafka_jars() -> Path:
    """Return the folder of the jars, filled on first use (about 45 MB).

    Raises:
        NoJarsError: not in the cache, and Maven is missing or fails; one line.
    """
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "windowing"
    jars = cache / f"kafka-{KAFKA_VERSION}"
    if jars.is_dir():
        return jars
    maven = shutil.which("mvn")
    if maven is None:
        raise NoJarsError("no mvn on PATH")
    cache.mkdir(parents=True, exist_ok=True)
    # Two runs at once: the second waits, then finds the folder. The rename makes it appear whole.
    with (cache / f"kafka-{KAFKA_VERSION}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not jars.is_dir():
            with TemporaryDirectory(dir=cache) as unfinished:
                _copy(maven, Path(unfinished) / "jars")
                (Path(unfinished) / "jars").rename(jars)
    return jars


def _copy(maven: str, folder: Path) -> None:
    command = [maven, "-q", "-B", "-f", str(POM), "dependency:copy-dependencies"]
    copying = subprocess.run(
        [*command, f"-DoutputDirectory={folder}"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=COPY_TIMEOUT_S,
        check=False,
    )
    if copying.returncode != 0 or not folder.is_dir():
        said = copying.stdout.strip().splitlines() or ["no output"]
        raise NoJarsError(f"Maven could not copy Kafka's jars: {said[0]}")
