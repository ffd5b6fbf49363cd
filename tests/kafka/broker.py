"""A real Kafka broker for tests and benchmarks: one that is given, Docker's, or Java's."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Protocol, runtime_checkable

from tests.kafka.docker_broker import DockerBroker, docker_has_image
from tests.kafka.kafka_jars import NoJarsError, kafka_jars
from tests.kafka.local_broker import LocalBroker, java_release
from tests.kafka.server_properties import NO_CHANGES

BOOTSTRAP_VARIABLE = "KAFKA_TEST_BOOTSTRAP"
OLDEST_JAVA = 17


class NoBroker(Exception):  # noqa: N818 - a fact about the machine, no error of the code
    """This machine offers no Kafka; the message is one line and says how to get one."""


class Broker(Protocol):
    """What every broker offers."""

    @property
    def bootstrap(self) -> str:
        """Address for clients, host:port."""


@runtime_checkable
class OwnBroker(Broker, Protocol):
    """A broker that was started here, and can be ended and started again on its data."""

    def start(self) -> None:
        """Start it and return when it answers."""

    def kill(self) -> None:
        """End it by SIGKILL."""

    def stop(self) -> None:
        """Let it shut down in order."""


@dataclass(frozen=True)
class GivenBroker:
    """A broker that somebody else runs."""

    bootstrap: str


@contextmanager
def kafka_broker(*, properties: Mapping[str, str] = NO_CHANGES) -> Iterator[Broker]:
    """Offer a running broker and remove it afterwards.

    The first that is possible: the one at `KAFKA_TEST_BOOTSTRAP`, a container, a Java process.

    Args:
        properties: server properties that differ from the usual, such as message.max.bytes.

    Raises:
        NoBroker: none of the three is possible.
    """
    if given := os.environ.get(BOOTSTRAP_VARIABLE):
        if properties:
            changes = ",".join(f"{name}={value}" for name, value in properties.items())
            raise NoBroker(
                f"{BOOTSTRAP_VARIABLE}={given} cannot be given {changes}: unset the variable"
            )
        yield GivenBroker(given)
    elif docker_has_image():
        in_docker = DockerBroker(properties=properties)
        try:
            in_docker.start()
            yield in_docker
        finally:
            in_docker.remove()
    else:
        jars = jars_for_java()
        with TemporaryDirectory(prefix="windowing-kafka-") as folder:
            local = LocalBroker(jars, Path(folder), properties=properties)
            try:
                local.start()
                yield local
            finally:
                # Its data goes now: no need for an orderly end.
                local.kill()


def jars_for_java() -> Path:
    """Return the folder of Kafka's jars, where there is a Java to run them.

    Raises:
        NoBroker: there is no such Java, or the jars are not to be had.
    """
    remedy = f"set {BOOTSTRAP_VARIABLE}=host:9092, or start Docker"
    java = java_release()
    if java < OLDEST_JAVA:
        found = f"Java {java}" if java else "no Java"
        raise NoBroker(
            f"no Kafka for the tests ({found}): {remedy}, or install Java {OLDEST_JAVA} and Maven"
        )
    try:
        return kafka_jars()
    except NoJarsError as error:
        raise NoBroker(
            f"no Kafka for the tests ({error}): {remedy}, or install Maven and let it download"
        ) from error
