"""Names, types and labels: those of the table, and as Prometheus wants them."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families
from tests.conftest import MakeJob
from tests.kafka.job import ROOT, event, eventually, killed_at_the_end
from tests.kafka.topics import produce
from tests.observe.scrape import get, ports_in_a_row, samples

from windowing.core.fault import KINDS

PAGE = Path(ROOT, "docs", "metrics.md").read_text()
ROW = re.compile(r"^\| `(windowing_\w+)` \| (\w+) \| (?:(`.*`) )?\| .+ \|$", re.MULTILINE)
KIND_ROW = re.compile(r"^\| `(\w+)` \| [^|]+ \|$", re.MULTILINE)
# Of the client library.
OTHERS = re.compile(r"process_\w+|python_info")


@pytest.fixture
def served(make_job: MakeJob) -> str:
    """What a process with a recovery store serves when it has read something."""
    job = make_job(1)
    produce(job.bootstrap, job.topics.events, [event("a", 0)])
    [port] = ports_in_a_row(1)
    running = job.start(*job.store(), HTTP_PORT=str(port))
    with killed_at_the_end(running):
        eventually(
            lambda: samples(port).of("windowing_watermark_timestamp_seconds"),
            lambda watermark: watermark is not None,
        )
        return get(port, "/metrics").body


def test_the_table_has_every_metric_with_its_type_and_labels(served: str) -> None:
    found = {}
    for family in text_string_to_metric_families(served):
        if not OTHERS.fullmatch(family.name):
            name = family.name + ("_total" if family.type == "counter" else "")
            labels = {label for sample in family.samples for label in sample.labels} - {"le"}
            assert family.samples, name
            assert family.documentation, name
            found[name] = (family.type, labels)
    table = {
        name: (kind, set(re.findall(r"`(\w+)`", labels)))
        for name, kind, labels in ROW.findall(PAGE)
    }
    assert found == table


def test_the_table_has_every_reason_of_a_dead_letter() -> None:
    reasons = PAGE.split("| `reason` | what it was |", 1)[1]
    assert sorted(KIND_ROW.findall(reasons)) == sorted(KINDS)


def test_prometheus_own_check_finds_nothing_wrong(served: str) -> None:
    promtool = shutil.which("promtool")
    if promtool is None:
        missing = "no promtool: apt-get install prometheus"
        if os.environ.get("CI"):
            pytest.fail(missing, pytrace=False)
        pytest.skip(missing)
    check = subprocess.run(
        [promtool, "check", "metrics"], input=served, capture_output=True, text=True, check=False
    )
    assert (check.returncode, check.stdout, check.stderr) == (0, "", "")
