"""Everything at once: any order of records, pauses, broken connections, epochs, kills and ends.

The world compares every delivery with the models, and its output refuses a second record; what is
left to say here is that nothing that has been written changes, and that all is there at the end.
"""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from tests.models import ANSWER_GAP_US, Event
from tests.simulation.output import HOLE
from tests.simulation.world import ASK_US, IDLE_US, Answer, World
from tests.strategies import (
    BOUND_US,
    LENGTH_US,
    START_US,
    USERS,
    amounts,
    arrival,
    broken,
    styles,
)

MOST_PARTITIONS = 4
partitions = st.integers(0, MOST_PARTITIONS - 1)
users = st.sampled_from(USERS)


class Machine(RuleBasedStateMachine):
    """A job, its input, its broker and its operator."""

    @initialize(count=st.integers(1, 3), groups=st.integers(1, 4), late_delivery=st.booleans())
    def start(self, count, groups, late_delivery):
        self.world = World([[] for _ in range(count)], groups=groups, late_delivery=late_delivery)
        self.answers: dict[int, Answer] = {}
        self.event_time_us = START_US
        self.flow_us = [group.state.flow.us for group in self.world.groups]
        self.written: dict[tuple[str, int], bytes] = {}

    def _p(self, turn: int) -> int:
        return turn % len(self.world.inputs)

    # The input

    @rule(
        turn=partitions,
        user=users,
        ahead_us=st.sampled_from([0, 1, BOUND_US, LENGTH_US // 2, LENGTH_US]),
        behind_us=st.integers(0, BOUND_US),
        spelling=st.tuples(st.none() | amounts(), styles()),
    )
    def append_on_time(self, turn, user, ahead_us, behind_us, spelling):
        amount, style = spelling
        self.event_time_us += ahead_us
        event = Event(user, max(START_US, self.event_time_us - behind_us), amount)
        self.world.inputs[self._p(turn)].append(arrival(event, style))

    @rule(turn=partitions, user=users, windows=st.integers(1, 3), rest_us=st.integers(0, LENGTH_US))
    def append_late(self, turn, user, windows, rest_us):
        time_us = max(START_US, self.event_time_us - windows * LENGTH_US - rest_us)
        self.world.inputs[self._p(turn)].append(arrival(Event(user, time_us, "0.10")))

    @rule(turn=partitions, user=users, window=st.integers(0, 12))
    def append_on_a_boundary(self, turn, user, window):
        event = Event(user, START_US + window * LENGTH_US, "1e1")
        self.world.inputs[self._p(turn)].append(arrival(event))

    @rule(turn=partitions, record=broken() | st.just(HOLE))
    def append_broken(self, turn, record):
        self.world.inputs[self._p(turn)].append(record)

    # The job

    @rule(turn=partitions, most=st.integers(1, 6), flush=st.booleans())
    def read(self, turn, most, flush):
        self.world.read(self._p(turn), most, flush=flush)

    @rule(turn=partitions)
    def look(self, turn):
        self.world.look(self._p(turn))

    @rule(turn=partitions)
    def deliver(self, turn):
        self.world.deliver(turn % len(self.world.groups))

    @rule()
    def end_epoch(self):
        self.world.end_epoch()

    @rule(turn=partitions)
    def end_partition(self, turn):
        self.world.end(self._p(turn))

    # The clock and the broker

    @rule(
        duration_us=st.sampled_from(
            [1, 200_000, ASK_US, IDLE_US, ANSWER_GAP_US, ANSWER_GAP_US + 1, LENGTH_US]
        )
    )
    def pass_time(self, duration_us):
        self.world.now_us += duration_us

    @rule(turn=partitions)
    def ask(self, turn):
        self.answers[self._p(turn)] = self.world.ask(self._p(turn))

    @rule(turn=partitions)
    def hear(self, turn):
        answer = self.answers.pop(self._p(turn), None)
        if answer is not None:
            self.world.hear(self._p(turn), answer)

    @rule(turn=partitions)
    def lose_the_broker(self, turn):
        self.world.hear(self._p(turn), None)

    @rule(duration_us=st.sampled_from([ASK_US, IDLE_US, 2 * IDLE_US, LENGTH_US]))
    def read_all_and_be_silent(self, duration_us):
        for p in range(len(self.world.inputs)):
            self.world.read(p)
        self.answers.clear()  # answers come in the order of the questions
        self.world.be_silent(duration_us)

    @rule(turn=partitions, duration_us=st.sampled_from([IDLE_US, 2 * IDLE_US, LENGTH_US]))
    def be_silent_in_one_partition(self, turn, duration_us):
        p = self._p(turn)
        self.world.read(p)
        self.answers.pop(p, None)
        for _ in range(0, duration_us + ASK_US, ASK_US):
            self.world.now_us += ASK_US
            self.world.hear(p, self.world.ask(p))

    # The operator

    @rule(downtime_us=st.sampled_from([0, IDLE_US, LENGTH_US]))
    def kill(self, downtime_us):
        self._restart(downtime_us)

    @precondition(lambda self: len(self.world.inputs) < MOST_PARTITIONS)
    @rule(downtime_us=st.sampled_from([0, LENGTH_US]))
    def add_a_partition(self, downtime_us):
        self.world.inputs.append([])
        self._restart(downtime_us)

    @rule()
    def run_to_the_end_and_start_again(self):
        self._finish()
        self._restart(0)

    def _finish(self) -> None:
        self.world.end_input()
        # What came after the end of its partition is for the next run.
        self._restart(0)
        self.world.end_input()
        self.world.output.check_all(self.world.inputs)

    def _restart(self, downtime_us: int) -> None:
        self.world.now_us += downtime_us
        self.world.restart()
        self.answers.clear()
        saved = self.world.saved
        self.written = dict(saved.output.results) if saved else {}
        self.flow_us = [group.state.flow.us for group in self.world.groups]

    # What always holds

    @invariant()
    def nothing_written_changes(self):
        results = self.world.output.results
        assert self.written.items() <= results.items()
        self.written = dict(results)

    @invariant()
    def no_watermark_goes_back(self):
        now_us = [group.state.flow.us for group in self.world.groups]
        assert all(now >= before for now, before in zip(now_us, self.flow_us, strict=True))
        self.flow_us = now_us

    def teardown(self):
        if hasattr(self, "world"):
            self._finish()
            assert all(not group.state.windows for group in self.world.groups)


TestMachine = Machine.TestCase
TestMachine.settings = settings(stateful_step_count=40)
