"""What crosses to another process arrives as it was sent."""

import pickle

from hypothesis import given
from hypothesis import strategies as st
from tests.strategies import amounts

from windowing.core.aggregate import Aggregate
from windowing.core.messages import GroupFlush, Progress, SourceRecord, Unfolded
from windowing.core.window import BEGINNING_US, END_US

times = st.integers(BEGINNING_US, END_US)
windows = st.integers(-(2**40), 2**40)
users = st.text(min_size=1)
aggregates = st.builds(Aggregate, st.integers(1, 2**63 - 1), st.integers(0, 2**63 - 1), amounts())
headers = st.lists(st.tuples(st.text(), st.none() | st.binary()), max_size=3)
records = st.builds(
    SourceRecord,
    st.none() | st.binary(),
    st.none() | st.binary(),
    headers,
    st.integers(0, END_US),
    st.integers(0, 2**31),
    st.integers(0, END_US),
)
flushes = st.builds(
    GroupFlush,
    st.integers(0, 2**31),
    st.dictionaries(windows, st.dictionaries(users, aggregates, max_size=5), max_size=3),
    st.lists(st.builds(Unfolded, users, windows, aggregates, times, records), max_size=3),
    st.none() | st.builds(Progress, times, st.booleans()),
)


@given(flushes)
def test_a_flush_arrives_in_another_process_as_it_was(flush):
    arrived = pickle.loads(pickle.dumps(flush))
    assert arrived == flush
    assert type(arrived) is GroupFlush
    assert all(type(event.record) is SourceRecord for event in arrived.unfolded)
