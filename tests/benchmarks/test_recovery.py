"""When a flow that was killed is back."""

from benchmarks.live.delays import Seen
from benchmarks.live.schedule import Schedule
from benchmarks.live.slope import LagPoint
from benchmarks.recovery import is_gone, results_again_s

BEGIN_MS = 1_800_000_000_000
SCHEDULE = Schedule(BEGIN_MS, 1_000, 2)
BOUND_MS = 500
KILLED_MS = BEGIN_MS + 20_250
RESTARTED_MS = BEGIN_MS + 30_000


def again_s(*seen: Seen) -> float | None:
    return results_again_s(seen, SCHEDULE, BOUND_MS, killed_ms=KILLED_MS, restarted_ms=RESTARTED_MS)


def read(window_end_s: int, read_s: float) -> Seen:
    read_ms = BEGIN_MS + int(read_s * 1000)
    return Seen(BEGIN_MS + window_end_s * 1000, read_ms, read_ms, 1)


def test_results_flow_again_with_the_first_of_a_window_that_closed_after_the_kill() -> None:
    # The window to 19 s could close at 19.5 s: the dead process had made its results.
    assert again_s(read(19, 31.0), read(20, 33.5), read(21, 34.0)) == 3.5


def test_what_was_read_before_the_restart_is_the_dead_process() -> None:
    assert again_s(read(20, 29.9)) is None


def test_without_results_they_do_not_flow() -> None:
    assert again_s() is None


def test_a_lag_is_gone_when_it_is_as_small_as_before() -> None:
    assert is_gone(LagPoint(40, 50_000, 50_000, 900), lag_before=900, counted=20_000)
    assert not is_gone(LagPoint(40, 50_000, 50_000, 901), lag_before=900, counted=20_000)


def test_a_lag_that_had_no_time_to_grow_is_not_gone() -> None:
    assert not is_gone(LagPoint(31, 20_500, 20_500, 500), lag_before=900, counted=20_000)
