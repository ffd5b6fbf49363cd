"""A lane's ledger: each record is written once, wherever in the protocol the process dies."""

from typing import Literal, NamedTuple

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from windowing.core.lane_ledger import Due, LaneLedger
from windowing.core.messages import Output, PassedOn


def record(number: int) -> Output:
    """Return the record of an item."""
    return PassedOn("late", number, [], None, None)


A, B, C = record(1), record(2), record(3)


def test_a_new_lane_owes_nothing():
    assert LaneLedger().due() is None
    assert LaneLedger().seal() == Due(0, [])


def test_records_of_the_running_epoch_are_not_due():
    ledger = LaneLedger()
    ledger.add([A])
    assert ledger.due() is None


def test_a_batch_is_due_from_the_end_of_its_epoch_until_it_is_settled():
    ledger = LaneLedger()
    ledger.add([A])
    ledger.add([B])
    assert ledger.seal() == Due(1, [A, B])
    assert ledger.due() == Due(1, [A, B])
    assert ledger.due() == Due(1, [A, B])
    ledger.settle(1)
    assert ledger.due() is None


def test_an_epoch_without_records_takes_no_number():
    ledger = LaneLedger()
    ledger.add([A])
    ledger.seal()
    ledger.settle(1)
    assert ledger.seal() == Due(1, [])
    ledger.add([B])
    assert ledger.seal() == Due(2, [B])


def test_a_batch_that_was_not_written_is_the_first_part_of_the_next_under_a_new_number():
    ledger = LaneLedger()
    ledger.add([A])
    saved = ledger.seal()
    ledger.add([B])
    assert ledger.seal() == Due(2, [A, B])
    assert saved == Due(1, [A])
    assert ledger.due() == Due(2, [A, B])


def test_what_came_since_the_end_of_the_epoch_is_not_settled_with_it():
    ledger = LaneLedger()
    ledger.add([A])
    ledger.seal()
    ledger.add([B])
    ledger.settle(1)
    assert ledger.seal() == Due(2, [B])


def test_after_a_restart_the_marker_of_the_saved_batch_settles_it_and_an_earlier_does_not():
    for marker, due in ((6, Due(7, [A])), (7, None), (8, None)):
        ledger = LaneLedger(Due(7, [A]))
        ledger.settle(marker)
        assert ledger.due() == due


def test_numbers_go_on_where_the_saved_state_ends():
    ledger = LaneLedger(Due(7, []))
    ledger.add([C])
    assert ledger.seal() == Due(8, [C])


class Saved(NamedTuple):
    """What the recovery store holds of an epoch: the source's position and the lane's state."""

    position: int
    lane: Due


Death = Literal["before the commit", "before it is settled"] | None
deaths = st.sampled_from([None, "before the commit", "before it is settled"])


class Machine(RuleBasedStateMachine):
    """A source that counts, a recovery store, a broker with transactions, and a process that dies.

    Only the ledger is real. The store holds the last epoch that is complete; on the broker the
    records and the marker change together.
    """

    def __init__(self) -> None:
        super().__init__()
        self.store = Saved(0, Due(0, []))
        self.written: list[Output] = []
        self.marker = 0
        self.begin()

    def begin(self) -> None:
        """Start the process on what the store holds."""
        self.position = self.store.position
        self.ledger = LaneLedger(self.store.lane)
        self.sealed: Saved | None = None
        self.received = False

    def restart(self, death: Death = None) -> None:
        """Start as `ExactLane` does: ask for the marker, write what is not out."""
        self.begin()
        self.ledger.settle(self.marker)
        self.write(death)

    def write(self, death: Death) -> None:
        """Write what is due, or die over it."""
        due = self.ledger.due()
        if due is None:
            return
        if death != "before the commit":
            self.written += due.outputs
            self.marker = due.number
        if death is None:
            self.ledger.settle(due.number)
        else:
            self.restart()

    # Bytewax asks a source for more only when the epoch before is complete.

    @precondition(lambda self: self.sealed is None)
    @rule(count=st.integers(1, 3))
    def emit(self, count):
        self.ledger.add([record(n) for n in range(self.position, self.position + count)])
        self.position += count
        self.received = True

    @precondition(lambda self: self.sealed is None)
    @rule()
    def end_epoch(self):
        # Bytewax asks a lane for its state only in epochs in which it received something.
        lane = self.ledger.seal() if self.received else self.store.lane
        self.sealed = Saved(self.position, lane)

    @precondition(lambda self: self.sealed is not None)
    @rule()
    def complete_epoch(self):
        assert self.sealed is not None
        self.store, self.sealed, self.received = self.sealed, None, False

    # That word of the complete epoch comes is a rule: in some epochs it comes late, in some never.
    @precondition(lambda self: self.sealed is None)
    @rule(death=deaths)
    def hear_that_the_epoch_is_complete(self, death):
        self.received = True
        self.write(death)

    @rule(death=deaths)
    def die(self, death):
        self.restart(death)

    @invariant()
    def the_broker_has_each_record_once_and_in_order(self):
        assert self.written == [record(n) for n in range(len(self.written))]

    @invariant()
    def nothing_is_written_that_a_restart_would_compute_again(self):
        assert len(self.written) <= self.store.position

    def teardown(self):
        if self.sealed is None:
            self.end_epoch()
        self.complete_epoch()
        self.hear_that_the_epoch_is_complete(None)
        assert self.written == [record(n) for n in range(self.position)]


TestMachine = Machine.TestCase
TestMachine.settings = settings(stateful_step_count=30)
