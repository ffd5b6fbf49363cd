"""Saved state in a versioned form of its own, so that one release reads what another wrote.

The form is MessagePack of the tuples below, the version first; totals are text.
"""

from typing import NamedTuple

import msgspec

from windowing.core.errors import WindowingError
from windowing.core.flow_watermark import FlowWatermark
from windowing.core.messages import Partials
from windowing.core.window import BEGINNING_US
from windowing.core.window_state import WindowState

VERSION = 1


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


class _PartitionForm(NamedTuple):
    version: int
    partition: PartitionSnapshot


class _GroupForm(NamedTuple):
    version: int
    length_us: int
    watermark_us: int
    heard: dict[int, tuple[int, bool]]
    windows: Partials


_encode = msgspec.msgpack.Encoder().encode
_decode_partition = msgspec.msgpack.Decoder(_PartitionForm).decode
_decode_group = msgspec.msgpack.Decoder(_GroupForm).decode
_decode_any = msgspec.msgpack.Decoder().decode


def pack_partition(partition: PartitionSnapshot) -> bytes:
    """Return the saved form of a partition's position."""
    return _encode(_PartitionForm(VERSION, partition))


def unpack_partition(saved: bytes) -> PartitionSnapshot:
    """Return the position that `pack_partition` saved.

    Raises:
        SnapshotError: `saved` is of another version, or is no such form.
    """
    _check_version(saved)
    return _decode_partition(saved).partition


def pack_group(state: WindowState) -> bytes:
    """Return the saved form of a key group's windows."""
    return _encode(
        _GroupForm(VERSION, state.length_us, state.flow.us, state.flow.heard, state.windows)
    )


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
    _check_version(saved)
    form = _decode_group(saved)
    if form.length_us != length_us:
        raise SnapshotError(
            f"the recovery store holds windows of {form.length_us / 1e6:g} s and"
            f" WINDOWING_WINDOW_LENGTH is {length_us / 1e6:g} s: go back to that length,"
            " or start with an empty store"
        )
    heard = {partition: (us, False) for partition, (us, _) in form.heard.items()}
    flow = FlowWatermark(partitions, form.watermark_us, heard)
    return WindowState(length_us, flow, form.windows)


def _check_version(saved: bytes) -> None:
    try:
        version = _decode_any(saved)[0]
    except (msgspec.MsgspecError, TypeError, IndexError, KeyError):
        version = None
    if version != VERSION:
        raise SnapshotError(
            f"the recovery store holds state of format {version} and this release reads format"
            f" {VERSION}: run the release that wrote it, or start with an empty store"
        )
