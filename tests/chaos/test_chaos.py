"""A short run of chaos: whatever is killed and whenever, every record comes out once."""

from pathlib import Path

import pytest
from tests.chaos.run import run
from tests.conftest import need
from tests.kafka.broker import OwnBroker, kafka_broker

SECONDS = 60.0
DEEDS = 6


@pytest.mark.timeout(600)
def test_every_record_comes_out_once_whatever_is_killed(
    pytestconfig: pytest.Config, tmp_path: Path
) -> None:
    # A broker of its own: it is killed too.
    with need(pytestconfig, kafka_broker()) as broker:
        if not isinstance(broker, OwnBroker):
            pytest.skip("KAFKA_TEST_BOOTSTRAP is not ours to restart")
        report = run(1, SECONDS, broker, tmp_path, kills=DEEDS)

    assert not report.wrong, f"{report.history}\n{report.summary()}"
    assert min(report.counts.values()) > 0
    assert "restart_broker" in report.deeds
