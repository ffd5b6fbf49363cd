"""A world without Kafka, Bytewax or clocks: real partitions and window states, driven by hand.

It does what `engine/source.py` and `engine/window_step.py` do, one call at a time, and beside it
runs the models of `tests/models.py`, event by event: whatever a test does to the world, at every
delivery the real watermark must stand in the model's window, and the real late events must be
the model's. So each test only says what happens; a world that disagrees with the design fails.
"""

from copy import deepcopy
from dataclasses import replace
from datetime import datetime, timedelta
from typing import NamedTuple

from tests.models import FlowModel, PartitionModel, Place, window_end_us
from tests.simulation.fake_record import FakeRecord
from tests.simulation.job import Group, Saved, Seen, Task, Told
from tests.simulation.output import HOLE, Topics
from tests.strategies import BOUND_US, LENGTH_US, START, Arrival

from windowing.core.encode import Aside, encode_dead_letter, encode_late, encode_results
from windowing.core.event import identity
from windowing.core.flow_watermark import FlowWatermark
from windowing.core.furthest import Furthest
from windowing.core.key_group import key_group
from windowing.core.messages import Flush, GroupFlush
from windowing.core.partition import BACKLOG_FLUSH_INTERVAL_US, Partition, Rules
from windowing.core.snapshot import (
    PartitionSnapshot,
    pack_group,
    pack_partition,
    unpack_group,
    unpack_partition,
)
from windowing.core.window import (
    BEGINNING_US,
    END_US,
    MICROSECOND,
    microseconds,
    microseconds_since_epoch,
)
from windowing.core.window_state import WindowState

IDLE_US = 2_000_000
ASK_US = 500_000
RULES = Rules(
    window_length=LENGTH_US * MICROSECOND,
    max_out_of_orderness=BOUND_US * MICROSECOND,
    idle_timeout=IDLE_US * MICROSECOND,
    max_future_skew=timedelta(hours=1),
)
ASIDE = Aside("aside", max_record_bytes=1_000_000)
NEVER_IDLE = replace(RULES, idle_timeout=timedelta(0))


def first_open_window(watermark_us: float) -> int:
    """Return the first window that has not closed; before all of them at the beginning of time."""
    return int(max(watermark_us, BEGINNING_US)) // LENGTH_US


class Answer(NamedTuple):
    """Where a partition ended when the broker was asked."""

    asked_at_us: int
    end_offset: int


class World:
    """Input, clock, job and output; `late_delivery` leaves it to the test to `deliver`."""

    def __init__(
        self,
        inputs: list[list[Arrival]],
        *,
        groups: int = 1,
        rules: Rules = RULES,
        late_delivery: bool = False,
    ) -> None:
        self.inputs = inputs
        self.now_us = 0
        self.output = Topics()
        self.saved: Saved | None = None
        self.late_delivery = late_delivery
        self.rules = rules
        self._groups = groups
        self.restart()

    # The job

    def restart(self) -> None:
        """Start the job, or kill it and start it again where the last epoch was complete."""
        saved = self.saved
        self.output = deepcopy(saved.output) if saved else Topics()
        old = len(saved.partitions) if saved else 0
        self.tasks = [self._task(p, saved if p < old else None) for p in range(len(self.inputs))]
        self.groups = [self._group(g, saved) for g in range(self._groups)]

    def _task(self, number: int, saved: Saved | None) -> Task:
        model = PartitionModel(
            microseconds(self.rules.max_out_of_orderness), microseconds(self.rules.idle_timeout)
        )
        if saved is None:
            resumed = PartitionSnapshot(0, unfold_until_us=END_US if self.saved else BEGINNING_US)
        else:
            resumed = unpack_partition(saved.partitions[number])
            model = deepcopy(saved.partition_models[number])
            model.interrupt()
        return Task(Partition(number, self.rules, resumed, groups=self._groups), model)

    def _group(self, number: int, saved: Saved | None) -> Group:
        partitions = len(self.inputs)
        if saved is None:
            flow = FlowWatermark(partitions)
            return Group(WindowState(self.rules.length_us, flow), FlowModel(partitions))
        state = unpack_group(saved.groups[number], self.rules.length_us, partitions)
        model = deepcopy(saved.group_models[number])
        model.partitions = partitions
        model.told = {p: (us, False) for p, (us, _) in model.told.items()}
        assert first_open_window(state.flow.us) == first_open_window(model.us)
        return Group(state, model)

    def end_epoch(self) -> None:
        """Let everything arrive, save all state, and begin the next epoch."""
        self.deliver_all()
        self.saved = Saved(
            [pack_partition(task.partition.snapshot()) for task in self.tasks],
            [deepcopy(task.flushed_model) for task in self.tasks],
            [pack_group(group.state) for group in self.groups],
            [deepcopy(group.model) for group in self.groups],
            deepcopy(self.output),
        )
        for task in self.tasks:
            task.epoch_begins = True

    # A turn of a partition

    def read(self, p: int, most: int | None = None, *, flush: bool = False) -> int:
        """Read up to `most` records of a partition, else all; return how many there were."""
        if self.tasks[p].ended:
            return 0
        self._begin_turn(p)
        count = self._read(p, most)
        self._flush(p, force=flush)
        return count

    def _read(self, p: int, most: int | None) -> int:
        task, partition = self.tasks[p], self.inputs[p]
        held = [
            (offset, partition[offset])
            for offset in range(task.partition.offset, len(partition))
            if partition[offset] is not HOLE
        ][:most]
        if not held:
            task.partition.skip_to(len(partition))
            return 0
        records = [FakeRecord(arrived.value, offset) for offset, arrived in held]
        task.partition.read(records, held[-1][0] + 1, self.wall, self.now_us)
        for offset, (_, event) in held:
            task.model.read(event, self.now_us)
            if event is not None:
                group = key_group(identity(event.user), self._groups)
                task.unflushed.append(Seen((p, offset), event, group, task.model.us))
        return len(held)

    def ask(self, p: int) -> Answer:
        """Ask the broker where a partition ends."""
        return Answer(self.now_us, len(self.inputs[p]))

    def hear(self, p: int, answer: Answer | None) -> None:
        """Hear the broker's answer, or that there is none."""
        task = self.tasks[p]
        if task.ended:
            return
        self._begin_turn(p)
        self._check_answers(task)
        if answer is None:
            task.partition.lose_sight()
            task.model.interrupt()
        else:
            task.partition.hear_end(answer.end_offset, answer.asked_at_us)
            if answer.end_offset > task.partition.offset:
                task.model.interrupt()
            else:
                task.model.hear_nothing_new(answer.asked_at_us)
        self._flush(p)

    def look(self, p: int) -> None:
        """Take a turn in which nothing was read and no answer is there."""
        task = self.tasks[p]
        if not task.ended:
            self._begin_turn(p)
            self._check_answers(task)
            self._flush(p)

    def end(self, p: int) -> None:
        """Read a partition to its end, and be told that this is all."""
        task = self.tasks[p]
        if task.ended:
            return
        self._begin_turn(p)
        self._read(p, None)
        task.partition.skip_to(len(self.inputs[p]))
        task.partition.end()
        task.model.end(self.rules.length_us)
        task.ended = True
        self._flush(p)

    def _begin_turn(self, p: int) -> None:
        task = self.tasks[p]
        if task.epoch_begins:
            task.partition.pass_barrier(self._furthest_us(p))
            task.epoch_begins = False

    def _furthest_us(self, p: int) -> int:
        """Ask one of the groups, or none: there are processes where no group lives."""
        home = p % (self._groups + 1)
        furthest = Furthest()
        if home == self._groups:
            return microseconds_since_epoch(self.wall + self.rules.max_future_skew)
        furthest.join(self.groups[home].state.flow)
        assert furthest.us is not None
        return furthest.us

    def _check_answers(self, task: Task) -> None:
        task.partition.check_answers(self.now_us)
        task.model.check_answers(self.now_us)

    def _flush(self, p: int, *, force: bool = False) -> None:
        task = self.tasks[p]
        before_us = self._partition_us(task)
        flush = task.partition.flush(
            self.now_us + (BACKLOG_FLUSH_INTERVAL_US if force else 0),
            backlog=task.partition.offset < len(self.inputs[p]),
        )
        assert self._partition_us(task) >= before_us, "a partition's watermark went back"
        if flush is None and task.unflushed:
            return
        told = Told(task.unflushed, task.model.us, task.model.idle)
        task.unflushed = []
        if flush is not None:
            task.flushed_model = deepcopy(task.model)
            self._add_dead_letters(flush)
        for number, group in enumerate(self.groups):
            part = None if flush is None else flush.groups.get(number)
            group.under_way.append((p, part, told))
        if not self.late_delivery:
            self.deliver_all()

    def _partition_us(self, task: Task) -> int:
        flushed = task.partition.snapshot()
        latest_us = BEGINNING_US if flushed.latest_us is None else flushed.latest_us
        return max(flushed.floor_us, latest_us - BOUND_US)

    def _add_dead_letters(self, flush: Flush) -> None:
        for dead in flush.dead_letters:
            self.output.add_dead(encode_dead_letter(dead, ASIDE, "input"))

    # A turn of a key group

    def deliver_all(self) -> None:
        """Let all flushes arrive."""
        for number in range(self._groups):
            while self.deliver(number):
                pass

    def deliver(self, number: int) -> bool:
        """Let a group's next flush arrive, if one is under way."""
        group = self.groups[number]
        if not group.under_way:
            return False
        p, part, told = group.under_way.popleft()
        before_us = group.state.flow.us
        late = set(self.output.late)
        if part is not None:
            self._receive(group.state, part)
        late = self.output.late.keys() - late
        assert group.state.flow.us >= before_us, "the flow's watermark went back"
        expected_late = self._model_receive(number, p, told)
        assert late == expected_late, f"late: {late}; by the model: {expected_late}"
        first_open = first_open_window(group.model.us)
        assert first_open_window(group.state.flow.us) == first_open, "not the model's watermark"
        assert all(window >= first_open for window in group.state.windows), "closed and kept"
        return True

    def _receive(self, state: WindowState, part: GroupFlush) -> None:
        closed, late = state.receive(part)
        for window in closed:
            self.output.add_results(encode_results(window, self.rules.length_us, "results"))
        for event in late:
            self.output.add_late(encode_late(event, self.rules.length_us, ASIDE, "input"))

    def _model_receive(self, number: int, p: int, told: Told) -> set[Place]:
        model = self.groups[number].model
        late = set()
        for place, event, group, watermark_us in told.events:
            model.tell(p, watermark_us, idle=False)
            if group == number and window_end_us(event, LENGTH_US) <= model.us:
                late.add(place)
        model.tell(p, told.watermark_us, idle=told.idle)
        return late

    # Time, and longer stretches

    @property
    def wall(self) -> datetime:
        """The time of day."""
        return START + self.now_us * MICROSECOND

    def be_silent(self, duration_us: int) -> None:
        """Let time pass while the broker says every half second what is true."""
        for _ in range(0, duration_us, ASK_US):
            self.now_us += ASK_US
            for p in range(len(self.inputs)):
                self.hear(p, self.ask(p))

    def end_input(self) -> None:
        """Run to the end of all partitions, as a bounded run does, and commit it."""
        for p in range(len(self.inputs)):
            self.end(p)
        self.end_epoch()
