"""A broker as a Java process, to be killed and started again on its data."""

import re
import subprocess
from collections.abc import Mapping
from pathlib import Path

from tests.kafka.readiness import wait_until_ready
from tests.kafka.server_properties import (
    CLUSTER_ID,
    NO_CHANGES,
    free_port,
    server_properties,
    with_listeners,
)
from tests.kafka.tied_process import kill_tied, start_tied

HEAP = ("-Xms512m", "-Xmx1g")
LOGGING = ("-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",)
STOP_TIMEOUT_S = 60.0
LOG_LINES_SHOWN = 20


class LocalBroker:
    """One broker, its files in a folder; the same port for all its life."""

    def __init__(
        self,
        jars: Path,
        folder: Path,
        *,
        properties: Mapping[str, str] = NO_CHANGES,
        listeners: Mapping[str, str] = NO_CHANGES,
    ) -> None:
        """Write its configuration.

        Args:
            jars: of Kafka.
            folder: for its files.
            properties: that differ from the usual.
            listeners: names and security protocols of more listeners; `addresses` has them.
        """
        port = free_port()
        self.bootstrap = f"127.0.0.1:{port}"
        self.log = folder / "kafka.log"
        self._config = folder / "server.properties"
        self._log_dir = folder / "log"
        self._java: list[str] = ["java", *HEAP, *LOGGING, "-cp", f"{jars}/*"]
        self._process: subprocess.Popen[bytes] | None = None
        base = server_properties(
            listen="127.0.0.1",
            host="127.0.0.1",
            port=port,
            controller_port=free_port(besides=port),
            log_dir=str(self._log_dir),
        )
        base, self.addresses = with_listeners(base, listeners)
        lines = (f"{name}={value}\n" for name, value in (base | dict(properties)).items())
        self._config.write_text("".join(lines))

    def start(self) -> None:
        """Start the broker, on the data of its last life if there was one; return when ready.

        Raises:
            RuntimeError: Kafka ended instead; the message ends with its log.
        """
        if self._process is not None:
            raise RuntimeError(f"Kafka at {self.bootstrap} runs already: stop or kill it first")
        self._format_once()
        self._process = start_tied([*self._java, "kafka.Kafka", str(self._config)], log=self.log)
        try:
            wait_until_ready(self.bootstrap, check_alive=self._check_alive)
        except BaseException:
            self.kill()
            raise

    def kill(self) -> None:
        """End the broker by SIGKILL; what it has acknowledged stays on disk."""
        if self._process is not None:
            kill_tied(self._process)
            self._process = None

    def stop(self) -> None:
        """Let the broker shut down in order."""
        if self._process is not None:
            self._process.terminate()
            try:
                self._process.wait(STOP_TIMEOUT_S)
            finally:
                self.kill()

    def _format_once(self) -> None:
        if (self._log_dir / "meta.properties").exists():
            return
        command = ["kafka.tools.StorageTool", "format"]
        formatting = subprocess.run(
            [*self._java, *command, "--cluster-id", CLUSTER_ID, "--config", str(self._config)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        if formatting.returncode != 0:
            raise RuntimeError(f"Kafka could not format its folder:\n{formatting.stdout}")

    def _check_alive(self) -> None:
        if self._process is not None and self._process.poll() is not None:
            shown = self.log.read_text().splitlines()[-LOG_LINES_SHOWN:]
            raise RuntimeError("Kafka ended instead of starting:\n" + "\n".join(shown))


def java_release() -> int:
    """Return the release of the Java on PATH, such as 17; 0 without one."""
    try:
        answer = subprocess.run(
            ["java", "-version"], capture_output=True, text=True, timeout=60, check=False
        )
    except OSError:
        return 0
    found = re.search(r'version "(\d+)', answer.stderr)
    return int(found[1]) if found else 0
