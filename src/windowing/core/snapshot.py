"""Saved state in a versioned form of its own, so that one release reads what another wrote.

The form is a byte for the version, one for the kind, and MessagePack of the tuples below; totals
are text.
"""

from collections.abc import Callable
from typing import NamedTuple, TypeVar

import msgspec

from windowing.core.errors import WindowingError
from windowing.core.flow_watermark import FlowWatermark
from windowing.core.messages import Partials
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


class _GroupForm(NamedTuple):
    length_us: int
    watermark_us: int
    heard: dict[int, tuple[int, bool]]
    windows: Partials


T = TypeVar("T")
_PARTITION, _GROUP = b"p", b"g"
_encode = msgspec.msgpack.Encoder().encode
_decode_partition = msgspec.msgpack.Decoder(PartitionSnapshot).decode
_decode_group = msgspec.msgpack.Decoder(_GroupForm).decode


def pack_partition(partition: PartitionSnapshot) -> bytes:
    """Return the saved form of a partition's position."""
    return _VERSION + _PARTITION + _encode(partition)


def unpack_partition(saved: bytes) -> PartitionSnapshot:
    """Return the position that `pack_partition` saved.

    Raises:
        SnapshotError: `saved` is of another version, or is no such form.
    """
    return _unpack(saved, _PARTITION, _decode_partition)


def pack_group(state: WindowState) -> bytes:
    """Return the saved form of a key group's windows."""
    form = _GroupForm(state.length_us, state.flow.us, state.flow.heard, state.windows)
    return _VERSION + _GROUP + _encode(form)


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
    form = _unpack(saved, _GROUP, _decode_group)
    if form.length_us != length_us:
        raise SnapshotError(
            f"the recovery store holds windows of {form.length_us * MICROSECOND} and"
            f" WINDOWING_WINDOW_LENGTH is {length_us * MICROSECOND}: go back to that length,"
            " or start with an empty store"
        )
    heard = {partition: (us, False) for partition, (us, _) in form.heard.items()}
    flow = FlowWatermark(partitions, form.watermark_us, heard)
    return WindowState(length_us, flow, form.windows)


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
