"""A broker in a container. Testcontainers' own KafkaContainer knows Confluent's images only."""

import gc
import warnings
from collections.abc import Mapping

from tests.kafka.kafka_jars import KAFKA_VERSION
from tests.kafka.readiness import wait_until_ready
from tests.kafka.server_properties import CLUSTER_ID, NO_CHANGES, free_port, server_properties

IMAGE = f"apache/kafka:{KAFKA_VERSION}"
PING_TIMEOUT_S = 3


def docker_has_image() -> bool:
    """Whether a Docker engine answers and has the image, or can pull it."""
    with warnings.catch_warnings():
        # The client of an engine that does not answer leaves its socket open, which would be
        # held against whatever test runs when it is collected.
        warnings.simplefilter("ignore", ResourceWarning)
        found = _has_image()
        gc.collect()
    return found


def _has_image() -> bool:
    try:
        from docker.errors import DockerException, ImageNotFound
        from testcontainers.core.docker_client import DockerClient
    except ImportError:
        return False
    try:
        DockerClient(timeout=PING_TIMEOUT_S).client.ping()
        images = DockerClient().client.images
        try:
            images.get(IMAGE)
        except ImageNotFound:
            images.pull(IMAGE)
    except (DockerException, OSError):
        return False
    return True


class DockerBroker:
    """One broker, its files in the container; the same port for all its life."""

    def __init__(self, *, properties: Mapping[str, str] = NO_CHANGES) -> None:
        from testcontainers.core.container import DockerContainer

        port = free_port()
        self._container = DockerContainer(IMAGE).with_bind_ports(port, port)
        host = self._container.get_docker_client().host()
        self.bootstrap = f"{host}:{port}"
        base = server_properties(
            listen="0.0.0.0",
            host=host,
            port=port,
            controller_port=free_port(besides=port),
            log_dir="/tmp/kraft-combined-logs",
        )
        self._container.with_env("CLUSTER_ID", CLUSTER_ID)
        for name, value in (base | dict(properties)).items():
            # The image's own spelling: KAFKA_A_B is a.b.
            self._container.with_env("KAFKA_" + name.replace(".", "_").upper(), value)
        self._created = False

    def start(self) -> None:
        """Start the container, on the data of its last life if there was one; return when ready."""
        if self._created:
            self._container.get_wrapped_container().start()
        else:
            self._container.start()
            self._created = True
        wait_until_ready(self.bootstrap, check_alive=self._check_alive)

    def kill(self) -> None:
        """End the broker by SIGKILL; what it has acknowledged stays in the container."""
        self._container.get_wrapped_container().kill()

    def stop(self) -> None:
        """Let the broker shut down in order."""
        self._container.get_wrapped_container().stop()

    def remove(self) -> None:
        """End the broker and delete its container."""
        self._container.stop()

    def _check_alive(self) -> None:
        container = self._container.get_wrapped_container()
        container.reload()
        if container.status == "exited":
            output = b"".join(self._container.get_logs()).decode(errors="replace")
            raise RuntimeError(f"Kafka ended instead of starting:\n{output}")
