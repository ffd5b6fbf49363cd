"""What a recovery store holds, in words of the job: partitions, windows, lanes."""

from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import NamedTuple

from windowing.core.aggregate import EXACT
from windowing.core.key_group import key_group
from windowing.core.snapshot import (
    GROUP,
    LANE,
    PARTITION,
    GroupSnapshot,
    LaneSnapshot,
    PartitionSnapshot,
    kind_of,
    read_group,
    read_lane,
    unpack_partition,
)
from windowing.core.window import BEGINNING_US
from windowing.engine.store_reader import StoreContents


class OpenWindow(NamedTuple):
    """A window that has not closed: how many users and events it has, and their exact total."""

    start_us: int
    end_us: int
    users: int
    events: int
    total: Decimal


class Summary:
    """What is in a store, read once.

    Attributes:
        partitions: of each input partition where it stands.
        groups: of each key group its windows.
        lanes: of each lane of the output what it owes.
    """

    def __init__(self, contents: StoreContents) -> None:
        """Read all that is saved.

        Raises:
            SnapshotError: it is of another release.
        """
        self.partitions: dict[int, PartitionSnapshot] = {}
        self.groups: dict[int, GroupSnapshot] = {}
        self.lanes: dict[int, LaneSnapshot] = {}
        self._heard_in: dict[int, int] = {}
        for key, epoch, form in contents.saved:
            kind = kind_of(form)
            if kind == PARTITION:
                self.partitions[int(key)] = unpack_partition(form)
            elif kind == GROUP:
                self.groups[int(key)] = read_group(form)
                self._heard_in[int(key)] = epoch
            elif kind == LANE:
                self.lanes[int(key)] = read_lane(form)

    def watermark_us(self) -> int | None:
        """Return the flow's watermark, as far as any key group knows it; None: not begun."""
        return _begun(max((group.watermark_us for group in self.groups.values()), default=None))

    def partition_watermark_us(self, partition: int, bound_us: int) -> int | None:
        """Return a partition's watermark; None: it has had no event.

        Args:
            partition: its number.
            bound_us: the job's bound of disorder.
        """
        _, latest_us, floor_us, _ = self.partitions[partition]
        return _begun(floor_us if latest_us is None else max(floor_us, latest_us - bound_us))

    def is_idle(self, partition: int) -> bool:
        """Return whether the key groups had last heard that a partition was idle."""
        heard = [
            (self._heard_in[number], group.heard[partition][1])
            for number, group in self.groups.items()
            if partition in group.heard
        ]
        return max(heard, default=(0, False))[1]

    def open_windows(self) -> list[OpenWindow]:
        """Return the open windows in the order of time."""
        sums: dict[tuple[int, int], OpenWindow] = {}
        for _, one in self._pairs(self.groups.values()):
            times = one.start_us, one.end_us
            before = sums.get(times)
            sums[times] = one if before is None else _sum(before, one)
        return [sums[times] for times in sorted(sums)]

    def windows_of(self, user: str) -> list[OpenWindow]:
        """Return a user's open windows in the order of time."""
        group = self.groups.get(key_group(user))
        groups = [] if group is None else [group]
        return sorted(one for name, one in self._pairs(groups) if name == user)

    def _pairs(self, groups: Iterable[GroupSnapshot]) -> Iterator[tuple[str, OpenWindow]]:
        for group in groups:
            for window, users in group.windows.items():
                start_us = window * group.length_us
                end_us = start_us + group.length_us
                for user, each in users.items():
                    total = Decimal(each.total)
                    yield user, OpenWindow(start_us, end_us, 1, each.count, total)


def _sum(left: OpenWindow, right: OpenWindow) -> OpenWindow:
    return left._replace(
        users=left.users + right.users,
        events=left.events + right.events,
        total=EXACT.add(left.total, right.total),
    )


def records_of(lane: LaneSnapshot) -> int:
    """Return how many records a lane's last batch has."""
    return sum(len(list(output.records())) for output in lane.outputs)


def _begun(time_us: int | None) -> int | None:
    return None if time_us == BEGINNING_US else time_us
