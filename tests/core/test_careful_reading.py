"""What the short way of the fold leaves to the careful one, a record at a time."""

from datetime import timedelta

import pytest
from tests.simulation.fake_record import FakeRecord
from tests.strategies import START

from windowing.core.aggregate import EXACT, Aggregate, total_text
from windowing.core.decode import NotAnEventError, decode
from windowing.core.fold import Fold
from windowing.core.watermark import Watermark
from windowing.core.window import END_US

EVENT = b'"user_id":1,"event_type":"a","timestamp":"%s"' % START.isoformat().encode()


def fold_of(*values: bytes) -> Fold:
    fold = Fold(0, 60_000_000, timedelta(hours=1), Watermark(0))
    fold.read([FakeRecord(value, offset) for offset, value in enumerate(values)], START)
    return fold


def test_the_reason_for_a_dead_letter_is_that_of_its_own_bytes():
    reasons = [dead.reason for dead in fold_of(b"{", b"[]").take_dead_letters()]
    assert reasons == ["Input data was truncated", "Expected `object`, got `array`"]


def test_an_event_whose_repeated_field_was_wrong_at_first_is_counted():
    (partials,) = fold_of(b'{"event_type":1,%s,"amount":5}' % EVENT).take(1)[0].values()
    (users,) = partials.values()
    assert users == {"1": Aggregate(1, 1, "5")}


def test_an_unfolded_event_without_an_amount_counts_one_event_and_no_amount():
    fold = Fold(0, 60_000_000, timedelta(hours=1), Watermark(0))
    fold.unfold_until_us = END_US
    fold.read([FakeRecord(b"{%s}" % EVENT, 0)], START)
    (event,) = fold.take(1)[1]
    assert event.aggregate == Aggregate(1, 0, "0")


@pytest.mark.parametrize(
    "amount",
    [
        *["5", "-5", "0", "-0", "1" + "0" * 17, "1" + "0" * 18, "-1" + "0" * 18, "9" * 40],
        *["5.0", "-0.0", "1e17", "1e18", "0e30", "0e-30", "1.5e-17", "1e-18", "1e-19", "1e-400"],
        *["1." + "1" * 18, "1." + "0" * 30, "123456789012345678.123456789012345678", "9e999999999"],
        *['"5"', '" 5 "', '"1_0"', '"\u0663"', '"1e18"', '"1e-19"', '"NaN"', '"-Infinity"', '""'],
        *["null", "true", "false", "[0, [1, 2], -1]", "[]", "{}", '{"a": 1}'],
    ],
)
def test_whatever_stands_as_an_amount_is_counted_as_the_careful_way_reads_it(amount):
    value = b'{%s,"amount":%s}' % (EVENT, amount.encode())
    try:
        read = decode(value, START).amount
        total = "0" if read is None else total_text(EXACT.add(read, read))
        expected = Aggregate(2, 0 if read is None else 2, total)
    except NotAnEventError:
        expected = None
    fold = fold_of(value, value)
    users = [users for windows in fold.take()[0].values() for users in windows.values()]
    assert users == ([] if expected is None else [{"1": expected}])
    assert len(fold.take_dead_letters()) == (2 if expected is None else 0)
