"""The demo's ten minutes show what they are meant to, on a clock that runs fast."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from windowing.core.decode import NotAnEventError, decode
from windowing.core.window import as_utc
from windowing.demo.scenario import (
    IDLE_TIMEOUT,
    LENGTH,
    PARTITIONS,
    QUIET_AFTER,
    QUIET_PARTITION,
    SPEED,
    WINDOW,
    flow_settings,
    play_from,
    start_before,
)
from windowing.settings import load_settings

NOW = datetime(2026, 1, 1, 12, 34, 56, 789, tzinfo=UTC)
START = start_before(NOW)
STREAM = list(play_from(START))


def times_of_events() -> Iterator[datetime]:
    for arrival in STREAM:
        try:
            yield as_utc(decode(arrival.value, NOW + timedelta(hours=1)).timestamp)
        except NotAnEventError:
            continue


def test_it_starts_on_a_window_and_is_past_when_it_ends():
    assert (START - datetime(1970, 1, 1, tzinfo=UTC)) % WINDOW == timedelta(0)
    assert START + LENGTH <= NOW


def test_it_is_the_same_whenever_it_starts():
    shift = timedelta(hours=3)
    later = list(play_from(START + shift))
    assert [(a.at + shift, a.partition, a.key) for a in STREAM] == [
        (a.at, a.partition, a.key) for a in later
    ]


def test_no_event_lies_outside_of_it():
    # One past the end would open a window that stays open for a minute of the wall's clock.
    assert min(times_of_events()) >= START
    assert max(times_of_events()) < START + LENGTH


def test_only_the_quiet_partition_is_ever_idle():
    for partition in range(PARTITIONS):
        at = [arrival.at for arrival in STREAM if arrival.partition == partition]
        longest = max(later - earlier for earlier, later in pairwise(at))
        assert longest / SPEED < IDLE_TIMEOUT / 2
        end = START + (QUIET_AFTER if partition == QUIET_PARTITION else LENGTH)
        assert end - at[-1] < WINDOW
    assert (LENGTH - QUIET_AFTER) / SPEED > 2 * IDLE_TIMEOUT


def test_the_flow_takes_its_settings():
    settings = load_settings(flow_settings())
    assert settings.window_length == WINDOW
    assert settings.idle_timeout == IDLE_TIMEOUT
