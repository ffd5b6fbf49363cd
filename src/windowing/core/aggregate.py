"""Count, exact total and average of some events.

>>> left, right = Aggregate(2, 1, "12.50"), Aggregate(1, 1, "-0.50")
>>> add(left, right)
Aggregate(count=3, amount_count=2, total='12.00')
>>> plain(add(left, right).total)
'12'
>>> average("12", 2)
6.0
"""

from decimal import Context, Decimal, Inexact, InvalidOperation

from msgspec import Struct


class Aggregate(Struct, frozen=True, gc=False, array_like=True):
    """What is kept of each user in an open window, in as little memory as it takes.

    Fields:
        count: of all events.
        amount_count: of those that had an amount.
        total: the sum of the amounts, as `total_text` gives it: a Decimal takes 48 bytes more.
    """

    count: int
    amount_count: int
    total: str


EXACT = Context(prec=100, traps=[Inexact, InvalidOperation])
"""For sums of amounts: room for 10^64 of them; a digit lost raises instead of passing silently."""

_shortest, _sum, _number = EXACT.normalize, EXACT.add, EXACT.create_decimal


def total_text(total: Decimal) -> str:
    """Return a total as it is best to keep: the same number without zeros at its end."""
    return str(_shortest(total))


def add(left: Aggregate, right: Aggregate) -> Aggregate:
    """Return the aggregate of both sets of events."""
    return Aggregate(
        left.count + right.count,
        left.amount_count + right.amount_count,
        str(_sum(_number(left.total), _number(right.total))),
    )


def plain(total: str) -> str:
    """Return a total in plain notation without superfluous zeros: 12.5, 0, -100."""
    if "E" in total:
        total = format(Decimal(total), "f")
    if "." in total:
        total = total.rstrip("0").removesuffix(".")
    return "0" if total == "-0" else total


def average(total: str, amount_count: int) -> float:
    """Return the double nearest to the exact total / amount_count, 0.0 without amounts.

    Args:
        total: as `plain` gives it.
        amount_count: of how many amounts it is the sum.
    """
    if not amount_count:
        return 0.0
    whole, _, decimals = total.partition(".")
    # Python divides integers of any size with correct rounding.
    mean: float = int(whole + decimals) / (amount_count * 10 ** len(decimals))
    return mean
