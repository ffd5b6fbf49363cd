"""Count, exact total and average of some events.

An aggregate is the tuple (count, amount_count, total): all events, those that had an amount, and
the sum of the amounts. A tuple of numbers is what a million open windows can afford.

>>> left, right = (2, 1, Decimal("12.50")), (1, 1, Decimal("-0.50"))
>>> add(left, right)
(3, 2, Decimal('12.00'))
>>> total_text(add(left, right)[2])
'12'
>>> average("12", 2)
6.0
"""

from decimal import Context, Decimal, Inexact, InvalidOperation
from typing import TypeAlias

Aggregate: TypeAlias = tuple[int, int, Decimal]

EXACT = Context(prec=100, traps=[Inexact, InvalidOperation])
"""For sums of amounts: room for 10^64 of them; a digit lost raises instead of passing silently."""

shortest = EXACT.normalize
"""shortest(total) is the same number without zeros at its end, which is what is best to keep."""

_add_exactly = EXACT.add


def add(left: Aggregate, right: Aggregate) -> Aggregate:
    """Return the aggregate of both sets of events."""
    return left[0] + right[0], left[1] + right[1], _add_exactly(left[2], right[2])


def total_text(total: Decimal) -> str:
    """Return a total in plain notation without superfluous zeros: 12.5, 0, -100."""
    text = str(total)
    if "E" in text:
        text = format(total, "f")
    if "." in text:
        text = text.rstrip("0").removesuffix(".")
    return "0" if text == "-0" else text


def average(total: str, amount_count: int) -> float:
    """Return the double nearest to the exact total / amount_count, 0.0 without amounts.

    Args:
        total: as `total_text` gives it.
        amount_count: of how many amounts it is the sum.
    """
    if not amount_count:
        return 0.0
    whole, _, decimals = total.partition(".")
    # Python divides integers of any size with correct rounding.
    mean: float = int(whole + decimals) / (amount_count * 10 ** len(decimals))
    return mean
