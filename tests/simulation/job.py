"""The parts of a simulated job: each with its model beside it."""

from collections import deque
from copy import deepcopy
from dataclasses import dataclass, field
from typing import NamedTuple

from tests.models import Event, FlowModel, PartitionModel, Place
from tests.simulation.output import Topics

from windowing.core.messages import GroupFlush
from windowing.core.partition import Partition
from windowing.core.window_state import WindowState


class Seen(NamedTuple):
    """An event that was read, its key group, and the partition's watermark then."""

    place: Place
    event: Event
    group: int
    watermark_us: float


class Told(NamedTuple):
    """What the models hear of a partition's turn: its events, and where it stands after them."""

    events: list[Seen]
    watermark_us: float
    idle: bool


@dataclass
class Task:
    """A partition at work, with its model; `flushed_model` is as it stood at the last flush."""

    partition: Partition
    model: PartitionModel
    epoch_begins: bool = True
    ended: bool = False
    unflushed: list[Seen] = field(default_factory=list)
    flushed_model: PartitionModel = field(init=False)

    def __post_init__(self) -> None:
        self.flushed_model = deepcopy(self.model)


@dataclass
class Group:
    """A key group at work, with its model and what is on its way to it."""

    state: WindowState
    model: FlowModel
    under_way: deque[tuple[int, GroupFlush | None, Told]] = field(default_factory=deque)


class Saved(NamedTuple):
    """A complete epoch: all that the recovery store holds, and what was written by then."""

    partitions: list[bytes]
    partition_models: list[PartitionModel]
    groups: list[bytes]
    group_models: list[FlowModel]
    output: Topics
