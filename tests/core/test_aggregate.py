"""Totals are exact and averages are rounded once."""

import json
from decimal import Decimal, getcontext, localcontext
from fractions import Fraction
from functools import reduce
from math import inf, nextafter

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.strategies import amounts

from windowing.core.aggregate import Aggregate, add, average, plain

NOTHING = Aggregate(0, 0, "0")


def of(*written: str | None) -> Aggregate:
    """Return the aggregate of events with these amounts, each with 18 decimal places."""
    with localcontext() as exact:
        exact.prec = 60
        step = Decimal("1e-18")
        each = [
            Aggregate(1, 0, "0") if a is None else Aggregate(1, 1, str(Decimal(a).quantize(step)))
            for a in written
        ]
    return reduce(add, each, NOTHING)


@given(st.lists(st.none() | amounts()))
def test_totals_are_those_of_fractions_and_averages_their_nearest_double(written):
    aggregate = of(*written)
    fractions = [Fraction(a) for a in written if a is not None]
    assert (aggregate.count, aggregate.amount_count) == (len(written), len(fractions))
    assert Fraction(aggregate.total) == sum(fractions)
    text = plain(aggregate.total)
    assert Fraction(text) == sum(fractions)
    exact = sum(fractions, Fraction(0)) / max(len(fractions), 1)
    mean = average(text, aggregate.amount_count)
    off = abs(Fraction(mean) - exact)
    assert all(off <= abs(Fraction(nextafter(mean, to)) - exact) for to in (-inf, inf))


@given(st.lists(amounts(), min_size=1), st.integers(1, 10), st.randoms(use_true_random=False))
def test_neither_order_nor_grouping_changes_a_total(written, parts, random):
    shuffled = list(written)
    random.shuffle(shuffled)
    grouped = [of(*shuffled[part::parts]) for part in range(parts)]
    assert reduce(add, grouped, NOTHING) == of(*written)


@given(st.lists(st.none() | amounts(), max_size=5))
def test_the_total_is_written_plainly_and_without_superfluous_zeros(written):
    text = plain(of(*written).total)
    digits = text.removeprefix("-")
    assert set(digits) <= set("0123456789.")
    assert text != "-0"
    assert digits == "0" or not digits.startswith("00")
    assert "." not in text or not text.endswith(("0", "."))
    assert json.loads(text, parse_float=Decimal) == Decimal(text)


@pytest.mark.parametrize(
    ("written", "text", "mean"),
    [
        ([], "0", 0.0),
        ([None, None], "0", 0.0),
        (["0"], "0", 0.0),
        (["-0", "-0.0"], "0", 0.0),
        (["12.50"], "12.5", 12.5),
        (["1e2"], "100", 100.0),
        (["-100"], "-100", -100.0),
        (["-0.5", "0.5"], "0", 0.0),
        (["1e-18"], "0.000000000000000001", 1e-18),
        (["-1e-18", "0"], "-0.000000000000000001", -5e-19),
        (["1e17"] * 3, "300000000000000000", 1e17),
        (["4", "4", "4.5"], "12.5", 4.166666666666667),
        (["0.1", "0.2"], "0.3", 0.15),
        (["0.1"] * 3, "0.3", 0.1),
        (["9007199254740993"], "9007199254740993", 9007199254740992.0),
        (["9007199254740993", "0"], "9007199254740993", 4503599627370496.5),
        (
            ["999999999999999999.999999999999999999"] * 2,
            "1999999999999999999.999999999999999998",
            1e18,
        ),
    ],
)
def test_totals_and_averages_are_what_one_would_write(written, text, mean):
    aggregate = of(*written)
    assert plain(aggregate.total) == text
    assert average(text, aggregate.amount_count) == mean
    assert str(average(text, aggregate.amount_count)) == str(mean)  # and zero has no sign


@pytest.mark.parametrize("total", ["1E+2", "0E+5", "-0E-18", "0E-30", "1.000", "-0.0", "12E1"])
def test_whatever_the_exponent_of_the_decimal_the_total_is_plain(total):
    text = plain(total)
    assert "E" not in text
    assert text == str(int(Fraction(total)))


def test_a_billion_users_worth_of_amounts_loses_no_digit():
    most = "999999999999999999.999999999999999999"
    aggregate = Aggregate(1, 1, most)
    for _ in range(100):
        aggregate = add(aggregate, aggregate)
    assert Fraction(aggregate.total) == 2**100 * Fraction(most)
    assert aggregate.count == aggregate.amount_count == 2**100


def test_the_surrounding_decimal_context_does_not_matter():
    with localcontext() as context:
        context.prec = 3
        text = plain(of("123456.789", "0.000001").total)
        assert (text, average(text, 2)) == ("123456.789001", 61728.3945005)
    assert getcontext().prec == 28
