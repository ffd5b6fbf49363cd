"""Saved state in a versioned form of its own, so that one release reads what another wrote.

The form is a byte for the version, one for the kind, and MessagePack of the tuples below;
aggregates are arrays and totals text.
"""

from collections.abc import Callable
from typing import NamedTuple, TypeVar

import msgspec

from windowing.core.errors import WindowingError
from windowing.core.flow_watermark import FlowWatermark
from windowing.core.messages import Output, Partials, PassedOn, Results
from windowing.core.window import BEGINNING_US, MICROSECOND
from windowing.core.window_state import WindowState

VERSION = 1
_VERSION = bytes([VERSION])


class SnapshotError(WindowingError):
    """The saved state is of another release or another job; the text says what differs."""


class PartitionSnapshot(NamedTuple):
    """Where a partition stood at its last flush.

    Fields:
        offset: of the next record to read.
        latest_us: the largest event time seen, in microseconds since the epoch; None: none.
        floor_us: what its watermark had reached otherwise, see `Watermark`.
        unfold_until_us: see `Fold`.
    """

    offset: int
    latest_us: int | None = None
    floor_us: int = BEGINNING_US
    unfold_until_us: int = BEGINNING_US


class LaneSnapshot(NamedTuple):
    """What a lane of the output owes.

    Fields:
        store: a name that a recovery store has for itself.
        topics: of the job: input, results, late, dead letters.
        number: of the last batch.
        outputs: its records, if they may not be out yet.
    """

    store: str
    topics: list[str]
    number: int
    outputs: list[Output]


class _LaneForm(NamedTuple):
    store: str
    topics: list[str]
    number: int
    results: list[Results]
    passed_on: list[PassedOn]


class GroupSnapshot(NamedTuple):
    """The open windows of a key group.

    Fields:
        length_us: of a window, in microseconds.
        watermark_us: how far the group knows the flow to be.
        heard: of each partition that has spoken its watermark, in microseconds, and whether it
            was idle.
        windows: of each open window its users' aggregates.
    """

    length_us: int
    watermark_us: int
    heard: dict[int, tuple[int, bool]]
    windows: Partials


T = TypeVar("T")
PARTITION, GROUP, LANE = b"p", b"g", b"l"
"""Of what a saved form is, see `kind_of`."""
_encode = msgspec.msgpack.Encoder().encode
_decode_partition = msgspec.msgpack.Decoder(PartitionSnapshot).decode
_decode_group = msgspec.msgpack.Decoder(GroupSnapshot).decode
_decode_lane = msgspec.msgpack.Decoder(_LaneForm).decode


def kind_of(saved: bytes) -> bytes:
    """Return of what a saved form is: `PARTITION`, `GROUP` or `LANE`.

    Raises:
        SnapshotError: `saved` is of another version, or is no such form.
    """
    kind = saved[1:2]
    # An unknown one matches none.
    return _unpack(saved, kind if kind in (PARTITION, GROUP, LANE) else b"-", lambda _: kind)


def pack_partition(partition: PartitionSnapshot) -> bytes:
    """Return the saved form of a partition's position."""
    return _VERSION + PARTITION + _encode(partition)


def unpack_partition(saved: bytes) -> PartitionSnapshot:
    """Return the position that `pack_partition` saved.

    Raises:
        SnapshotError: `saved` is of another version, or is no such form.
    """
    return _unpack(saved, PARTITION, _decode_partition)


def pack_group(state: WindowState) -> bytes:
    """Return the saved form of a key group's windows."""
    form = GroupSnapshot(state.length_us, state.flow.us, state.flow.heard, state.windows)
    return _VERSION + GROUP + _encode(form)


def read_group(saved: bytes) -> GroupSnapshot:
    """Return what `pack_group` saved, for whoever wants to look at it.

    Raises:
        SnapshotError: `saved` is of another version, or is no such form.
    """
    return _unpack(saved, GROUP, _decode_group)


def unpack_group(saved: bytes, length_us: int, partitions: int) -> WindowState:
    """Return the windows that `pack_group` saved.

    All partitions count as active again: what came while the job was down must be read before
    the clock closes anything.

    Args:
        saved: what `pack_group` returned.
        length_us: the job's window length.
        partitions: the number of the input's partitions now.

    Raises:
        SnapshotError: `saved` is of another version or window length, or is no such form.
    """
    form = read_group(saved)
    if form.length_us != length_us:
        raise SnapshotError(
            f"the recovery store holds windows of {form.length_us * MICROSECOND} and"
            f" WINDOWING_WINDOW_LENGTH is {length_us * MICROSECOND}: go back to that length,"
            " or start with an empty store"
        )
    if form.heard and max(form.heard) >= partitions:
        raise SnapshotError(
            f"the recovery store is of an input topic of {max(form.heard) + 1} partitions or more"
            f" and this one has {partitions}: it was made anew; start with an empty store"
        )
    heard = {partition: (us, False) for partition, (us, _) in form.heard.items()}
    flow = FlowWatermark(partitions, form.watermark_us, heard)
    return WindowState(length_us, flow, form.windows)


def pack_lane(lane: LaneSnapshot) -> bytes:
    """Return the saved form of a lane."""
    results = [output for output in lane.outputs if isinstance(output, Results)]
    passed_on = [output for output in lane.outputs if isinstance(output, PassedOn)]
    form = _LaneForm(lane.store, lane.topics, lane.number, results, passed_on)
    return _VERSION + LANE + _encode(form)


def unpack_lane(saved: bytes, topics: list[str]) -> LaneSnapshot:
    """Return the lane that `pack_lane` saved; results come before all others.

    Raises:
        SnapshotError: as `read_lane`, or it is of other topics.
    """
    lane = read_lane(saved)
    if lane.topics != topics:
        raise SnapshotError(
            f"the recovery store is of a job on the topics {', '.join(lane.topics)} and this one"
            f" is on {', '.join(topics)}: a store belongs to one job; set the topics back, or"
            " start with an empty store"
        )
    return lane


def read_lane(saved: bytes) -> LaneSnapshot:
    """Return what `pack_lane` saved, for whoever wants to look at it; results come first.

    Raises:
        SnapshotError: `saved` is of another version, or is no such form.
    """
    form = _unpack(saved, LANE, _decode_lane)
    return LaneSnapshot(form.store, form.topics, form.number, [*form.results, *form.passed_on])


def _unpack(saved: bytes, kind: bytes, decode: Callable[[bytes], T]) -> T:
    version = saved[:1]
    if version != _VERSION:
        raise SnapshotError(
            f"the recovery store holds state of format {int.from_bytes(version)} and this release"
            f" reads format {VERSION}: run the release that wrote it, or start with an empty store"
        )
    try:
        if saved[1:2] == kind:
            return decode(saved[2:])
    except (msgspec.MsgspecError, ValueError, RecursionError):
        pass
    raise SnapshotError(
        "the recovery store holds state that cannot be read: it is damaged or of another job;"
        " start with a copy of it, or with an empty store"
    )
