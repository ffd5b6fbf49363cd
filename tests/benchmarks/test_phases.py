"""Where the CPU time of an event goes adds up to all of it."""

from pathlib import Path

import pytest
from benchmarks.arena import Arena
from benchmarks.load import USERS
from benchmarks.phases import CLIENT, ENGINE, PhasedFlow, Phases, slopes_us
from tests.kafka.broker import Broker


def test_the_parts_of_a_slope_add_up_to_the_process() -> None:
    small = [Phases({"decode": 1.0}, thread_s=3.0, process_s=4.0)] * 3
    large = [
        Phases({"decode": 2.0 + extra, "save": 1.0}, thread_s=6.0 + extra, process_s=8.0 + extra)
        for extra in (0.0, 0.0, 9.0)
    ]

    parts_us = slopes_us(small, large, 1_000_000)

    assert parts_us == pytest.approx({"decode": 1.0, "save": 1.0, ENGINE: 1.0, CLIENT: 1.0})


def test_the_flow_with_clocks_gives_the_right_results_and_writes_what_it_took(
    broker: Broker, tmp_path: Path
) -> None:
    flow = PhasedFlow(tmp_path / "phases.json")
    with Arena(broker.bootstrap, USERS.in_sizes(10_000, 20_000), tmp_path) as arena:
        arena.fill(20_000)

        assert arena.run(flow, 20_000).results > 0

    taken = flow.phases()
    assert {name.split(":")[0] for name in taken.of_phase_s} >= {"fetch", "decode", "encode"}
    assert 0 < sum(taken.of_phase_s.values()) < taken.thread_s < taken.process_s
