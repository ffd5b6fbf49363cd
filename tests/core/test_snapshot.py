"""Saved state comes back as it was, or is refused in a line."""

from datetime import timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.models import Event
from tests.simulation.fake_record import FakeRecord
from tests.strategies import arrival

from windowing.core.aggregate import Aggregate
from windowing.core.flow_watermark import FlowWatermark
from windowing.core.fold import Fold
from windowing.core.messages import Output, PassedOn, Results
from windowing.core.snapshot import (
    VERSION,
    LaneSnapshot,
    PartitionSnapshot,
    SnapshotError,
    pack_group,
    pack_lane,
    pack_partition,
    unpack_group,
    unpack_lane,
    unpack_partition,
)
from windowing.core.watermark import Watermark
from windowing.core.window import BEGINNING_US, END_US, EPOCH
from windowing.core.window_state import WindowState

LENGTH_US = 300_000_000
TOPICS = ["events", "results", "late", "dead"]
times = st.integers(BEGINNING_US, END_US)
totals = st.decimals(allow_nan=False, allow_infinity=False, places=18).map(str) | st.sampled_from(
    ["0", "-0E-18", "1E+36", "1E+2"]
)
aggregates = st.builds(Aggregate, st.integers(1, 2**62), st.integers(0, 2**62), totals)
windows = st.dictionaries(
    st.integers(0, 2**40), st.dictionaries(st.text(), aggregates, min_size=1), max_size=4
)
heard = st.dictionaries(st.integers(0, 99), st.tuples(times, st.booleans()), max_size=8)
partitions = st.builds(PartitionSnapshot, st.integers(0, END_US), st.none() | times, times, times)
timestamps = st.integers(0, 2**62)
results = st.builds(Results, st.text(), timestamps, st.lists(st.text(max_size=256)), st.binary())
passed_on = st.builds(
    PassedOn,
    st.text(),
    timestamps,
    st.lists(st.tuples(st.text(), st.none() | st.binary())),
    st.none() | st.binary(),
    st.none() | st.binary(),
)


@given(partitions)
def test_a_position_comes_back_as_it_was(position):
    assert unpack_partition(pack_partition(position)) == position


@given(times, heard, windows, st.integers(100, 2**31))
def test_the_windows_of_a_group_come_back_as_they_were(us, heard, windows, partitions):
    state = WindowState(LENGTH_US, FlowWatermark(partitions, us, heard), windows)
    saved = pack_group(state)
    back = unpack_group(saved, LENGTH_US, partitions)
    assert back.length_us == LENGTH_US
    assert back.flow.us == us
    assert back.windows == windows
    assert {p: us for p, (us, _) in back.flow.heard.items()} == {
        p: us for p, (us, _) in heard.items()
    }


@given(heard)
def test_every_partition_counts_as_active_after_a_restart(heard):
    state = WindowState(LENGTH_US, FlowWatermark(100, 0, heard))
    back = unpack_group(pack_group(state), LENGTH_US, 100)
    assert not any(idle for _, idle in back.flow.heard.values())


def test_the_number_of_partitions_is_that_of_now():
    state = WindowState(LENGTH_US, FlowWatermark(1, 5, {0: (5, False)}))
    back = unpack_group(pack_group(state), LENGTH_US, 2)
    back.flow.hear(0, 100, idle=False)
    assert back.flow.us == 5  # the new one has not spoken


@given(st.text(), st.integers(0, 2**62), st.lists(results | passed_on))
def test_a_lane_comes_back_as_it_was_with_its_results_first(store, number, outputs):
    back = unpack_lane(pack_lane(LaneSnapshot(store, TOPICS, number, outputs)), TOPICS)
    assert back[:3] == (store, TOPICS, number)
    results_first = sorted(outputs, key=lambda output: isinstance(output, PassedOn))
    assert repr(back.outputs) == repr(results_first)  # also their types


def test_what_version_1_has_written_is_read_and_written_the_same():
    position = PartitionSnapshot(99, 1_767_225_600_000_000, -5, END_US)
    saved = bytes.fromhex("0170 9463 cf0006474846204000 fb cf7fffffffffffffff")
    assert unpack_partition(saved) == position
    assert pack_partition(position) == saved
    flow = FlowWatermark(2, 7, {0: (7, False), 1: (9, True)})
    state = WindowState(LENGTH_US, flow, {3: {"ada": Aggregate(2, 1, "0.5")}})
    saved = bytes.fromhex("0167 94 ce11e1a300 07 82009207c2019209c3 8103 81a3616461 930201a3302e35")
    assert unpack_group(saved, LENGTH_US, 2).windows == state.windows
    assert pack_group(state) == saved
    results = Results("r", 9, ["ada"], b"{}")
    outputs: list[Output] = [results, PassedOn("l", 8, [("h", None)], None, b"v")]
    lane = LaneSnapshot("s", ["e", "r"], 5, outputs)
    saved = bytes.fromhex(
        "016c 95 a173 92a165a172 05 9194a1720991a3616461c4027b7d 9195a16c089192a168c0c0c40176"
    )
    assert unpack_lane(saved, ["e", "r"]) == lane
    assert pack_lane(lane) == saved


def test_an_open_window_of_a_user_takes_a_few_bytes():
    fold = Fold(0, LENGTH_US, timedelta(0), Watermark(0))
    for user in range(100_000, 110_000):
        event = arrival(Event(str(user), 0, "123.45"))
        fold.read([FakeRecord(event.value)] * 3, EPOCH)
    [partials] = fold.take(groups=1)[0].values()
    [users] = partials.values()
    assert users["100000"] == Aggregate(3, 3, "370.35")
    state = WindowState(LENGTH_US, FlowWatermark(4, 5), partials)
    assert len(pack_group(state)) < 20 * len(users)


def refused(saved: bytes) -> list[str]:
    """Return why each of the three readers refuses these bytes."""
    reasons = []
    for unpack in (
        unpack_partition,
        lambda saved: unpack_group(saved, LENGTH_US, 4),
        lambda saved: unpack_lane(saved, TOPICS),
    ):
        with pytest.raises(SnapshotError) as error:
            unpack(saved)
        reasons.append(str(error.value))
        assert reasons[-1].splitlines() == reasons[-1:]
    return reasons


@pytest.mark.parametrize("version", [0, VERSION + 1, 255])
def test_another_version_is_refused_with_both_numbers_and_a_way_out(version):
    for saved in (bytes([version]), bytes([version]) + pack_partition(PartitionSnapshot(5))[1:]):
        for why in refused(saved):
            assert f"format {version} " in why
            assert f"format {VERSION}:" in why
            assert "empty store" in why


@pytest.mark.parametrize(
    "saved",
    [
        b"",
        b"\xc1",
        b"garbage",
        b"\x00",
        b"{}",
        b"\x92\x02",
        msgspec.msgpack.encode([]),
        pack_partition(PartitionSnapshot(5))[:-1],
        pack_partition(PartitionSnapshot(5)) + b"x",
    ],
)
def test_garbage_is_refused(saved):
    assert all("empty store" in why for why in refused(saved))


def test_another_window_length_is_refused_with_both_lengths_and_a_way_out():
    saved = pack_group(WindowState(60_000_000, FlowWatermark(1)))
    with pytest.raises(SnapshotError) as error:
        unpack_group(saved, LENGTH_US, 1)
    assert str(error.value).splitlines() == [str(error.value)]
    for part in ("0:01:00", "0:05:00", "WINDOWING_WINDOW_LENGTH", "empty store"):
        assert part in str(error.value)


def test_lengths_that_differ_look_different():
    saved = pack_group(WindowState(86_400_000_000_000 + 1_000_000, FlowWatermark(1)))
    with pytest.raises(SnapshotError) as error:
        unpack_group(saved, 86_400_000_000_000, 1)
    assert "1000 days, 0:00:01 and" in str(error.value)


def test_a_topic_with_fewer_partitions_than_before_is_refused_with_both_numbers_and_a_way_out():
    heard = {0: (5, False), 4: (5, False)}
    saved = pack_group(WindowState(LENGTH_US, FlowWatermark(5, 5, heard)))
    with pytest.raises(SnapshotError) as error:
        unpack_group(saved, LENGTH_US, 4)
    assert str(error.value).splitlines() == [str(error.value)]
    for part in ("5 partitions or more", "this one has 4:", "empty store"):
        assert part in str(error.value)
    assert unpack_group(saved, LENGTH_US, 5)


@pytest.mark.parametrize(
    "now", [["events", "results", "late", "other"], TOPICS[:3], list(reversed(TOPICS))]
)
def test_other_topics_are_refused_with_both_lists_and_a_way_out(now):
    saved = pack_lane(LaneSnapshot("store", TOPICS, 5, []))
    with pytest.raises(SnapshotError) as error:
        unpack_lane(saved, now)
    assert str(error.value).splitlines() == [str(error.value)]
    for part in (", ".join(TOPICS), ", ".join(now), "empty store"):
        assert part in str(error.value)


@pytest.mark.parametrize("saved", [[], ["x"], [1, "x", 3, {}, {}], {0: 1}, [True], [1.0]])
def test_another_form_under_this_version_is_refused(saved):
    for kind in (b"p", b"g", b"l"):
        refused(bytes([VERSION]) + kind + msgspec.msgpack.encode(saved))


def test_the_state_of_a_group_is_no_position():
    with pytest.raises(SnapshotError):
        unpack_partition(pack_group(WindowState(LENGTH_US, FlowWatermark(1))))


@pytest.mark.parametrize("saved", [b"\xa1\xff", b"\x91" * 100_000])
def test_garbage_that_breaks_the_parser_is_refused(saved):
    for kind in (b"p", b"g", b"l"):
        refused(bytes([VERSION]) + kind + saved)
