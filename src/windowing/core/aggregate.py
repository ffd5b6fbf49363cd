"""Count, exact total and average of some events.

An aggregate is the tuple (count, amount_count, total): all events, those that had an amount, and
the sum of the amounts. A tuple of numbers is what a million open windows can afford.

>>> left, right = (2, 1, Decimal("12.50")), (1, 1, Decimal("-0.50"))
>>> add(left, right)
(3, 2, Decimal('12.00'))
>>> total_and_average(add(left, right))
('12', 6.0)
"""

from decimal import Context, Decimal, Inexact, InvalidOperation
from typing import TypeAlias

Aggregate: TypeAlias = tuple[int, int, Decimal]

EXACT = Context(prec=100, traps=[Inexact, InvalidOperation])
"""For sums of amounts: room for 10^64 of them; a digit lost raises instead of passing silently."""

_add_exactly = EXACT.add


def add(left: Aggregate, right: Aggregate) -> Aggregate:
    """Return the aggregate of both sets of events."""
    return left[0] + right[0], left[1] + right[1], _add_exactly(left[2], right[2])


def total_and_average(aggregate: Aggregate) -> tuple[str, float]:
    """Return the total in plain notation, and total / amount_count rounded once.

    The total is without superfluous zeros: 12.5, 0, -100. The average is the double nearest to
    the exact quotient, 0.0 without amounts.
    """
    _, amount_count, total = aggregate
    text = str(total)
    if "E" in text:
        text = format(total, "f")
    if "." in text:
        text = text.rstrip("0").removesuffix(".")
    if text == "-0":
        text = "0"
    if amount_count == 1:
        return text, float(text)
    if not amount_count:
        return text, 0.0
    whole, _, decimals = text.partition(".")
    # Python divides integers of any size with correct rounding.
    return text, int(whole + decimals) / (amount_count * 10 ** len(decimals))
