"""A partition that was idle, and a broker that did not answer for a while."""

from datetime import timedelta

from tests.simulation.fake_record import FakeRecord
from tests.strategies import START

from windowing.core.idleness import ANSWER_GAP_US
from windowing.core.partition import Partition, Rules
from windowing.core.snapshot import PartitionSnapshot


def test_an_answer_after_a_gap_ends_idleness_and_leaves_events_unfolded():
    rules = Rules(timedelta(minutes=1), timedelta(0), timedelta(seconds=1), timedelta(hours=1))
    partition = Partition(0, rules, PartitionSnapshot(0), groups=1)
    event = b'{"user_id":1,"event_type":"a","timestamp":"%s"}' % START.isoformat().encode()
    partition.read([FakeRecord(event, 0)], 1, START, 0)
    for asked_at_us in (0, 1_000_000):
        partition.hear_end(1, asked_at_us)
    quiet = partition.flush(1_000_000)
    partition.hear_end(1, 1_000_001 + ANSWER_GAP_US)
    awake = partition.flush(2_000_000 + ANSWER_GAP_US)
    partition.read([FakeRecord(event, 1)], 2, START, 3_000_000 + ANSWER_GAP_US)
    flush = partition.flush(4_000_000 + ANSWER_GAP_US)

    assert quiet is not None
    assert quiet.groups[0].progress is not None
    assert quiet.groups[0].progress.idle
    assert awake is not None
    assert awake.groups[0].progress is not None
    assert not awake.groups[0].progress.idle
    assert flush is not None
    assert [unfolded.user for unfolded in flush.groups[0].unfolded] == ["1"]
