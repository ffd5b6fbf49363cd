"""The pure parts of the scale benchmark, and a small run of the flow with open windows."""

import subprocess
import sys
from pathlib import Path

import pytest
from benchmarks.open_pairs import bytes_per_pair, hold_open, memory_mib
from benchmarks.pair_feed import Feed
from benchmarks.pauses import Pause, PauseClock, longest_s, read_pauses
from benchmarks.scale import numbers
from benchmarks.scale_cost import Took, slope
from tests.kafka.broker import Broker


def pause(pause_s: float, *, epoch_ended: bool) -> Pause:
    """Return a pause in which all was packing windows but a tenth of a second."""
    return Pause(0.0, pause_s, 0.5, epoch_ended, 0, pause_s - 0.1, 0, 0, 0)


def test_a_slope_leaves_out_what_starting_costs() -> None:
    cost = slope(Took(2.0, 5.0), Took(5.0, 9.0), (1_000_000, 3_000_000))

    assert cost.cpu_us_per_event == pytest.approx(1.5)
    assert cost.events_per_s == pytest.approx(500_000)


def test_inputs_too_small_to_tell_are_named() -> None:
    with pytest.raises(RuntimeError, match="took no longer than 1,000"):
        slope(Took(2.0, 5.0), Took(2.1, 4.9), (1_000, 3_000))


def test_memory_per_pair_is_what_a_run_with_more_of_them_has_more() -> None:
    assert bytes_per_pair(many_mib=300, few_mib=100, pairs=2**20) == 200


def test_pauses_with_and_without_a_snapshot_are_told_apart() -> None:
    pauses = [pause(0.4, epoch_ended=False), pause(1.5, epoch_ended=True)]

    assert longest_s(pauses, epoch_ended=True) == 1.5
    assert longest_s(pauses, epoch_ended=False) == 0.4
    assert longest_s([], epoch_ended=True) == 0


def test_what_no_part_of_the_flow_took_is_the_rest() -> None:
    assert pause(1.5, epoch_ended=True).rest_s == pytest.approx(0.1)


def test_a_pause_is_split_into_its_parts_and_counts_from_the_last_look(tmp_path: Path) -> None:
    now_s = 100.0

    def tick(seconds: float) -> None:
        nonlocal now_s
        now_s += seconds

    clock = PauseClock(tmp_path / "pauses", now_s=lambda: now_s, cpu_s=lambda: now_s / 2)
    tick(0.05)
    clock.begin_read()  # too short to be written
    tick(7)
    clock.end_read()
    clock.end_epoch()
    with clock.within("save_windows_s"):
        tick(1)
        with clock.within("ask_owner_s"):
            tick(0.25)
    tick(0.5)
    clock.begin_read()

    (pause,) = read_pauses(tmp_path / "pauses")
    expected = Pause(108.8, 1.75, 0.875, True, 0, 1, 0, 0.25, 0)
    assert pause._asdict() == pytest.approx(expected._asdict())
    assert pause.rest_s == pytest.approx(0.5)


def test_the_peak_of_a_process_is_its_own_and_not_that_of_its_parent() -> None:
    ballast = bytearray(200 * 2**20)
    ballast[:: 2**12] = b"x" * len(ballast[:: 2**12])
    command = [sys.executable, "-c", "print(flush=True); input()"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        assert child.stdout
        child.stdout.readline()
        resident_mib, peak_mib = memory_mib(child.pid)
        child.communicate(b"\n")

    assert 0 < resident_mib <= peak_mib < 100


@pytest.mark.parametrize(("text", "expected"), [("", []), ("100, 3000000", [100, 3_000_000])])
def test_a_list_is_numbers_with_commas(text: str, expected: list[int]) -> None:
    assert numbers("--users", text) == expected


def test_what_is_no_number_is_refused_with_its_name() -> None:
    with pytest.raises(SystemExit, match="--users='10k': '10k' is no whole number above 0"):
        numbers("--users", "10k")


def test_open_windows_are_held_saved_and_measured(broker: Broker, tmp_path: Path) -> None:
    pairs = 20_000
    held = hold_open(
        broker.bootstrap, pairs, tmp_path, events=pairs, feed=Feed(1_000, 3), epoch_s=1
    )

    assert held.stopped_in_time
    # A user of up to five digits, two counts and an amount like 123.45 are 15 bytes at least.
    assert 15 < held.snapshot_bytes / pairs < held.file_bytes / pairs < 100
    assert 20 < held.resident_mib <= held.peak_mib
