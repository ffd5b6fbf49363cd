"""A real Prometheus of its own, on a free port."""

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest
import yaml
from tests.conftest import IN_CI
from tests.deploy.prometheus_api import PrometheusApi
from tests.kafka.job import eventually, free_ports
from tests.kafka.tied_process import kill_tied, start_tied


def tool(name: str) -> str:
    """Return the path of prometheus or promtool; skip the test without it, or in CI fail it."""
    if path := shutil.which(name):
        return path
    missing = f"no {name}: apt-get install --no-install-recommends prometheus"
    if IN_CI:
        pytest.fail(missing, pytrace=False)
    pytest.skip(missing)


@contextmanager
def running_prometheus(
    folder: Path, *, rules: Path, job: str, targets: Sequence[str]
) -> Iterator[PrometheusApi]:
    """Scrape targets every second and evaluate rules as often; offer the API.

    Args:
        folder: for its files.
        rules: the file of the rules.
        job: the targets' label.
        targets: host:port each.
    """
    config = folder / "prometheus.yml"
    config.write_text(
        yaml.safe_dump(
            {
                "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
                "rule_files": [str(rules)],
                "scrape_configs": [
                    {"job_name": job, "static_configs": [{"targets": list(targets)}]}
                ],
            }
        )
    )
    [port] = free_ports(1)
    log = folder / "prometheus.log"
    process = start_tied(
        [
            tool("prometheus"),
            f"--config.file={config}",
            f"--storage.tsdb.path={folder / 'prometheus'}",
            f"--web.listen-address=127.0.0.1:{port}",
        ],
        log=log,
    )
    url = f"http://127.0.0.1:{port}"

    def is_ready() -> bool:
        assert process.poll() is None, log.read_text()
        try:
            with urlopen(f"{url}/-/ready") as answer:
                return bool(answer.status == 200)
        except (URLError, ConnectionError):
            return False

    try:
        eventually(is_ready, bool)
        yield PrometheusApi(url)
    finally:
        kill_tied(process)
